"""`Recorder`: what all requests of one timing wrapper share."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from bridgekit.timing._live import LiveTiming
from bridgekit.timing.queue_time import queue_nanoseconds
from bridgekit.timing.record import RequestTiming
from bridgekit.timing.server_timing import ServerTiming

__all__ = ["Clock", "Exporter", "Recorder", "RouteOf"]

Exporter: TypeAlias = Callable[[RequestTiming], object]
"""Takes a finished record. Called in the request's own thread or task: it must be quick, and may raise."""

Clock: TypeAlias = Callable[[], int]
"""Tells a time in nanoseconds."""

RouteOf: TypeAlias = Callable[[Any], str | None]
"""Tells the route template from a scope or an environ after the application ran; None if nothing matched."""

logger = logging.getLogger("bridgekit.timing")


@dataclass(frozen=True, eq=False, slots=True)
class Recorder:
    """The options of one wrapper, and the requests that it has in flight."""

    exporters: tuple[Exporter, ...]
    route_of: RouteOf
    clock: Clock = time.perf_counter_ns
    wall_clock: Clock = time.time_ns
    server_timing: ServerTiming | None = None
    queue_time: bool = False
    traceparent: bool = False
    send_time: bool = False
    cpu_time: bool = False
    in_flight: set[LiveTiming] = field(default_factory=set)
    plain: bool = field(init=False)
    """Whether a record needs nothing from the request's headers."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", not (self.queue_time or self.traceparent))

    def headers_for(self, live: LiveTiming) -> list[tuple[str, str]]:
        """The headers to add to the response that starts; none if the predicate says no, or fails (which is logged)."""
        if self.server_timing is None:
            return []
        try:
            return self.server_timing.headers(live)
        except Exception:
            logger.exception("Server-Timing: %r failed, nothing is shown", self.server_timing.allow)
            return []

    def queue_of(self, live: LiveTiming) -> int | None:
        """Nanoseconds from the front server's stamp to the start, or None without a credible stamp."""
        return queue_nanoseconds(live.header, live._wall)


def checked_exporters(exporters: Iterable[Exporter]) -> tuple[Exporter, ...]:
    """The exporters, each of which can be called."""
    if callable(exporters):
        raise TypeError("exporters is a list of exporters: write exporters=[exporter]")
    chosen = tuple(exporters)
    for exporter in chosen:
        if not callable(exporter):
            raise TypeError(
                f"an exporter is called with each RequestTiming, but {exporter!r} cannot be called"
            )
    return chosen
