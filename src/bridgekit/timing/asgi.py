"""`ASGITimingMiddleware`: measures every request and websocket session of an ASGI application."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from bridgekit.timing._asgi_http import HTTPExchange, MeasuredSend
from bridgekit.timing._asgi_websocket import WebSocketSession
from bridgekit.timing._context import KEY, is_live, live_in_context
from bridgekit.timing._cpu import metered
from bridgekit.timing._live import LiveTiming
from bridgekit.timing._paths import compile_exclusion
from bridgekit.timing._recorder import Clock, Exporter, Recorder, RouteOf, checked_exporters
from bridgekit.timing.routes import route_from_scope, tell_route
from bridgekit.timing.server_timing import ServerTiming
from bridgekit.typing import ASGIApp, Receive, Scope, Send

__all__ = ["ASGITimingMiddleware"]


class ASGITimingMiddleware:
    """Wrap an ASGI application and hand a `RequestTiming` of each request to the exporters.

    Place it outermost. Where another timing wrapper further out is measuring the request already, this one only adds what it knows
    (docs/design.md, "How timing crosses an adapter"). Works on asyncio and trio; lifespan passes through.

    `exporters`: functions that take the finished record. `server_timing`: who sees the header, by default nobody. `exclude`: paths that are not
    measured, whole or beginning (``/static/*``). `route`: tells the route from the scope once the application ran, for frameworks that
    `bridgekit.timing.routes` does not know. `queue_time`: believe the front server's ``X-Request-Start``. `traceparent`: note the trace that the
    request is part of. `send_time`: measure backpressure, at the price of a coroutine per chunk. `cpu_time`: measure the CPU time of
    the request's own task, at about 1 us per step of it. `clock` and `wall_clock` tell nanoseconds; tests replace them.

    Raises `TypeError` or `ValueError` for an option that cannot work.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        exporters: Iterable[Exporter] = (),
        server_timing: ServerTiming | None = None,
        exclude: Iterable[str] = (),
        route: RouteOf = route_from_scope,
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
        self._drivers: dict[str, type[HTTPExchange] | type[WebSocketSession]] = {
            "http": HTTPExchange,
            "websocket": WebSocketSession,
        }
        self._send_time = send_time
        self._run: ASGIApp = metered(app) if cpu_time else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one connection (ASGI 3.0, "Applications")."""
        driver = self._drivers.get(scope["type"])
        if driver is None or (self._excluded is not None and self._excluded(scope["path"])):
            await self.app(scope, receive, send)
            return
        outer: Any = scope.get(KEY)
        if outer is not None and is_live(outer):
            await self._joined(outer, scope, receive, send)
            return
        live = driver.Live(self.recorder, scope)
        exchange = driver(live, receive, MeasuredSend(live, send) if self._send_time else send)
        scope[KEY] = live
        around = live_in_context.get()
        live_in_context.set(live)
        try:
            await self._run(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.fail(error)
            raise
        else:
            if not live.finished:
                exchange.close()
        finally:
            # Not reset(token): that raises where a coroutine is closed in another context than its own.
            if around is not None:
                live_in_context.set(around)

    async def _joined(self, outer: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Somebody further out measures: tell what only this side sees."""
        if isinstance(outer, LiveTiming) and live_in_context.get() is not outer:
            live_in_context.set(outer)  # an adapter took us to a loop without its context
        mount = scope.get("root_path", "")
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            note = getattr(outer, "note_error", None)
            if note is not None:
                note(error)
            raise
        finally:
            tell_route(outer, mount, self.recorder.route_of(scope))
