"""Run a WSGI application in an ASGI server."""

from __future__ import annotations

import functools
import logging
import weakref

import anyio.to_thread

from bridgekit._arguments import check_amount, check_application, check_callable, check_count, check_flag
from bridgekit.adapters.wsgi_to_asgi.body_intake import Limits
from bridgekit.adapters.wsgi_to_asgi.lifespan import Hook, answer_lifespan
from bridgekit.adapters.wsgi_to_asgi.plain_responses import send_plain
from bridgekit.adapters.wsgi_to_asgi.rate_limited_log import RateLimitedLog
from bridgekit.adapters.wsgi_to_asgi.responder import WSGIResponder
from bridgekit.adapters.wsgi_to_asgi.settings import Settings
from bridgekit.adapters.wsgi_to_asgi.stored_body import Room
from bridgekit.concurrency.user_loop.anyio_backend import open_backend
from bridgekit.concurrency.user_loop.backends import asyncio_backend
from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.typing import Receive, Scope, Send, WSGIApp

logger = logging.getLogger("bridgekit.adapters")

DENIAL = "websocket.http.response"


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
        upload of one holds no thread. A body that is received whole lies in memory up to this length, beyond it on disk.
    :param window: bytes that may be under way between thread and event loop, in each direction of each request.
    :param max_body_size: bytes a request body may have; a longer one is answered 413. ``None`` for no limit.
    :param buffer_chunked: receive bodies of unknown length (``Transfer-Encoding: chunked``, HTTP/2 without Content-Length)
        whole before the application runs, so that it is given a CONTENT_LENGTH, without which Django, Bottle and most
        middleware take a body for empty. False streams them, without CONTENT_LENGTH and with
        ``wsgi.input_terminated``.
    :param buffer_memory: bytes in memory that all bodies that are received whole may take together; what goes beyond lies on
        disk. ``None`` for no limit.
    :param buffer_disk: bytes that they may take on disk together, in `tempfile.gettempdir`; one of unknown length at
        most a quarter of it, or it is answered 413. Where nothing is left the answer is 503. ``None`` for no limit.
    :param body_timeout: seconds. A body of which less than ``min_body_rate`` comes in so long a time is answered 408.
        ``None`` for no limit.
    :param min_body_rate: bytes a second.
    :param allow_underscores: keep request headers with an underscore in their name, which could be confused with the
        header that has hyphens in its place. Off as in gunicorn, nginx and Django's own server.
    :param on_startup: called at lifespan startup: a coroutine function on the loop, a plain one in a thread.
    :param on_shutdown: called at lifespan shutdown, after the requests.
    :param shutdown_timeout: seconds that lifespan shutdown waits for requests that the server has given up, so that their
        ``close()`` runs before the process ends.
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
        buffer_chunked: bool = True,
        buffer_memory: int | None = 64 * 1024 * 1024,
        buffer_disk: int | None = 1024 * 1024 * 1024,
        body_timeout: float | None = 30.0,
        min_body_rate: float = 500.0,
        allow_underscores: bool = False,
        on_startup: Hook | None = None,
        on_shutdown: Hook | None = None,
        shutdown_timeout: float = 5.0,
    ) -> None:
        if issubclass(type(app), WSGIToASGI):  # `isinstance` would ask a proxy what it stands for
            raise TypeError("app is a WSGIToASGI already, which ASGI servers run as it is; wrap it once")
        check_application(app, "WSGIToASGI", "wsgi")
        check_count("max_workers", max_workers, least=1)
        check_count("max_queue", max_queue, none="no limit")
        check_amount("queue_timeout", queue_timeout, least=0, none="no limit")
        check_count("retry_after", retry_after)
        check_amount("idle_seconds", idle_seconds, least=0)
        check_count("prebuffer", prebuffer)
        check_count("window", window, least=1)
        check_count("max_body_size", max_body_size, none="no limit")
        check_flag("buffer_chunked", buffer_chunked)
        check_count("buffer_memory", buffer_memory, none="no limit")
        check_count("buffer_disk", buffer_disk, none="no limit")
        check_amount("body_timeout", body_timeout, least=0.001, none="no limit")
        check_amount("min_body_rate", min_body_rate, least=0)
        check_flag("allow_underscores", allow_underscores)
        check_callable("on_startup", on_startup, none="nothing")
        check_callable("on_shutdown", on_shutdown, none="nothing")
        check_amount("shutdown_timeout", shutdown_timeout, least=0)
        self.app = app
        self.pool = WorkerPool(max_workers=max_workers, max_queue=max_queue, idle_seconds=idle_seconds)
        self.room = Room(prebuffer, buffer_memory, buffer_disk)
        # The threads hold the pool but not this object: dropping it ends them.
        weakref.finalize(self, self.pool.shutdown)
        self._shutdown_timeout = shutdown_timeout
        self._on_startup = on_startup
        self._on_shutdown = on_shutdown
        self._settings = Settings(
            app=app,
            pool=self.pool,
            limits=Limits(self.room, max_body_size, buffer_chunked, body_timeout, min_body_rate),
            window=window,
            queue_timeout=queue_timeout,
            retry_after=retry_after,
            allow_underscores=allow_underscores,
            saturation=RateLimitedLog(),
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
                await answer_lifespan(receive, send, self._on_startup, self._on_shutdown, self._drain)
            finally:
                self.pool.shutdown()
        elif kind == "websocket":
            await _refuse_websocket(scope, receive, send)
        else:
            raise ValueError(f"WSGIToASGI serves http, and answers lifespan and websocket; not {kind!r}")

    async def _drain(self) -> None:
        """Let requests come to their end that the server has given up: it would end the process before ``close()`` ran.

        In a thread, so that the loop is free for what they need of it.
        """
        if not self.pool.threads:
            return
        seconds = self._shutdown_timeout
        wait = functools.partial(self.pool.shutdown, wait_seconds=seconds)
        await anyio.to_thread.run_sync(wait, abandon_on_cancel=True)
        if self.pool.threads:
            logger.error(
                "%d requests had not ended %g seconds after the server's shutdown, and may not come to close()",
                self.pool.threads,
                seconds,
            )


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
