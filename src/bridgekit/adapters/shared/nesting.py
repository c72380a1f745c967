"""What an `ASGIToWSGI` and a `WSGIToASGI` around it tell one another, past the WSGI middleware between the two.

At the end of its response it takes the context variables back that its application has set, and it raises nothing any more.
Both are for the server's sake. An adapter around it is in the same request, and its ASGI server may be told all of it.
And a client that has left is known outside alone: no WSGI middleware is asked while the application inside gives nothing.
They meet at ``environ["asgi.scope"]``, one object for a request however often its environ is copied.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

from bridgekit.adapters.shared.context import changes
from bridgekit.adapters.shared.opaque import OpaqueMapping
from bridgekit.typing import Environ


class Inner:
    """What the applications inside have left."""

    __slots__ = ("failure", "over", "variables")

    def __init__(self, *, over: bool = False) -> None:
        self.variables: dict[ContextVar[Any], Any] = {}
        self.failure: BaseException | None = None
        self.over = over
        """Whether nobody collects it any more."""

    def report_context(self, before: Context, after: Context) -> None:
        """Of the variables that were set from ``before`` to ``after``."""
        if not self.over:
            self.variables.update(changes(before, after))

    def report_failure(self, failure: BaseException) -> bool:
        """Of what was raised after a complete response; whether somebody will hear of it."""
        if self.over or self.failure is not None:
            return False
        self.failure = failure
        return True


_OVER = Inner(over=True)


def outer(environ: Environ) -> Inner | None:
    """In an `ASGIToWSGI`: whom to tell. ``None`` where a WSGI server is all there is around it."""
    scope = environ.get("asgi.scope")
    if type(scope) is not OpaqueMapping:
        return None
    if scope.inner is None:
        scope.inner = Inner()
    inner: Inner = scope.inner
    return inner


def collect(scope: OpaqueMapping) -> BaseException | None:
    """In a `WSGIToASGI`, in its request's context, after the application: take over what was told.

    :param scope: what the environ had at ``"asgi.scope"``.
    :returns: what was raised inside.
    """
    inner: Inner | None = scope.inner
    scope.inner = _OVER
    scope.on_leave = None
    if inner is None:
        return None
    inner.over = True
    for variable, value in inner.variables.items():
        variable.set(value)
    return inner.failure


def when_client_leaves(environ: Environ, leave: Callable[[], object]) -> None:
    """In an `ASGIToWSGI`: have ``leave`` called, in whatever thread, when the client of an adapter around it has left."""
    scope = environ.get("asgi.scope")
    if type(scope) is OpaqueMapping:
        scope.on_leave = leave
        if scope.client_gone:  # looked at after, and set before, the other
            leave()


def report_client_left(scope: OpaqueMapping) -> None:
    """In a `WSGIToASGI`: its client has left."""
    scope.client_gone = True
    leave = scope.on_leave
    if leave is not None:
        leave()
