"""What can go wrong, named by who is at fault."""

from __future__ import annotations

__all__ = [
    "AppProtocolError",
    "BridgekitError",
    "ClientDisconnected",
    "LifespanFailed",
    "ProjectError",
    "RequestTimeout",
    "RequestTooLarge",
    "ServerProtocolError",
]


class BridgekitError(Exception):
    """Base of every exception that bridgekit raises."""


class AppProtocolError(BridgekitError):
    """The application broke PEP 3333 or the ASGI specification."""


class ServerProtocolError(BridgekitError):
    """The server broke PEP 3333 or the ASGI specification."""


class ClientDisconnected(BridgekitError, OSError):
    """The client left before the exchange was complete.

    An `OSError`, because that is what a native server's socket would raise from ``wsgi.input.read()`` or from
    ``write()``, and what applications already handle.
    """


class LifespanFailed(BridgekitError):
    """The ASGI application did not start: it said so, or it ended before it had. Its own exception is the cause."""


class RequestTooLarge(BridgekitError, OSError):
    """The request's body is longer than ``max_body_size``. Where the application lets it pass, the answer is 413."""


class RequestTimeout(BridgekitError, TimeoutError):
    """The request's body came too slowly (``body_timeout``). Where the application lets it pass, the answer is 408."""


class ProjectError(BridgekitError):
    """The project under ``bridgekit check`` or the target of ``bridgekit serve`` cannot be used as it stands."""
