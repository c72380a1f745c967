"""`WSGITimingMiddleware`: measures every request of a WSGI application."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from bridgekit.timing._context import KEY, is_live, live_in_context
from bridgekit.timing._live import LiveTiming
from bridgekit.timing._paths import compile_exclusion
from bridgekit.timing._recorder import Clock, Exporter, Recorder, RouteOf, checked_exporters
from bridgekit.timing._wsgi_body import measured_body
from bridgekit.timing._wsgi_exchange import WSGIExchange, WSGILive
from bridgekit.timing._wsgi_input import MeasuredInput, has_body
from bridgekit.timing.routes import route_at_start, route_from_environ, tell_route
from bridgekit.timing.server_timing import ServerTiming
from bridgekit.typing import Environ, StartResponse, WSGIApp

__all__ = ["WSGITimingMiddleware"]


class WSGITimingMiddleware:
    """Wrap a WSGI application and hand a `RequestTiming` of each request to the exporters.

    The options are those of `ASGITimingMiddleware`, and so is the record. It ends when the server has taken the last chunk, not when the
    application returns; the server's ``wsgi.file_wrapper`` goes through untouched.
    """

    def __init__(
        self,
        app: WSGIApp,
        *,
        exporters: Iterable[Exporter] = (),
        server_timing: ServerTiming | None = None,
        exclude: Iterable[str] = (),
        route: RouteOf = route_from_environ,
        queue_time: bool = False,
        traceparent: bool = False,
        send_time: bool = False,
        cpu_time: bool = False,
        clock: Clock = time.perf_counter_ns,
        wall_clock: Clock = time.time_ns,
    ) -> None:
        self.app = app
        self.recorder = Recorder(
            exporters=checked_exporters(exporters),
            route_of=route,
            clock=clock,
            wall_clock=wall_clock,
            server_timing=server_timing,
            queue_time=queue_time,
            traceparent=traceparent,
            send_time=send_time,
            cpu_time=cpu_time,
        )
        self._excluded = compile_exclusion(exclude)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Measure one request (PEP 3333, "The Application/Framework Side")."""
        if self._excluded is not None and self._excluded(
            environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        ):
            return self.app(environ, start_response)
        outer: Any = environ.get(KEY)
        if outer is not None and is_live(outer):
            return self._joined(outer, environ, start_response)
        live = WSGILive(self.recorder, environ)
        exchange = WSGIExchange(live, start_response)
        environ[KEY] = live
        live.around = live_in_context.get()
        live_in_context.set(live)
        if has_body(environ):
            environ["wsgi.input"] = MeasuredInput(live, environ["wsgi.input"])
        if self.recorder.cpu_time:
            live.begin_cpu()
        try:
            body = self.app(environ, exchange.start_response)
        except BaseException as error:
            live.fail(error)
            live.leave()
            raise
        if self.recorder.cpu_time:
            live.end_cpu()
        return measured_body(live, body)  # type: ignore[no-any-return]  # the application's own type, or an iterable

    def _joined(self, outer: Any, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Somebody further out measures: tell what only this side sees."""

        if isinstance(outer, LiveTiming) and live_in_context.get() is not outer:
            live_in_context.set(outer)  # an adapter took us to a thread without its context

        mount = environ.get("SCRIPT_NAME", "")

        def start_and_tell_route(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            tell_route(outer, mount, route_at_start(environ))
            return (
                start_response(status, headers)
                if exc_info is None
                else start_response(status, headers, exc_info)
            )

        try:
            body = self.app(environ, start_and_tell_route)
        except BaseException as error:
            note = getattr(outer, "note_error", None)
            if note is not None:
                note(error)
            raise
        tell_route(outer, mount, self.recorder.route_of(environ))
        return body
