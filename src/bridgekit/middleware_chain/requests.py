"""The kinds of request whose cost the chain model distinguishes."""

from __future__ import annotations

from enum import StrEnum

from bridgekit._dataclass import dataclass

__all__ = ["ALL_PLAIN", "ASYNC_VIEW", "SYNC_VIEW", "Mode", "Outcome", "RequestKind", "Server"]


class Mode(StrEnum):
    """How a handler is called: plainly, or awaited."""

    SYNC = "sync"
    ASYNC = "async"


class Server(StrEnum):
    """Which of Django's two handlers built the chain: `ASGIHandler` or `WSGIHandler`."""

    ASGI = "asgi"
    WSGI = "wsgi"

    @property
    def mode(self) -> Mode:
        """The mode in which the handler calls the outermost middleware and runs the innermost part."""
        return Mode.ASYNC if self is Server.ASGI else Mode.SYNC


class Outcome(StrEnum):
    """What became of the request, as far as it changes the number of hops."""

    PLAIN = "plain"
    """A rendered response below status 400."""
    ERROR_STATUS = "error-status"
    """A rendered response of status 400 or more, returned and not raised."""
    TEMPLATE = "template"
    """An unrendered `TemplateResponse`."""
    EXCEPTION = "exception"
    """The view raised, and no ``process_exception`` returned a response."""
    NOT_FOUND = "not-found"
    """No URL pattern matched, so neither view nor view hooks ran."""
    SYNC_STREAM = "sync-stream"
    """A `StreamingHttpResponse` over a plain iterator."""
    ASYNC_STREAM = "async-stream"
    """A `StreamingHttpResponse` over an asynchronous iterator."""


@dataclass(frozen=True, slots=True)
class RequestKind:
    """One kind of request: how its view is written and what became of it."""

    view: Mode
    outcome: Outcome = Outcome.PLAIN


SYNC_VIEW = RequestKind(Mode.SYNC)
ASYNC_VIEW = RequestKind(Mode.ASYNC)
ALL_PLAIN = (SYNC_VIEW, ASYNC_VIEW)
