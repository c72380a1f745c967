"""Django's handlers, with fewer ways between the event loop and its threads."""

from __future__ import annotations
