"""OpenTelemetry metrics from histograms of our own, sent along with the SDK's (needs ``opentelemetry-sdk``)."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from bridgekit.timing.exporters._missing import missing

try:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter_provider
    from opentelemetry.sdk import metrics as sdk_metrics  # noqa: F401  # the part that the SDK brings
except ImportError as error:
    raise missing(error, __name__, "opentelemetry") from None
from opentelemetry.sdk.metrics import Histogram as SDKHistogram
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    ScopeMetrics,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope

from bridgekit._arguments import shown
from bridgekit.timing.exporters._buckets import Buckets
from bridgekit.timing.exporters._conventions import (
    ACTIVE,
    ACTIVE_ATTRIBUTES,
    ACTIVE_TEXT,
    FIRST_BYTE,
    Instrument,
    attributes_of,
    duration_of,
)
from bridgekit.timing.exporters._running import requests_in_progress
from bridgekit.timing.record import RequestTiming

__all__ = ["OpenTelemetryHistograms"]

MAX_SERIES = 2000
"""Combinations of attributes kept at most; further ones are counted together (`OVERFLOW`)."""

SCOPE = "bridgekit"

OVERFLOW = {"otel.metric.overflow": True}
"""The specification's mark for what went beyond a limit ("Metrics SDK, Overflow attribute")."""


class Stream(Buckets):
    """The histogram of one instrument with one set of attributes (a "metric stream" in the specification)."""

    __slots__ = ("attributes", "instrument")

    def __init__(self, instrument: Instrument, attributes: dict[str, Any]) -> None:
        super().__init__(instrument.bounds)
        self.instrument = instrument
        self.attributes = attributes

    def data_point(self, since: int, until: int) -> HistogramDataPoint:
        """As the SDK has it."""
        return HistogramDataPoint(
            attributes=self.attributes,
            start_time_unix_nano=since,
            time_unix_nano=until,
            count=sum(self.counts),
            sum=self.total,
            bucket_counts=tuple(self.counts),
            explicit_bounds=self.bounds,
            min=self.lowest,
            max=self.highest,
        )


class Series(NamedTuple):
    """What one request adds to."""

    duration: Stream
    first_byte: Stream


class OpenTelemetryHistograms(MetricExporter):
    """Counts requests in buckets, and adds the result to what the SDK exports: the metrics of `OpenTelemetryExporter` at the
    price of two bucket increments for each request.

    It is an exporter of records and a ``MetricExporter`` of the SDK around your own one::

        histograms = OpenTelemetryHistograms(OTLPMetricExporter())
        provider = MeterProvider([PeriodicExportingMetricReader(histograms)])
        set_meter_provider(provider)
        application = ASGITimingMiddleware(application, exporters=[histograms])

    The SDK for Python (1.45) has no ``MetricProducer``, the specification's way to bring in what is aggregated elsewhere; a
    ``MetricExporter`` is the public place nearest to it. Readers without one (Prometheus', the in-memory one) and views see nothing
    of it: use `OpenTelemetryExporter` there.

    Temporality is that which your exporter prefers for histograms. The SDK exports only where an instrument reports, so with the first request an
    observable gauge with the number of series is made on the global provider; call `register` for another one.
    """

    def __init__(self, exporter: MetricExporter) -> None:
        """
        :param exporter: your own, which sends.
        :raises TypeError: for what is no ``MetricExporter`` (a reader, for instance: that goes around this).
        """
        if not isinstance(exporter, MetricExporter):
            raise TypeError(f"exporter must be a MetricExporter of the SDK, not {shown(exporter)}")
        super().__init__(
            preferred_temporality=exporter._preferred_temporality,
            preferred_aggregation=exporter._preferred_aggregation,
        )
        self.exporter = exporter
        preferred: Any = exporter._preferred_temporality or {}
        self._temporality = preferred.get(SDKHistogram, AggregationTemporality.CUMULATIVE)
        self._series: dict[tuple[object, ...], Series] = {}
        self._streams: dict[tuple[str, frozenset[Any]], Stream] = {}
        self._since = time.time_ns()
        self._registered = False
        # Reentrant: the collector may end an abandoned request in the middle of this.
        self._lock = threading.RLock()

    def __call__(self, timing: RequestTiming) -> None:
        """Count one request."""
        if not self._registered:
            self.register(get_meter_provider())
        key = (
            timing.method,
            timing.route,
            timing.status,
            timing.outcome,
            timing.kind,
            timing.error_type,
            timing.http_version,
            timing.scheme,
        )
        duration, first_byte = timing.duration, timing.time_to_first_byte
        lock = self._lock
        lock.acquire()  # "with" costs twice as much
        try:
            series = self._series[key] if key in self._series else self._new_series(key, timing)
            series.duration.add(duration)
            if first_byte is not None:
                series.first_byte.add(first_byte)
        finally:
            lock.release()

    def register(self, meter_provider: MeterProvider) -> None:
        """Make sure that this provider's readers have something to export.

        :param meter_provider: one that is not the global one.
        """
        self._registered = True
        meter = meter_provider.get_meter(SCOPE)
        meter.create_observable_up_down_counter(
            ACTIVE, [self._in_progress], unit="{request}", description=ACTIVE_TEXT
        )
        meter.create_observable_gauge(
            "bridgekit.http.server.series",
            [self._count_series],
            unit="{series}",
            description="Combinations of attributes of the request histograms.",
        )

    def export(
        self, metrics_data: MetricsData, timeout_millis: float = 10_000, **kwargs: Any
    ) -> MetricExportResult:
        """Send the SDK's metrics and ours."""
        return self.exporter.export(self._with_ours(metrics_data), timeout_millis=timeout_millis, **kwargs)

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self.exporter.force_flush(timeout_millis=timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self.exporter.shutdown(timeout_millis=timeout_millis, **kwargs)

    def _count_series(self, options: CallbackOptions) -> Iterable[Observation]:
        return [Observation(len(self._series))]

    def _in_progress(self, options: CallbackOptions) -> Iterable[Observation]:
        return [
            Observation(running, dict(zip(ACTIVE_ATTRIBUTES, values, strict=True)))
            for values, running in requests_in_progress(self, len(ACTIVE_ATTRIBUTES)).items()
        ]

    def _new_series(self, key: tuple[object, ...], timing: RequestTiming) -> Series:
        instrument, attributes = duration_of(timing)
        if len(self._series) >= MAX_SERIES:
            # Not kept under its key: the next one of a scanner has another one.
            return Series(self._stream_of(instrument, OVERFLOW), self._stream_of(FIRST_BYTE, OVERFLOW))
        series = Series(
            self._stream_of(instrument, attributes), self._stream_of(FIRST_BYTE, attributes_of(timing))
        )
        self._series[key] = series
        return series

    def _stream_of(self, instrument: Instrument, attributes: dict[str, Any]) -> Stream:
        # Outcomes that have no attribute of their own share one.
        key = (instrument.name, frozenset(attributes.items()))
        found = self._streams.get(key)
        if found is None:
            found = self._streams[key] = Stream(instrument, attributes)
        return found

    def _with_ours(self, metrics_data: MetricsData) -> MetricsData:
        metrics = self._metrics()
        if not metrics or not metrics_data.resource_metrics:
            return metrics_data
        first, *rest = metrics_data.resource_metrics
        scopes = list(first.scope_metrics)
        for number, found in enumerate(scopes):
            if found.scope.name == SCOPE:
                scopes[number] = replace(found, metrics=[*found.metrics, *metrics])
                break
        else:
            scopes.append(ScopeMetrics(InstrumentationScope(SCOPE), metrics, ""))
        return MetricsData([replace(first, scope_metrics=scopes), *rest])

    def _metrics(self) -> list[Metric]:
        """The histograms as they are now; with delta temporality, what was added since the last time."""
        points: dict[Instrument, list[HistogramDataPoint]] = {}
        with self._lock:
            until = time.time_ns()
            # The system's clock may have been set back meanwhile, and no interval ends before its start.
            since = self._since = min(self._since, until)
            delta = self._temporality is AggregationTemporality.DELTA
            for stream in self._streams.values():
                if any(stream.counts):
                    points.setdefault(stream.instrument, []).append(stream.data_point(since, until))
                    if delta:
                        stream.clear()
            if delta:
                self._since = until
        return [
            Metric(
                name=instrument.name,
                description=instrument.description,
                unit="s",
                data=Histogram(found, self._temporality),
            )
            for instrument, found in points.items()
        ]
