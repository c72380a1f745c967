"""`WSGITimingMiddleware`: measures every request of a WSGI application."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from bridgekit.timing.drivers.wrapper import TimingWrapper
from bridgekit.timing.drivers.wsgi_body import measured_body
from bridgekit.timing.drivers.wsgi_exchange import WSGIExchange, WSGILive, request_of_environ
from bridgekit.timing.drivers.wsgi_input import MeasuredInput, has_body
from bridgekit.timing.interface import RouteOf
from bridgekit.timing.measuring import current
from bridgekit.timing.measuring.current import KEY, enter, is_live, live_in_context, outer_record
from bridgekit.timing.measuring.record_in_progress import LiveTiming
from bridgekit.timing.routing.routes import report_flask_rule, report_route, route_from_environ
from bridgekit.typing import Environ, StartResponse, WSGIApp


class WSGITimingMiddleware(TimingWrapper[WSGIApp]):
    """Wrap a WSGI application and hand a `RequestTiming` of each request to the exporters.

    The record is that of `ASGITimingMiddleware`. It ends when the server has taken the last chunk, not when the
    application returns; the server's ``wsgi.file_wrapper`` goes through untouched.
    """

    _interface = "wsgi"
    _request_of = staticmethod(request_of_environ)

    def _known_routes(self) -> RouteOf:
        return bottles_route_too if "bottle" in sys.modules else route_from_environ

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Measure one request (PEP 3333, "The Application/Framework Side")."""
        if self._excluded is not None and self._excluded(
            environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        ):
            return self.app(environ, start_response)
        outer: Any = environ.get(KEY)
        # These stand here, and not in functions, because they run for every request: a call costs more than they do.
        around = None
        if current.enabled:
            around = live_in_context.get()
            if around is not None:
                if around.source is None:
                    around = None
                elif outer is None:
                    outer = outer_record(environ)  # another library's adapter may be on the way
        if outer is not None and is_live(outer):
            return self._joined(outer, environ, start_response)
        recorder, live, exchange = self.recorder, WSGILive(), WSGIExchange()
        live.begin(recorder, environ)
        exchange.live = live
        exchange.start_response_of = start_response
        environ[KEY] = live
        exchange.around = around
        if current.enabled:
            live_in_context.set(live)
        if (
            "CONTENT_LENGTH" in environ
            or "HTTP_TRANSFER_ENCODING" in environ
            or "wsgi.input_terminated" in environ
        ) and has_body(environ):
            environ["wsgi.input"] = MeasuredInput(live, environ["wsgi.input"])
        if recorder.cpu_time:
            live.begin_cpu()
        try:
            body = self.app(environ, exchange.start_response)
        except BaseException as error:
            live.fail(error)
            exchange.leave()
            raise
        if recorder.cpu_time:
            live.end_cpu()
        if type(body) is list and not recorder.send_time:
            exchange.body = body
            return exchange
        return measured_body(exchange, body)  # type: ignore[no-any-return]  # the application's own type, or an iterable

    def _joined(self, outer: Any, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Somebody further out measures: report what only this side sees."""
        if current.enabled and isinstance(outer, LiveTiming):
            enter(outer)  # an adapter may have taken us to a thread without its context
        mount = environ.get("SCRIPT_NAME", "")

        def start_and_report_route(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Any:
            if "werkzeug.request" in environ:
                report_flask_rule(outer, environ)
            return (
                start_response(status, headers)
                if exc_info is None
                else start_response(status, headers, exc_info)
            )

        try:
            body = self.app(environ, start_and_report_route)
        except BaseException as error:
            note = getattr(outer, "note_error", None)
            if note is not None:
                note(error)
            raise
        report_route(outer, mount, self.recorder.route_for(environ))
        return body


def bottles_route_too(environ: Environ) -> str | None:
    """`route_from_environ`, also where a middleware copied the environ: Bottle keeps its last one for each thread."""
    if "bottle.route" not in environ:
        theirs = getattr(sys.modules["bottle"].request, "environ", None)
        if theirs and theirs.get(KEY) is environ.get(KEY):
            return route_from_environ(theirs)
    return route_from_environ(environ)
