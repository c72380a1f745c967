"""`ASGITimingMiddleware`: measures every request and websocket session of an ASGI application."""

from __future__ import annotations

from typing import Any

from bridgekit.timing.drivers.asgi_http import HTTPExchange, MeasuredSend
from bridgekit.timing.drivers.asgi_websocket import WebSocketLive, WebSocketSession
from bridgekit.timing.drivers.cpu import metered
from bridgekit.timing.drivers.scope import ASGILive, request_of_scope
from bridgekit.timing.drivers.wrapper import TimingWrapper
from bridgekit.timing.interface import RouteOf
from bridgekit.timing.measuring import current
from bridgekit.timing.measuring.current import KEY, enter, is_live, leave, outer_record
from bridgekit.timing.measuring.record_in_progress import LiveTiming
from bridgekit.timing.routing.routers import routes_within
from bridgekit.timing.routing.routes import report_route, route_from_scope
from bridgekit.typing import ASGIApp, Receive, Scope, Send


class ASGITimingMiddleware(TimingWrapper[ASGIApp]):
    """Wrap an ASGI application and hand a `RequestTiming` of each request to the exporters.

    Place it outermost. Where another timing wrapper further out is measuring the request already, this one only adds what it knows
    (docs/design.md, "How timing crosses an adapter"). Works on asyncio and trio; lifespan passes through.
    """

    _interface = "asgi"
    _request_of = staticmethod(request_of_scope)

    def _known_routes(self) -> RouteOf:
        return routes_within(self.app) or route_from_scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one connection (ASGI 3.0, "Applications")."""
        live: ASGILive
        exchange: HTTPExchange | WebSocketSession
        if scope["type"] == "http":
            live, exchange = ASGILive(), HTTPExchange()
        elif scope["type"] == "websocket":
            live, exchange = WebSocketLive(), WebSocketSession()
        else:
            await self.app(scope, receive, send)
            return
        if self._excluded is not None and self._excluded(scope["path"]):
            await self.app(scope, receive, send)
            return
        outer: Any = scope.get(KEY)
        enabled = current.enabled
        if enabled and outer is None and "wsgi_environ" in scope:
            outer = outer_record(scope)  # another library's adapter may be on the way
        if outer is not None and is_live(outer):
            await self._joined(outer, scope, receive, send)
            return
        recorder = self.recorder
        live.begin(recorder, scope)
        exchange.live = live
        exchange.receive_from = receive
        exchange.send_to = send if not recorder.send_time else MeasuredSend(live, send)
        scope[KEY] = live
        around = enter(live) if enabled else None
        app = self.app if not recorder.cpu_time else metered(self.app)
        try:
            await app(scope, exchange.receive, exchange.send)
        except BaseException as error:
            exchange.fail(error)
            raise
        else:
            if live.source is not None:
                exchange.close()
        finally:
            if around is not None:
                leave(around)

    async def _joined(self, outer: Any, scope: Scope, receive: Receive, send: Send) -> None:
        """Somebody further out measures: report what only this side sees."""
        if current.enabled and isinstance(outer, LiveTiming):
            enter(outer)  # an adapter may have taken us to a loop without its context
        mount = scope.get("root_path", "")
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            note = getattr(outer, "note_error", None)
            if note is not None:
                note(error)
            raise
        finally:
            report_route(outer, mount, self.recorder.route_for(scope))
