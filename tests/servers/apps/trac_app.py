"""Trac, a large WSGI application of 2003 with a wiki, tickets, attachments and an SQLite database.

``TRAC_ENV`` names its environment.
"""

from __future__ import annotations

from trac.web.main import dispatch_request

from bridgekit import WSGIToASGI

app = WSGIToASGI(dispatch_request)
