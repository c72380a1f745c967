"""The types that cross a bridge, loose enough for every framework's own aliases.

The ASGI side uses plain mutable mappings, as Starlette does: asgiref's ``TypedDict`` unions are stricter than what
frameworks annotate their applications with, and would refuse them. The WSGI side uses the standard library's
`wsgiref.types` (PEP 3333).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias
from wsgiref.types import FileWrapper, InputStream, StartResponse, WSGIApplication, WSGIEnvironment

__all__ = [
    "ASGIApp",
    "Environ",
    "FileWrapper",
    "InputStream",
    "Message",
    "Receive",
    "Scope",
    "Send",
    "StartResponse",
    "WSGIApp",
]

Scope: TypeAlias = MutableMapping[str, Any]
"""An ASGI connection scope (ASGI 3.0, "Connection Scope")."""

Message: TypeAlias = MutableMapping[str, Any]
"""An ASGI event (ASGI 3.0, "Events")."""

Receive: TypeAlias = Callable[[], Awaitable[Message]]
"""Gives the next event from the client (ASGI 3.0, "Applications")."""

Send: TypeAlias = Callable[[Message], Awaitable[None]]
"""Takes an event for the client (ASGI 3.0, "Applications")."""

ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
"""An ASGI application (ASGI 3.0, "Applications")."""

Environ: TypeAlias = WSGIEnvironment
"""A WSGI environ (PEP 3333, "environ Variables")."""

WSGIApp: TypeAlias = WSGIApplication
"""A WSGI application (PEP 3333, "The Application/Framework Side")."""
