"""Where `PrometheusExporter` counts: in histograms of our own, or in ``prometheus_client``'s where several processes count together."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import CounterMetricFamily, Exemplar, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.utils import floatToGoString

from bridgekit.timing.exporters._buckets import Buckets
from bridgekit.timing.exporters._fields import STREAM_BUCKETS
from bridgekit.timing.exporters._labels import LabelNames

InProgress = Callable[[], Mapping[tuple[str, ...], int]]
"""Tells how many requests run, by the labels of the gauge."""


class Name(NamedTuple):
    """A metric's name and help."""

    name: str
    text: str


DURATION = Name("http_server_request_duration_seconds", "Time until the last byte.")
FIRST_BYTE = Name("http_server_time_to_first_byte_seconds", "Time until the first byte.")
STREAM = Name(
    "http_server_stream_duration_seconds", "Length of streams, server-sent events and websocket sessions."
)
SENT = Name("http_server_response_body_bytes", "Response body bytes.")
ACTIVE = Name(
    "http_server_active_requests", "Requests in progress, streams and websocket sessions among them."
)


class Series(Protocol):
    """What the requests with the same labels add to."""

    def add(self, duration: float, first_byte: float | None, size: int | None, trace: str | None) -> None: ...


class Metrics(Protocol):
    """All series of one exporter."""

    def series(self, labels: tuple[str, ...], kind: str | None) -> Series:
        """The one with these labels; `kind` is None for plain requests."""
        ...

    def close(self) -> None:
        """Take them out of the registry."""
        ...


class LibraryMetrics:
    """``prometheus_client``'s own metrics, whose values several processes can share; three calls of it for each request."""

    def __init__(
        self,
        registry: CollectorRegistry,
        namespace: str,
        bounds: tuple[float, ...],
        names: LabelNames,
        in_progress: InProgress,
    ) -> None:
        self._registry = registry
        common: dict[str, Any] = {"registry": registry, "namespace": namespace}
        labels = names.of_requests
        self._duration = Histogram(*DURATION, labels, buckets=bounds, **common)
        self._first_byte = Histogram(*FIRST_BYTE, labels, buckets=bounds, **common)
        self._stream = Histogram(*STREAM, (*labels, names.kind), buckets=STREAM_BUCKETS, **common)
        self._sent = Counter(*SENT, labels, **common)
        # Of all workers that live. Only its own is known to this one, so each counts as it goes (`CountedRequests`) and nobody is asked.
        self.active = Gauge(*ACTIVE, names.in_progress, multiprocess_mode="livesum", **common)

    def series(self, labels: tuple[str, ...], kind: str | None) -> Series:
        duration = self._duration.labels(*labels) if kind is None else self._stream.labels(*labels, kind)
        return LibrarySeries(duration, self._first_byte.labels(*labels), self._sent.labels(*labels))

    def close(self) -> None:
        for metric in (self._duration, self._first_byte, self._stream, self._sent, self.active):
            self._registry.unregister(metric)


class LibrarySeries:
    """Children of the library's metrics."""

    __slots__ = ("_duration", "_first_byte", "_sent")

    def __init__(self, duration: Histogram, first_byte: Histogram, sent: Counter) -> None:
        self._duration = duration
        self._first_byte = first_byte
        self._sent = sent

    def add(self, duration: float, first_byte: float | None, size: int | None, trace: str | None) -> None:
        exemplar = None if trace is None else {"trace_id": trace}
        self._duration.observe(duration, exemplar)
        if first_byte is not None:
            self._first_byte.observe(first_byte, exemplar)
        if size:
            self._sent.inc(size)


class OwnMetrics:
    """Histograms of our own, which become metrics when somebody scrapes: a collector of the registry."""

    def __init__(
        self,
        registry: CollectorRegistry,
        namespace: str,
        bounds: tuple[float, ...],
        names: LabelNames,
        in_progress: InProgress,
    ) -> None:
        self._registry = registry
        self._names = names
        self._in_progress = in_progress
        self._prefix = f"{namespace}_" if namespace else ""
        self._bounds = bounds
        # Reentrant: the collector of garbage may end an abandoned request in the middle of this.
        self._lock = threading.RLock()
        self._durations: dict[tuple[str, ...], Marked] = {}
        self._streams: dict[tuple[str, ...], Marked] = {}
        self._responses: dict[tuple[str, ...], Responses] = {}
        registry.register(self)

    def series(self, labels: tuple[str, ...], kind: str | None) -> Series:
        with self._lock:
            if kind is None:
                duration = self._durations.setdefault(labels, Marked(self._bounds))
            else:
                duration = self._streams.setdefault((*labels, kind), Marked(STREAM_BUCKETS))
            responses = self._responses.setdefault(labels, Responses(self._bounds))
        return OwnSeries(self._lock, duration, responses)

    def describe(self) -> Iterable[Metric]:
        """What will be there, so that the registry refuses a second one of that name."""
        return self._families()

    def collect(self) -> Iterator[Metric]:
        """All metrics as they are now."""
        duration, first_byte, stream, sent, active = self._families()
        for labels, running in self._in_progress().items():
            active.add_metric(labels, running)
        with self._lock:
            for labels, marked in self._durations.items():
                marked.add_to(duration, labels)
            for labels, marked in self._streams.items():
                marked.add_to(stream, labels)
            for labels, responses in self._responses.items():
                responses.first_byte.add_to(first_byte, labels)
                sent.add_metric(labels, responses.sent)
        yield from (duration, first_byte, stream, sent, active)

    def close(self) -> None:
        self._registry.unregister(self)

    def _families(
        self,
    ) -> tuple[
        HistogramMetricFamily,
        HistogramMetricFamily,
        HistogramMetricFamily,
        CounterMetricFamily,
        GaugeMetricFamily,
    ]:
        prefix, labels, names = self._prefix, self._names.of_requests, self._names
        return (
            HistogramMetricFamily(prefix + DURATION.name, DURATION.text, labels=labels),
            HistogramMetricFamily(prefix + FIRST_BYTE.name, FIRST_BYTE.text, labels=labels),
            HistogramMetricFamily(prefix + STREAM.name, STREAM.text, labels=(*labels, names.kind)),
            CounterMetricFamily(prefix + SENT.name, SENT.text, labels=labels),
            GaugeMetricFamily(prefix + ACTIVE.name, ACTIVE.text, labels=names.in_progress),
        )


class Marked(Buckets):
    """A histogram that remembers an exemplar for each bucket, the last one."""

    __slots__ = ("exemplars",)

    def __init__(self, bounds: tuple[float, ...]) -> None:
        super().__init__(bounds)
        self.exemplars: dict[int, Exemplar] = {}

    def mark(self, index: int, value: float, trace: str) -> None:
        self.exemplars[index] = Exemplar({"trace_id": trace}, value, time.time())

    def add_to(self, family: HistogramMetricFamily, labels: tuple[str, ...]) -> None:
        """Add what was counted to a family, cumulative as Prometheus has it."""
        buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
        so_far = 0
        for index, bound in enumerate((*self.bounds, math.inf)):
            so_far += self.counts[index]
            label: str = floatToGoString(bound)  # type: ignore[no-untyped-call]  # prometheus_client annotates it partly
            marked = self.exemplars.get(index)
            buckets.append((label, so_far) if marked is None else (label, so_far, marked))
        family.add_metric(labels, buckets, self.total)


class Responses:
    """What is counted of plain requests and of streams alike."""

    __slots__ = ("first_byte", "sent")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.first_byte = Marked(bounds)
        self.sent = 0


class OwnSeries:
    """Adding costs a bucket's increment or two."""

    __slots__ = ("_duration", "_lock", "_responses")

    def __init__(self, lock: Any, duration: Marked, responses: Responses) -> None:
        self._lock = lock
        self._duration = duration
        self._responses = responses

    def add(self, duration: float, first_byte: float | None, size: int | None, trace: str | None) -> None:
        lock, responses = self._lock, self._responses
        lock.acquire()  # "with" costs twice as much
        try:
            index = self._duration.add(duration)
            if trace is not None:
                self._duration.mark(index, duration, trace)
            if first_byte is not None:
                index = responses.first_byte.add(first_byte)
                if trace is not None:
                    responses.first_byte.mark(index, first_byte, trace)
            if size:
                responses.sent += size
        finally:
            lock.release()
