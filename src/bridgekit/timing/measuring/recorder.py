"""`Recorder`: what all requests of one timing wrapper share."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

from bridgekit.timing.interface import Clock, RequestOf, RouteOf
from bridgekit.timing.measuring.current import recorders
from bridgekit.timing.measuring.export import Exporter, one_for_all
from bridgekit.timing.measuring.record_in_progress import LiveTiming
from bridgekit.timing.queue_time import queue_nanoseconds
from bridgekit.timing.server_timing import ServerTiming

logger = logging.getLogger("bridgekit.timing")


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Recorder:
    """The options of one wrapper, and the requests that it has in flight."""

    exporters: tuple[Exporter, ...]
    request_of: RequestOf
    route_of: RouteOf
    clock: Clock = time.perf_counter_ns
    wall_clock: Clock = time.time_ns
    server_timing: ServerTiming | None = None
    queue_time: bool = False
    traceparent: bool = False
    send_time: bool = False
    cpu_time: bool = False
    route_is_given: bool = False
    """Whether `route_of` is the project's: its answer goes before what frameworks report."""
    in_flight: set[LiveTiming] = field(default_factory=set)
    export: Exporter = field(init=False)
    plain: bool = field(init=False)
    """Whether a record needs nothing from the request's headers."""

    def __post_init__(self) -> None:
        for exporter in self.exporters:
            kept = getattr(exporter, "requests_of", None)
            requests = None if kept is None else kept(self)
            if requests is not None:
                object.__setattr__(self, "in_flight", requests)
        recorders.add(self)
        object.__setattr__(self, "plain", not (self.queue_time or self.traceparent))
        object.__setattr__(self, "export", one_for_all(self.exporters))

    def headers_for(self, live: LiveTiming) -> list[tuple[str, str]]:
        """The headers to add to the response that starts; none if the predicate says no, or fails (which is logged)."""
        shown = self.server_timing
        if shown is None:
            return []
        try:
            value = shown.value(live)
            origin = None if shown.timing_allow_origin is None else shown.origin(live)
        except Exception:
            logger.exception("Server-Timing: %r failed, nothing is shown", shown.allow)
            return []
        if value is None:
            return []
        if origin is None:
            return [("Server-Timing", value)]
        return [("Server-Timing", value), ("Timing-Allow-Origin", origin)]

    def route_for(self, source: Any) -> str | None:
        """The route, or None where the function that gives it fails (which is logged)."""
        try:
            return self.route_of(source)
        except Exception:
            self.log_no_route()
            return None

    def replace_route_of(self, route_of: RouteOf) -> None:
        """For a way to find it that is known only once the first request ran."""
        object.__setattr__(self, "route_of", route_of)

    def log_no_route(self) -> None:
        """Say that the function failed: the request must not notice. For use where that is caught."""
        logger.exception("%r failed, the request has no route", self.route_of)

    def queue_of(self, live: LiveTiming) -> int | None:
        """Nanoseconds from the front server's stamp to the start, or None without a credible stamp."""
        return queue_nanoseconds(live.header, live.wall_ns())
