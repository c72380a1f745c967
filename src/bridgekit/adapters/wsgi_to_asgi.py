"""Run a WSGI application in an ASGI server."""

from __future__ import annotations

import weakref

from bridgekit.adapters._arguments import (
    check_amount,
    check_callable,
    check_count,
    check_flag,
    check_wsgi_app,
)
from bridgekit.adapters._intake import Limits
from bridgekit.adapters._lifespan import Hook, answer_lifespan
from bridgekit.adapters._plain import send_plain
from bridgekit.adapters._wsgi_responder import Settings, WSGIResponder
from bridgekit.concurrency.backends import asyncio_backend, open_backend
from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.typing import Receive, Scope, Send, WSGIApp

__all__ = ["WSGIToASGI"]

NEED_CONTENT_LENGTH = frozenset({"bottle", "django"})
"""Packages whose applications do not know ``wsgi.input_terminated``."""

DENIAL = "websocket.http.response"


def _needs_content_length(app: WSGIApp) -> bool:
    """Whether a class of ``app`` is Django's or Bottle's, which many projects carry along: ``pypiserver.x.bottle``."""
    modules = [base.__module__.split(".") for base in type(app).__mro__]
    return any({parts[0], parts[-1]} & NEED_CONTENT_LENGTH for parts in modules)


class WSGIToASGI:
    """An ASGI 3 application that runs the WSGI application ``app`` (PEP 3333) in a pool of threads.

    Runs on asyncio, uvloop, and through anyio on trio. Streams both ways with backpressure; listens for the client's
    leaving. No thread is started before the first request of a process.

    :param app: the WSGI application.
    :param max_workers: the most threads, and so the most requests that run at the same time.
    :param max_queue: the most requests that wait while every thread is busy; one more is answered 503 at once.
        ``None`` for no limit.
    :param queue_timeout: seconds a request waits for a thread before it is answered 503; ``None`` for no limit.
    :param retry_after: seconds in the ``Retry-After`` header of such a 503.
    :param idle_seconds: how long a thread without work is kept.
    :param prebuffer: bytes. A body that declares at most this length is received before a thread is taken, so a slow
        upload of one holds no thread.
    :param window: bytes that may be under way between thread and event loop, in each direction of each request.
    :param max_body_size: bytes a request body may have; a longer one is answered 413. ``None`` for no limit.
    :param buffer_chunked: receive bodies without Content-Length whole before the application runs (on disk beyond
        ``prebuffer``), so that it is given a CONTENT_LENGTH. Needed by applications that do not know
        ``wsgi.input_terminated``: Django takes such a body for empty, Bottle tries to decode it a second time. ``None``
        means: for Django's own handler and for Bottle's application class.
    :param allow_underscores: keep request headers with an underscore in their name, which could be confused with the
        header that has hyphens in its place. Off as in gunicorn, nginx and Django's own server.
    :param on_startup: called at lifespan startup: a coroutine function on the loop, a plain one in a thread.
    :param on_shutdown: called at lifespan shutdown.
    :raises TypeError: when ``app`` cannot be a WSGI application, or an option is of a type that it cannot have.
    :raises ValueError: when a size or time makes no sense.
    """

    def __init__(
        self,
        app: WSGIApp,
        *,
        max_workers: int = 32,
        max_queue: int | None = 1024,
        queue_timeout: float | None = 30.0,
        retry_after: int = 1,
        idle_seconds: float = 30.0,
        prebuffer: int = 1024 * 1024,
        window: int = 64 * 1024,
        max_body_size: int | None = None,
        buffer_chunked: bool | None = None,
        allow_underscores: bool = False,
        on_startup: Hook | None = None,
        on_shutdown: Hook | None = None,
    ) -> None:
        if issubclass(type(app), WSGIToASGI):  # `isinstance` would ask a proxy what it stands for
            raise TypeError("app is a WSGIToASGI already, which ASGI servers run as it is; wrap it once")
        check_wsgi_app(app, "WSGIToASGI")
        check_count("max_workers", max_workers, least=1)
        check_count("max_queue", max_queue, none="no limit")
        check_amount("queue_timeout", queue_timeout, none="no limit")
        check_count("retry_after", retry_after)
        check_amount("idle_seconds", idle_seconds)
        check_count("prebuffer", prebuffer)
        check_count("window", window, least=1)
        check_count("max_body_size", max_body_size, none="no limit")
        if buffer_chunked is not None:
            check_flag("buffer_chunked", buffer_chunked)
        check_flag("allow_underscores", allow_underscores)
        check_callable("on_startup", on_startup, none="nothing")
        check_callable("on_shutdown", on_shutdown, none="nothing")
        self.app = app
        self.pool = WorkerPool(max_workers=max_workers, max_queue=max_queue, idle_seconds=idle_seconds)
        # The threads hold the pool but not this object: dropping it ends them.
        weakref.finalize(self, self.pool.shutdown)
        self._on_startup = on_startup
        self._on_shutdown = on_shutdown
        if buffer_chunked is None:
            buffer_chunked = _needs_content_length(app)
        self._settings = Settings(
            app=app,
            pool=self.pool,
            limits=Limits(prebuffer, max_body_size, buffer_chunked),
            window=window,
            queue_timeout=queue_timeout,
            retry_after=retry_after,
            allow_underscores=allow_underscores,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection.

        :raises Exception: what the application raised; the server logs it and answers 500 where it still can.
        :raises ValueError: for a scope type that ASGI has not defined.
        """
        kind = scope["type"]
        if kind == "http":
            backend = asyncio_backend()
            if backend is not None:
                await WSGIResponder(self._settings, backend, scope, receive, send).run()
                return
            async with open_backend() as backend:
                await WSGIResponder(self._settings, backend, scope, receive, send).run()
        elif kind == "lifespan":
            try:
                await answer_lifespan(receive, send, self._on_startup, self._on_shutdown)
            finally:
                self.pool.shutdown()
        elif kind == "websocket":
            await _refuse_websocket(scope, receive, send)
        else:
            raise ValueError(f"WSGIToASGI serves http, and answers lifespan and websocket; not {kind!r}")


async def _refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """WSGI knows no WebSockets. Servers turn a close before the accept into 403; with the extension we say why."""
    if (await receive())["type"] == "websocket.disconnect":
        return  # the client has left, and nothing may be sent any more
    if DENIAL in (scope.get("extensions") or {}):
        await send_plain(
            send,
            403,
            "This application is served over HTTP only, not over WebSocket.\n",
            event="websocket.http.response",
        )
    else:
        await send({"type": "websocket.close", "code": 1000, "reason": ""})
