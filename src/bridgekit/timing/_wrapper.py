"""What both timing wrappers are: an application and the options of its measuring."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from bridgekit.timing._export import Exporter, checked_exporters
from bridgekit.timing._paths import compile_exclusion
from bridgekit.timing._recorder import Clock, Recorder, RouteOf
from bridgekit.timing.server_timing import ServerTiming

__all__ = ["TimingWrapper"]

App = TypeVar("App")


class TimingWrapper(Generic[App]):
    """The constructor of `ASGITimingMiddleware` and `WSGITimingMiddleware`; the measuring is theirs."""

    _request_of: ClassVar[Any]
    _route_of: ClassVar[Any]

    def __init__(
        self,
        app: App,
        *,
        exporters: Iterable[Exporter] = (),
        server_timing: ServerTiming | None = None,
        exclude: Iterable[str] = (),
        route: RouteOf | None = None,
        queue_time: bool = False,
        traceparent: bool = False,
        send_time: bool = False,
        cpu_time: bool = False,
        clock: Clock = time.perf_counter_ns,
        wall_clock: Clock = time.time_ns,
    ) -> None:
        """Raises `TypeError` or `ValueError` for an option that cannot work.

        :param app: the application.
        :param exporters: functions that take the finished record.
        :param server_timing: who sees the Server-Timing header; by default nobody.
        :param exclude: paths that are not measured, whole (``/healthz``) or beginning (``/static/*``).
        :param route: tells the route from the scope or environ once the application ran, for frameworks that
            `bridgekit.timing.routes` does not know.
        :param queue_time: believe the front server's ``X-Request-Start``.
        :param traceparent: note the trace that the request is part of.
        :param send_time: measure backpressure, at the price of a coroutine per chunk.
        :param cpu_time: measure the CPU time of the request's own task, at about 1 us per step of it.
        :param clock: tells nanoseconds; tests replace it.
        :param wall_clock: tells nanoseconds of Unix time, likewise.
        """
        self.app = app
        self.recorder = Recorder(
            exporters=checked_exporters(exporters),
            request_of=self._request_of,
            route_of=self._route_of if route is None else route,
            clock=clock,
            wall_clock=wall_clock,
            server_timing=server_timing,
            queue_time=queue_time,
            traceparent=traceparent,
            send_time=send_time,
            cpu_time=cpu_time,
        )
        self._excluded = compile_exclusion(exclude)
