"""What both timing wrappers are: an application and the options of its measuring."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, Literal, TypeVar

from bridgekit._arguments import check_application, check_flag, check_function, shown
from bridgekit.timing.interface import Clock, RouteOf
from bridgekit.timing.measuring.current import enable
from bridgekit.timing.measuring.export import Exporter, checked_exporters
from bridgekit.timing.measuring.paths import compile_exclusion
from bridgekit.timing.measuring.recorder import Recorder
from bridgekit.timing.routing.announced import listen
from bridgekit.timing.server_timing import RequestView, ServerTiming, shown_to

App = TypeVar("App")

ADAPTERS = frozenset({"a2wsgi", "asgiref.wsgi"})
"""Modules of adapters of other libraries, if they are loaded."""

logger = logging.getLogger("bridgekit.timing")


class TimingWrapper(Generic[App]):
    """The constructor of `ASGITimingMiddleware` and `WSGITimingMiddleware`; the measuring is theirs."""

    _interface: ClassVar[Literal["asgi", "wsgi"]]
    _request_of: ClassVar[Any]

    recorder: Recorder

    def __init__(
        self,
        app: App,
        *,
        exporters: Iterable[Exporter] = (),
        server_timing: ServerTiming | Callable[[RequestView], bool] | None = None,
        exclude: Iterable[str] = (),
        route: RouteOf | None = None,
        queue_time: bool = False,
        traceparent: bool = False,
        send_time: bool = False,
        cpu_time: bool = False,
        clock: Clock = time.perf_counter_ns,
        wall_clock: Clock = time.time_ns,
    ) -> None:
        """
        :param app: the application.
        :param exporters: functions that take the finished record, or classes of such, which are made without arguments.
        :param server_timing: who sees the Server-Timing header, as a `ServerTiming` or a function of the request; by default nobody.
        :param exclude: paths that are not measured, whole (``/healthz``) or beginning (``/static/*``).
        :param route: reads the route from the scope or environ once the application ran, for frameworks that
            bridgekit does not know.
        :param queue_time: believe the front server's ``X-Request-Start``.
        :param traceparent: note the trace that the request is part of.
        :param send_time: measure backpressure, at the price of a coroutine per chunk.
        :param cpu_time: measure the CPU time of the request's own task, at about 1 us per step of it.
        :param clock: returns nanoseconds; tests replace it.
        :param wall_clock: returns nanoseconds of Unix time, likewise.
        :raises TypeError: for an application of the other kind, and for an option of a type that cannot work.
        :raises ValueError: for an option that cannot work.
        """
        name = type(self).__name__
        check_application(app, name, self._interface)
        inner: object = app
        if isinstance(inner, TimingWrapper) and type(inner) is type(self) and inner.recorder.exporters:
            logger.warning("%s around another one: only the outer one's exporters get records", name)
        if route is not None:
            check_function("route", route, arguments=1, called_with="the scope or environ")
        check_flags(queue_time=queue_time, traceparent=traceparent, send_time=send_time, cpu_time=cpu_time)
        check_clock("clock", clock)
        check_clock("wall_clock", wall_clock)
        self.app = app
        self.recorder = Recorder(
            exporters=checked_exporters(exporters),
            request_of=self._request_of,
            route_of=route if route is not None else self._routes_at_first,
            route_is_given=route is not None,
            clock=clock,
            wall_clock=wall_clock,
            server_timing=shown_to(server_timing),
            queue_time=queue_time,
            traceparent=traceparent,
            send_time=send_time,
            cpu_time=cpu_time,
        )
        self._excluded = compile_exclusion(exclude)
        if not ADAPTERS.isdisjoint(sys.modules):
            enable()  # they carry the context, by which a wrapper in them knows that there is one around them
        listen()

    def _known_routes(self) -> RouteOf:
        """What reads the route of a scope or environ."""
        raise NotImplementedError

    def _routes_at_first(self, source: Any) -> str | None:
        """The route of the first request, which may have been what imported the framework or built its application."""
        listen()
        known = self._known_routes()
        self.recorder.replace_route_of(known)
        return known(source)


def check_flags(**flags: bool) -> None:
    """Check that each is a truth value."""
    for name, value in flags.items():
        check_flag(name, value)


def check_clock(name: str, clock: Clock) -> None:
    """Check that it returns whole nanoseconds: `time.time` and `time.perf_counter`, which return seconds, are the commonest slip."""
    check_function(name, clock, arguments=0, called_with="no argument")
    reading: object = clock()
    if not isinstance(reading, int):
        raise TypeError(
            f"{name} must return whole nanoseconds, as time.perf_counter_ns does, not {shown(reading)}"
        )
