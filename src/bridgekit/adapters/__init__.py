"""WSGI to ASGI and ASGI to WSGI."""

from __future__ import annotations
