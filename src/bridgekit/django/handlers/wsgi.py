"""Django's WSGI handler with one event loop for the whole process."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from asgiref.sync import AsyncToSync, iscoroutinefunction
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest

from bridgekit.django.handlers.on_loop import (
    OnLoop,
    begin_overlays,
    end_overlays,
    has_overlays,
    iterate_on_loop,
)


class AsyncOnLoop(BaseHandler):
    """What a sync handler runs async, run on one loop: `BaseHandler` asks the first two methods for every way there."""

    def adapt_method_mode(self, is_async: bool, method: Any, *args: Any, **kwargs: Any) -> Any:
        """A method or handler in the wanted mode (django/core/handlers/base.py)."""
        adapted = super().adapt_method_mode(is_async, method, *args, **kwargs)
        if type(adapted) is AsyncToSync and adapted is not method:
            return OnLoop(adapted.awaitable)
        return adapted

    def make_view_atomic(self, view: Any) -> Any:
        """The view that `_get_response` calls: it puts ``async_to_sync`` around a coroutine function alone."""
        view = super().make_view_atomic(view)
        return OnLoop(view) if iscoroutinefunction(view) else view

    def get_response(self, request: HttpRequest) -> Any:
        """The response. What async code has set in its context is seen in this thread until that is closed, and then no more."""
        begin_overlays(request)
        try:
            response: Any = super().get_response(request)
        except BaseException:
            end_overlays(request)
            raise
        if has_overlays(request):
            _end_overlays_when_closed(response, request)
        return response


def _end_overlays_when_closed(response: Any, request: HttpRequest) -> None:
    """After ``request_finished``, whose receivers are called at the end of `HttpResponseBase.close` and see what the view has set."""
    close = response.close

    def close_and_end() -> None:
        # No circle of the response and this function is left behind.
        vars(response).pop("close", None)
        try:
            close()
        finally:
            end_overlays(request)

    response.close = close_and_end


class OneLoopWSGIHandler(AsyncOnLoop, WSGIHandler):
    """A WSGI application (PEP 3333): Django's, but for where asynchronous code runs.

    Async views and middleware run on the process's one loop thread, which `ASGIToWSGI` uses, too; the request's thread
    waits and runs their thread-sensitive calls. The loop is started by the first of them, so servers may fork before that.
    """

    def get_response(self, request: HttpRequest) -> Any:
        """The response; one over an asynchronous iterator is iterated on the loop, as the server takes it."""
        response: Any = super().get_response(request)
        if response.streaming and response.is_async:
            response.streaming_content = iterate_on_loop(_parts(response._iterator))
        return response


async def _parts(iterator: Any) -> AsyncGenerator[Any, None]:
    """What ``streaming_content`` was made from, closed with this: closing ``streaming_content`` leaves it open.

    They are made bytes of in the request's thread. Doing that here would refer to the response, which could not be dropped then.
    """
    try:
        async for part in iterator:
            yield part
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()
