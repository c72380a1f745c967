"""``bridgekit serve``: any WSGI or ASGI application on any ASGI server, with no code written."""

from __future__ import annotations
