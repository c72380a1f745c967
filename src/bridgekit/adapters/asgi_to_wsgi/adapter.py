"""Run an ASGI application in a WSGI server."""

from __future__ import annotations

import contextvars
import logging
import os
import threading
import weakref
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, get_args

from bridgekit._arguments import check_amount, check_application, check_count, check_flag
from bridgekit.adapters.asgi_to_wsgi.client_socket import handed_over_socket
from bridgekit.adapters.asgi_to_wsgi.lifespan import LifespanMode
from bridgekit.adapters.asgi_to_wsgi.request_body import InputMissing, LengthRequired, WSGIInput
from bridgekit.adapters.asgi_to_wsgi.responder import EARLY_HINT, PATHSEND, ASGIResponder, ResponderSettings
from bridgekit.adapters.asgi_to_wsgi.response_body import WSGIResponse, error_page
from bridgekit.adapters.asgi_to_wsgi.runtime import ASGIRuntime
from bridgekit.adapters.asgi_to_wsgi.scope import build_scope
from bridgekit.adapters.asgi_to_wsgi.websocket_responder import WebSocketResponder, websocket_scope
from bridgekit.adapters.asgi_to_wsgi.websocket_wire import wsproto_installed
from bridgekit.adapters.shared.context import remove_stale_overlay
from bridgekit.adapters.shared.nesting import when_client_leaves
from bridgekit.concurrency.own_loop.loop_thread import BackendName
from bridgekit.exceptions import LifespanFailed, ServerProtocolError
from bridgekit.typing import ASGIApp, Environ, Scope, StartResponse

logger = logging.getLogger("bridgekit.adapters")

STATUSES: dict[type[Exception], HTTPStatus] = {
    LengthRequired: HTTPStatus.LENGTH_REQUIRED,
    InputMissing: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Of requests that cannot be put to the application; 400 for all others."""


class ASGIToWSGI:
    """A WSGI application (PEP 3333) that runs the ASGI 3 application ``app`` on an event loop in a thread of its own.

    One loop thread per process serves all `ASGIToWSGI` objects of a backend. It is started by the first request of a
    process, never at import, so servers may import the application and fork afterwards. It ends with the last adapter, or
    with the process, after the applications' lifespan shutdown.

    :param app: the ASGI application.
    :param backend: ``"asyncio"``; ``"uvloop"``, where it is installed; or ``"trio"``, through anyio.
    :param lifespan: ``"auto"`` runs the application's lifespan and tolerates one that has none, ``"on"`` insists on it,
        ``"off"`` leaves it out. It is run once in every process, before the first request or by `startup`.
    :param wait_for_background: hold the request's thread, after the response, until the application has returned. Off, the
        application goes on alone, and what it raises is logged.
    :param raise_exceptions: let an exception that comes before the response through to the server, which logs it and
        answers 500. Off, it is logged and answered here.
    :param window: bytes of a response that may be under way between the event loop and the server.
    :param read_size: the most bytes in one ``http.request`` event.
    :param disconnect_grace: seconds between the event ``http.disconnect`` and the cancellation of an application that goes
        on without anybody to receive its response.
    :param shutdown_timeout: seconds that work under way is given at the end, and lifespan shutdown after it.
    :raises TypeError: when ``app`` cannot be an ASGI application, or an option is of another kind.
    :raises ValueError: when an option has no such value.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        backend: BackendName = "asyncio",
        lifespan: LifespanMode = "auto",
        wait_for_background: bool = False,
        raise_exceptions: bool = True,
        window: int = 256 * 1024,
        read_size: int = 64 * 1024,
        disconnect_grace: float = 1.0,
        shutdown_timeout: float = 10.0,
    ) -> None:
        check_application(app, "ASGIToWSGI", "asgi")
        if issubclass(type(app), type) and not hasattr(app, "__await__"):
            # A call makes an instance, and that is what would be awaited: Starlette's endpoints are such classes.
            raise TypeError(
                f"app is the class {app.__name__}, whose instances cannot be awaited: give an instance"
            )
        for name, choice, choices in (
            ("backend", backend, BackendName),
            ("lifespan", lifespan, LifespanMode),
        ):
            if choice not in get_args(choices):
                raise ValueError(f"{name} must be one of {', '.join(get_args(choices))}, not {choice!r}")
        check_flag("wait_for_background", wait_for_background)
        check_flag("raise_exceptions", raise_exceptions)
        check_count("window", window, least=1)
        check_count("read_size", read_size, least=1)
        check_amount("disconnect_grace", disconnect_grace, least=0)
        check_amount("shutdown_timeout", shutdown_timeout, least=0)
        self.app = app
        self._backend = backend
        self._lifespan = lifespan
        self._wait = wait_for_background
        self._raise = raise_exceptions
        self._read_size = read_size
        self._shutdown_timeout = shutdown_timeout
        self._settings = ResponderSettings(window=window, disconnect_grace=disconnect_grace)
        self._slots: dict[int, _Slot] = {}
        # At the end of the process the loop thread does this itself, in the right order.
        weakref.finalize(self, _release, self._slots).atexit = False

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request.

        :raises LifespanFailed: when the application's startup failed.
        :raises Exception: what the application raised before its response, unless ``raise_exceptions`` is off.
        """
        try:
            runtime = self._runtime()
        except LifespanFailed:
            if self._raise:
                raise
            return error_page(start_response, HTTPStatus.INTERNAL_SERVER_ERROR)
        try:
            body = WSGIInput(environ, self._read_size)
            scope = build_scope(environ)
        except ServerProtocolError as error:
            return _refuse(start_response, STATUSES.get(type(error), HTTPStatus.BAD_REQUEST), error)
        scope["state"] = runtime.state()
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            return self._serve_websocket(runtime, environ, scope, start_response)
        scope["extensions"] = {PATHSEND: {}}
        if "wsgi.early_hints" in environ:
            scope["extensions"][EARLY_HINT] = {}
        before = contextvars.copy_context()
        if before:
            remove_stale_overlay(environ)
            before = contextvars.copy_context()
        while True:
            responder = ASGIResponder(self.app, runtime.loop, self._settings, scope, body, runtime.done)
            try:
                if runtime.admit(responder):
                    if "asgi.scope" in environ:
                        when_client_leaves(environ, responder.leave)
                    response = WSGIResponse(
                        responder, environ, before=before, wait=self._wait, raise_exceptions=self._raise
                    )
                    return response.respond(start_response)
            except BaseException:
                if not responder.closed:  # a signal's, before the response takes care of it
                    responder.leave()
                    responder.close()
                raise
            runtime = self._runtime()  # the loop ended after we had looked

    def _serve_websocket(
        self, runtime: ASGIRuntime, environ: Environ, scope: Scope, start_response: StartResponse
    ) -> Iterable[bytes]:
        sock = handed_over_socket(environ)
        if sock is None:
            why = "this WSGI server does not hand over its socket, so WebSockets cannot be served here"
        elif not wsproto_installed():
            why = "WebSockets need wsproto: pip install bridgekit[websocket]"
        else:
            try:
                responder = WebSocketResponder(
                    self.app,
                    runtime.loop,
                    self._settings.window,
                    self._settings.disconnect_grace,
                    sock,
                    websocket_scope(scope),
                    runtime.done,
                )
            except ValueError as error:
                return _refuse(start_response, HTTPStatus.BAD_REQUEST, error)
            return responder.respond(runtime.admit, environ, start_response)
        return _refuse(start_response, HTTPStatus.NOT_IMPLEMENTED, ServerProtocolError(why))

    def startup(self) -> None:
        """Start the loop thread and run lifespan startup now, for servers with a hook after the fork.

        gunicorn calls ``post_worker_init``, uWSGI functions decorated with ``uwsgidecorators.postfork``. Without it the first
        request does this.

        :raises LifespanFailed: when the application's startup failed.
        """
        self._runtime()

    def shutdown(self) -> None:
        """Run lifespan shutdown now and give up the loop thread; blocks until that is done.

        For servers with a hook before a worker ends (gunicorn: ``worker_exit``). Without it this happens when the
        interpreter exits, when Python no longer lets anybody start a thread.
        """
        ended = _release(self._slots)
        if ended is not None:
            # Twice: for the work under way, and for the lifespan.
            ended(min(2 * self._shutdown_timeout + 1, threading.TIMEOUT_MAX))

    def _runtime(self) -> ASGIRuntime:
        slot = self._slots.get(os.getpid())
        if slot is None:
            slot = self._slots.setdefault(os.getpid(), _Slot())
        runtime = slot.runtime
        if runtime is None or not runtime.thread.alive:
            runtime = self._start(slot)
        if runtime.thread.ident == threading.get_ident():
            raise RuntimeError(
                "ASGIToWSGI was called in the event loop's own thread and would wait for itself: "
                "call it from another thread, for example through WSGIToASGI"
            )
        lifespan = runtime.lifespan
        if lifespan is not None and lifespan.failure is not None:
            # A new exception for every request: one that is raised again grows a longer traceback each time.
            raise LifespanFailed(str(lifespan.failure)) from lifespan.failure.__cause__
        return runtime

    def _start(self, slot: _Slot) -> ASGIRuntime:
        with slot.lock:
            runtime = slot.runtime
            if runtime is None or not runtime.thread.alive:
                runtime = ASGIRuntime(self.app, self._backend, self._lifespan, self._shutdown_timeout)
                runtime.start()
                slot.runtime = runtime
            return runtime


class _Slot:
    """What an adapter has in one process. Made when first needed: gevent replaces the threading module's locks."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.runtime: ASGIRuntime | None = None


def _release(slots: dict[int, _Slot]) -> Any:
    """Release this process's runtime; returns what waits for its end, or ``None`` if there is no runtime."""
    slot = slots.pop(os.getpid(), None)
    if slot is None or slot.runtime is None or not slot.runtime.thread.alive:
        return None
    return slot.runtime.release()


def _refuse(start_response: StartResponse, status: HTTPStatus, error: Exception) -> Iterable[bytes]:
    """Answer a request that cannot be put to the application."""
    logger.warning("answered %d: %s", status, error)
    page = f"{error}\n".encode("utf-8", "replace")
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(page)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [page]
