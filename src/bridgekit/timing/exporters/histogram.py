"""Distributions in memory, without any metrics library: a request costs one bucket's increment."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

from bridgekit.timing.exporters._buckets import checked_bounds
from bridgekit.timing.exporters._fields import BUCKETS
from bridgekit.timing.outcome import Kind, Outcome
from bridgekit.timing.record import RequestTiming

__all__ = ["Distribution", "HistogramExporter", "SeriesKey"]

MAX_SERIES = 2000
"""Distributions kept at most; further ones are counted together under the route "(other)"."""


class SeriesKey(NamedTuple):
    """What one distribution is of. `route` is None for requests that matched nothing."""

    method: str
    route: str | None
    status: int | None
    outcome: Outcome
    kind: Kind


class Distribution(NamedTuple):
    """How long requests took: a snapshot."""

    bounds: tuple[float, ...]
    """Upper bounds in seconds; a value equal to a bound is within it (as with Prometheus' ``le``)."""
    counts: tuple[int, ...]
    """Per bucket, not cumulative; the last one counts what is above all bounds."""
    total: float
    """Sum of all durations in seconds."""

    @property
    def requests(self) -> int:
        """How many were counted."""
        return sum(self.counts)

    def quantile(self, fraction: float) -> float:
        """An estimate in seconds, linear within a bucket; the highest bound for what is above it. NaN without requests.

        :param fraction: 0.5 for the median, 0.99 for what one of a hundred requests exceeds.
        :raises ValueError: for one that is not from 0 to 1.
        """
        if not 0 <= fraction <= 1:
            raise ValueError(f"a quantile is between 0 and 1, not {fraction}")
        seen = tuple(accumulate(self.counts))
        if not seen[-1]:
            return float("nan")
        rank = max(fraction * seen[-1], 1)  # the first request is the smallest there is
        index = bisect_left(seen, rank)
        if index >= len(self.bounds):
            return self.bounds[-1]
        lower = self.bounds[index - 1] if index else 0.0
        below = seen[index - 1] if index else 0
        share = (rank - below) / self.counts[index] if self.counts[index] else 0.0
        return lower + (self.bounds[index] - lower) * share


class HistogramExporter:
    """Counts requests by duration, per method, route, status, outcome and kind (so streams never mix with the rest)."""

    def __init__(self, bounds: Iterable[float] = BUCKETS) -> None:
        """
        :param bounds: upper bounds of the buckets in seconds, rising.
        :raises TypeError: for what is no list of numbers.
        :raises ValueError: for bounds that do not rise.
        """
        self.bounds = checked_bounds("bounds", bounds)
        self._series: dict[tuple[object, ...], list[float]] = {}
        # Reentrant: the collector may end an abandoned request in the middle of this.
        self._lock = threading.RLock()

    def __call__(self, timing: RequestTiming) -> None:
        key = (timing.method, timing.route, timing.status, timing.outcome, timing.kind)
        duration = timing.duration
        bucket = bisect_left(self.bounds, duration)
        lock = self._lock
        lock.acquire()  # "with" costs twice as much
        try:
            counts = self._series[key] if key in self._series else self._new_series(key)
            counts[bucket] += 1
            counts[-1] += duration
        finally:
            lock.release()

    def snapshot(self) -> dict[SeriesKey, Distribution]:
        """All distributions as they are now."""
        with self._lock:
            copies = {key: list(counts) for key, counts in self._series.items()}
        return {
            SeriesKey(*key): Distribution(self.bounds, tuple(map(int, counts[:-1])), counts[-1])  # type: ignore[arg-type]
            for key, counts in copies.items()
        }

    def clear(self) -> None:
        """Count from nothing again."""
        with self._lock:
            self._series.clear()

    def _new_series(self, key: tuple[object, ...]) -> list[float]:
        if len(self._series) >= MAX_SERIES:
            key = (key[0], "(other)", *key[2:])
        return self._series.setdefault(key, [0] * (len(self.bounds) + 1) + [0.0])
