"""`get_asgi_application`: Django's `ASGIHandler`, whose requests cross to a thread as seldom as their layers allow."""

from __future__ import annotations

import asyncio
import io
import logging
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

import django
from asgiref.sync import SyncToAsync
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.exceptions import RequestAborted
from django.core.handlers import asgi, base
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import response as responses
from django.http.response import HttpResponse, HttpResponseBase
from django.urls import base as urls
from django.urls import set_script_prefix, set_urlconf
from django.utils.log import log_response

from bridgekit.adapters.shared.context import apply_changes
from bridgekit.django.handlers.chain import PlannedChain
from bridgekit.django.handlers.client import ClientWatch
from bridgekit.django.handlers.crossing import (
    cross,
    current_executor,
    here,
    thread_waits,
)
from bridgekit.django.handlers.nodes import HalvesNode, ThreadNode
from bridgekit.django.handlers.receivers import no_cache_used, on_finished, on_started
from bridgekit.django.handlers.request_executor import RequestExecutor, Saturated
from bridgekit.django.handlers.sending import send_whole
from bridgekit.django.handlers.threads import pool_options
from bridgekit.django.handlers.unset_locals import never_set, variable_of

logger = logging.getLogger("bridgekit.django")

RETRY_AFTER = 1
"""Seconds in the header of a 503 for want of threads."""

_urlconf = variable_of(getattr(urls, "_urlconfs", None))
"""Where `set_urlconf` puts it."""


def _is_djangos(function: Any, module: ModuleType = base) -> bool:
    """Whether nobody has put another function in the place of Django's, as instrumentations do."""
    return type(function) is FunctionType and function.__globals__ is vars(module)


class PooledASGIHandler(PlannedChain, ASGIHandler):
    """A drop-in for `django.core.handlers.asgi.ASGIHandler`."""

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """See `ASGIHandler.handle`; within `ASGIHandler.__call__`, which opens the request's `ThreadSensitiveContext`."""
        context = SyncToAsync.thread_sensitive_context.get(None)
        executors = SyncToAsync.context_to_thread_executor
        if context is None or context in executors or thread_waits():
            # A thread further out is meant for the sync code of this request: it stays there.
            await super().handle(scope, receive, send)
            return
        executor = RequestExecutor(*pool_options())
        executors[context] = executor
        try:
            await self._serve(scope, receive, send, executor)
        except Saturated:
            await self._refuse(executor, send)
        finally:
            # A task that outlives the request gets a thread of its own from asgiref, which no request's layers have seen.
            executors.pop(context, None)
            executor.end()

    async def _refuse(self, executor: RequestExecutor, send: Any) -> None:
        logger.error(
            "no thread was free for a request; answered 503 (BRIDGEKIT_THREADS is %d, %d requests wait)",
            executor.pool.max_workers,
            executor.pool.waiting,
        )
        response = HttpResponse(
            b"The server is busy, try again.\n",
            status=503,
            content_type="text/plain",
            headers={"Retry-After": RETRY_AFTER},
        )
        await self.send_response(response, send)

    async def _serve(self, scope: Any, receive: Any, send: Any, executor: RequestExecutor) -> None:
        try:
            body_file = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            set_script_prefix(get_script_prefix(scope))
            if not self._starts_in_thread(scope, executor):
                await on_started.signal.asend(sender=type(self), scope=scope)
            request: Any
            error_response: Any
            request, error_response = self.create_request(scope, body_file)
            if request is None:
                body_file.close()
                await self.send_response(error_response, send)
                await cross(error_response.close)
                return
            response = await self._respond(request, receive, send, executor)
            await self._finish(response, request, executor)
        finally:
            body_file.close()

    async def read_body(self, receive: Any) -> Any:
        """See `ASGIHandler.read_body`. A small body that came whole needs nothing that can move to the disk."""
        first: Any = await receive()
        if (
            first["type"] == "http.request"
            and not first.get("more_body", False)
            and len(body := first.get("body", b"")) <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        ):
            return io.BytesIO(body)

        async def once_more() -> Any:
            nonlocal first
            message, first = first, None
            return await receive() if message is None else message

        return await super().read_body(once_more)

    def _starts_in_thread(self, scope: Any, executor: RequestExecutor) -> bool:
        """``request_started``: with the first work in the thread if that is the chain's, or if Django alone listens."""
        if on_started.any_async or not (self._begins_in_thread or on_started.only_django):
            return False
        executor.on_first = partial(self._start, scope, executor)
        return True

    def _start(self, scope: Any, executor: RequestExecutor) -> None:
        """The first work of a request in its thread: what Django does before it asks the chain."""
        on_started.send(type(self), scope=scope)
        if self._begins_in_thread and not executor.on_loop:
            set_urlconf(settings.ROOT_URLCONF)

    @property
    def _begins_in_thread(self) -> bool:
        return isinstance(self.outermost, HalvesNode | ThreadNode)

    async def _respond(self, request: Any, receive: Any, send: Any, executor: RequestExecutor) -> Any:
        """The response, sent as far as the client was there for it; None where there is none."""
        watch = ClientWatch(partial(self.listen_for_disconnect, receive), executor.task)
        response = None
        try:
            response = await self.run_get_response(request)
            await self.send_response(response, send)
        except asyncio.CancelledError:
            if not (watch.has_cancelled() or _was_only_the_streams(response, executor.task)):
                raise
        except OSError:
            # ASGI 2.4: what `send` raises when the client has left. Django, which listens from the first moment, is told by that.
            if response is None or not await watch.has_left():
                raise
        finally:
            if not watch.leave():
                await watch.end()
        if watch.error is not None and not isinstance(watch.error, RequestAborted):
            raise watch.error
        return response

    async def send_response(self, response: Any, send: Any) -> None:
        """See `ASGIHandler.send_response`."""
        if response.streaming or not _is_djangos(ASGIHandler.send_response, asgi):
            await super().send_response(response, send)
        else:
            await send_whole(response, send, self.chunk_size)

    async def get_response_async(self, request: Any) -> Any:
        """See `BaseHandler.get_response_async`."""
        executor = current_executor()
        if executor is None or not _is_djangos(BaseHandler.get_response_async):
            return await super().get_response_async(request)
        if executor.on_first is None or not self._begins_in_thread:
            set_urlconf(settings.ROOT_URLCONF)
        response = await self._middleware_chain(request)
        if not response.closed and request.close not in response._resource_closers:
            response._resource_closers.append(request.close)
        if response.status_code >= 400 and not getattr(response, "_has_been_logged", False):
            await cross(_log, request, response)
        if response.streaming:
            executor.stream(in_one_go=not response.is_async)
        return response

    def finish_in_thread(self, request: Any, response: Any) -> None:
        """What Django does with a response beyond the chain, while the thread is at hand."""
        call = here.call
        if call is None or not _is_djangos(BaseHandler.get_response_async):
            return
        if response.status_code >= 400:
            _log(request, response)
        if response.streaming:
            return
        executor = call.executor
        if not response._resource_closers and _closes_plainly(response) and on_finished.only_django:
            # What goes with the response is closed a little before its last byte leaves, which nobody can tell.
            executor.sticky = False
            executor.finished = True
            call.look_for_changes()
            self._close_whole(request, response)
        else:
            executor.sticky = True  # who listens may look for what was left in this thread

    def _close_whole(self, request: Any, response: Any) -> None:
        """`HttpResponseBase.close` where there is nothing to close but the request."""
        response._handler_class = type(self)
        with suppress(Exception):
            request.close()
        response._resource_closers.clear()
        response.closed = True
        on_finished.send(type(self))

    async def _finish(self, response: Any, request: Any, executor: RequestExecutor) -> None:
        if response is None:
            if executor.on_first is not None and (self._begins_in_thread or on_finished.only_django):
                # The client left before anything began, or before anything was done that Django would put away but the URLconf.
                _reset_urlconf()
                return
            close: Callable[[], Any] = partial(on_finished.send, type(self))
        elif executor.finished and response.closed:
            _reset_urlconf()  # Django's receiver was called in the thread, in its context
            return
        elif _closes_without_thread(response, request):
            # The executor looks at the connections of a thread that is left.
            self._close_whole(request, response)
            return
        else:
            close = response.close
        executor.sticky = True  # it ends where the rest was
        await cross(self._close, executor, close)

    def _close(self, executor: RequestExecutor, close: Callable[[], Any]) -> None:
        """In the thread, behind whatever runs there still: in its context, where receivers look for what layers have set."""
        executor.finished = True
        if executor.left is None:
            close()
        else:
            executor.left.run(close)
            apply_changes(
                copy_context(), executor.left
            )  # for who calls the handler, and notes that a client has left


def _reset_urlconf() -> None:
    if not never_set(_urlconf):
        set_urlconf(None)


def _log(request: Any, response: Any) -> None:
    log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)


def _was_only_the_streams(response: Any, task: asyncio.Task[Any] | None) -> bool:
    """Whether a cancellation came from within a response that was being sent: up to 6.0 Django ends the response there, and closes it."""
    return response is not None and django.VERSION < (6, 1) and task is not None and not task.cancelling()


def _closes_plainly(response: Any) -> bool:
    close = HttpResponseBase.close
    return type(response).close is close and "close" not in vars(response) and _is_djangos(close, responses)


def _closes_without_thread(response: Any, request: Any) -> bool:
    """Whether closing needs no thread: there is nothing of the project's in it, and nothing that may take time."""
    return (
        response._resource_closers == [request.close]
        and _closes_plainly(response)
        and on_finished.only_django
        and (
            no_cache_used()
            or all(type(cache).close is BaseCache.close for cache in caches.all(initialized_only=True))
        )
    )
