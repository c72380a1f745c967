"""The innermost part of a chain: Django's own code around the view, stopped in the thread where the view is to be awaited.

`BaseHandler._get_response` and ``_get_response_async`` resolve the URL, ask the view hooks, call the view and see to exceptions and
templates. Both ask ``make_view_atomic`` for the callable in between; there a sync view is kept in its thread, and an async one leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response, response_for_exception
from django.urls import set_urlconf

from bridgekit.django.handlers.crossing import Crossing, cross, current_executor, here
from bridgekit.django.handlers.nonblocking import Nonblocking, owner_of
from bridgekit.django.handlers.pending import Pending

_FOUND = "_bridgekit_resolver_match"
"""On a request: its view, looked up on the loop, for Django's code in the thread."""


class _AsyncViewFound(BaseException):
    """Leaves Django's sync code just before the view. No `Exception`, which ``process_exception`` would be asked about."""

    def __init__(self, view: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        super().__init__()
        self.match = (view, args, kwargs)


def respond_to(request: Any, error: Exception) -> Any:
    """Django's response to an exception, in the thread: `response_for_exception` looks at the exception being handled."""
    try:
        raise error
    except Exception as raised:
        return response_for_exception(request, raised)


_Handler: Any = BaseHandler
"""Its hooks and ``_get_response`` are not in the stubs."""


class _Part(_Handler):  # type: ignore[misc]  # a class to the type checker, too, but for the line above
    """What both sides take from the handler, whose methods a project or an instrumentation may have changed."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler

    def resolve_request(self, request: Any) -> Any:
        found = vars(request).pop(_FOUND, None)
        if found is None:
            return self.handler.resolve_request(request)
        if hasattr(request, "urlconf"):
            set_urlconf(request.urlconf)  # in the place of the root's, with which work in the thread begins
        return found

    def check_response(self, response: Any, callback: Any, name: str | None = None) -> None:
        self.handler.check_response(response, callback, name)

    def process_exception_by_middleware(self, exception: Exception, request: Any) -> Any:
        return self.handler.process_exception_by_middleware(exception, request)


class _InThread(_Part):
    """`BaseHandler._get_response` up to an async view, or through a sync one."""

    def __init__(self, handler: Any) -> None:
        super().__init__(handler)
        self._view_middleware = [_sync(hook) for hook in handler._view_middleware or ()]
        self._template_response_middleware = [
            _sync(hook) for hook in handler._template_response_middleware or ()
        ]

    def make_view_atomic(self, view: Any) -> Any:
        if not iscoroutinefunction(view):
            return self.handler.make_view_atomic(view)

        def leave(request: Any, *args: Any, **kwargs: Any) -> Any:
            raise _AsyncViewFound(view, args, kwargs)

        return leave


class _SyncView(Crossing):
    """A sync view, called from the loop."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_executor() is None:
            return await super().__call__(*args, **kwargs)
        return await cross(lambda: _kept_for_stream(self.func(*args, **kwargs)))


class _OnLoop(_Part):
    """`BaseHandler._get_response_async`; a sync view goes to the request's thread."""

    def __init__(self, handler: Any) -> None:
        super().__init__(handler)
        self._view_middleware = handler._view_middleware
        self._template_response_middleware = handler._template_response_middleware

    def make_view_atomic(self, view: Any) -> Any:
        atomic = self.handler.make_view_atomic(view)
        return atomic if iscoroutinefunction(atomic) else _SyncView(atomic)


class _FoundOnLoop(_OnLoop):
    """A view that was found on the loop before anybody was asked.

    :param hooks: who is asked, where not as Django has adapted them.
    """

    def __init__(self, known: _OnLoop, match: Any, hooks: list[Any] | None = None) -> None:
        super().__init__(known.handler)
        if hooks is not None:
            self._view_middleware = hooks
        self._match = match

    def resolve_request(self, request: Any) -> Any:
        return self._match


class _Found(_FoundOnLoop):
    """The rest of a request whose async view was found in the thread, where the view hooks have been asked."""

    def __init__(self, known: _OnLoop, match: Any) -> None:
        super().__init__(known, match)
        self._view_middleware = []

    def make_view_atomic(self, view: Any) -> Any:
        return self.handler.make_view_atomic(view)  # it is async: Django leaves it, or refuses it


class _FoundInThread(_InThread):
    """A view that was found on the loop, with whom Django asks before it."""

    def __init__(self, known: _InThread, match: Any) -> None:
        _Part.__init__(self, known.handler)
        self._view_middleware = known._view_middleware
        self._template_response_middleware = known._template_response_middleware
        self._match = match

    def resolve_request(self, request: Any) -> Any:
        return self._match


class View:
    """The innermost part, entered in the thread or on the loop.

    :param finish: called in the thread with the response, where no layer is outside.
    :param nonblocking: the layers of the chain that wait for nothing.
    """

    def __init__(
        self,
        handler: Any,
        finish: Callable[[Any, Any], None] | None = None,
        nonblocking: Sequence[Any] = (),
    ) -> None:
        self._handler = handler
        self._finish = finish
        self._thread = _InThread(handler)
        self._loop = _OnLoop(handler)
        self._in_thread: Callable[[Any], Any] = convert_exception_to_response(self._thread._get_response)
        hooks = self._loop._view_middleware or []
        self._asks_on_loop = any(not isinstance(hook, Crossing) for hook in hooks)
        owners = [owner_of(hook) for hook in hooks]
        known = all(any(owner is layer for layer in nonblocking) for owner in owners)
        self._nonblocking = Nonblocking(owners) if known else None
        self._hooks_on_loop = [_awaited(hook.func) for hook in hooks] if self._nonblocking else []

    @property
    def nonblocking(self) -> bool:
        """Whether nobody who is asked before the view waits, in requests that `Nonblocking.may_begin`."""
        return self._nonblocking is not None

    def find(self, request: Any) -> Callable[[Any], Any] | None:
        """On the loop: what to await for an async view, whose hooks wait for nothing; None for a sync one, whose match `in_thread` knows then."""
        match = self._handler.resolve_request(request)
        if iscoroutinefunction(match[0]):
            run: Callable[[Any], Any] = _FoundOnLoop(
                self._loop, match, self._hooks_on_loop
            )._get_response_async
            return run
        setattr(request, _FOUND, match)
        return None

    def in_thread(self, request: Any) -> Any:
        """The response of a sync view, or the async one as what is pending."""
        try:
            return _kept_for_stream(self._in_thread(request))
        except _AsyncViewFound as found:
            return Pending(_Found(self._loop, found.match)._get_response_async, converted=False)

    async def on_loop(self, request: Any) -> Any:
        """The response, whatever the view is: sync hooks in one go, and with them a sync view and all that belongs to it."""
        try:
            match = self._handler.resolve_request(request)
            if (
                self._hooks_on_loop
                and iscoroutinefunction(match[0])
                and self._nonblocking is not None
                and self._nonblocking.may_begin(request)
            ):
                return await _FoundOnLoop(self._loop, match, self._hooks_on_loop)._get_response_async(request)
            if self._asks_on_loop or (iscoroutinefunction(match[0]) and not self._loop._view_middleware):
                return await _FoundOnLoop(self._loop, match)._get_response_async(request)
        except Exception as error:
            return await cross(self._respond, request, error)
        response = await cross(self._call, request, match)
        if type(response) is not Pending:
            return response
        try:
            return await response.run(request)
        except Exception as error:
            return await cross(self._respond, request, error)

    def _call(self, request: Any, match: Any) -> Any:
        try:
            response = _kept_for_stream(_FoundInThread(self._thread, match)._get_response(request))
        except _AsyncViewFound as found:
            return Pending(_Found(self._loop, found.match)._get_response_async, converted=False)
        except Exception as error:
            response = response_for_exception(request, error)
        return self._finished(request, response)

    def _respond(self, request: Any, error: Exception) -> Any:
        return self._finished(request, respond_to(request, error))

    def _finished(self, request: Any, response: Any) -> Any:
        if self._finish is not None:
            self._finish(request, response)
        return response


def _kept_for_stream(response: Any) -> Any:
    """In the thread: the response of a sync view, whose stream goes on with what the view has begun (an open cursor)."""
    if getattr(response, "streaming", False) and here.call is not None:
        here.call.executor.keep_for_stream(in_one_go=not response.is_async)
    return response


def _awaited(hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that waits for nothing, as Django awaits it."""

    async def call(*args: Any) -> Any:
        return hook(*args)

    return call


def _sync(hook: Any) -> Any:
    """A hook that was adapted for the loop, as the thread calls it."""
    if isinstance(hook, Crossing):
        return hook.func
    return async_to_sync(hook)
