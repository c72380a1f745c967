"""The SDK is the oracle: what our histograms send is what its own would have."""

from __future__ import annotations

import json
import math
import threading
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    InMemoryMetricReader,
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)

from bridgekit.timing import ASGITimingMiddleware, Kind, Outcome, RequestTiming
from bridgekit.timing.exporters import opentelemetry_histograms
from bridgekit.timing.exporters.opentelemetry import OpenTelemetryExporter
from bridgekit.timing.exporters.opentelemetry_histograms import OpenTelemetryHistograms
from tests.timing.clients import ASGIClient, FakeClock, export_often

TIMING = RequestTiming("GET", "/u/7", "/u/{id}", 200, Outcome.OK, 0.02, time_to_first_byte=0.01)


class Kept(MetricExporter):
    """Keeps what it is given."""

    def __init__(self, temporality: Any = None) -> None:
        super().__init__(preferred_temporality=temporality)
        self.batches: list[Any] = []
        self.flushed = self.stopped = 0

    def export(self, metrics_data: Any, timeout_millis: float = 10_000, **kwargs: Any) -> MetricExportResult:
        self.batches.append(metrics_data)
        return MetricExportResult.SUCCESS

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        self.flushed += 1
        return True

    def shutdown(self, timeout_millis: float = 30_000, **kwargs: Any) -> None:
        self.stopped += 1


class Pipeline:
    """Our histograms in front of an exporter, on a reader that collects when it is told to."""

    def __init__(self, temporality: Any = None) -> None:
        self.kept = Kept(temporality)
        self.histograms = OpenTelemetryHistograms(self.kept)
        # An infinite interval means no thread.
        self.reader = PeriodicExportingMetricReader(self.histograms, export_interval_millis=math.inf)
        self.provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.histograms.register(self.provider)

    def collect(self) -> dict[str, Any]:
        self.reader.collect()
        return by_name(self.kept.batches[-1])


def by_name(data: Any) -> dict[str, Any]:
    (resource,) = data.resource_metrics
    found = {
        m.name: m
        for scope in resource.scope_metrics
        if scope.scope.name == "bridgekit"
        for m in scope.metrics
    }
    found.pop("bridgekit.http.server.series", None)
    return found


def from_the_sdk(timings: list[RequestTiming]) -> dict[str, Any]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    export = OpenTelemetryExporter(provider)
    for timing in timings:
        export(timing)
    data = reader.get_metrics_data()
    provider.shutdown()
    return {} if data is None else by_name(data)


def comparable(metrics: dict[str, Any]) -> Any:
    """Everything but the moments, in an order of its own."""
    return {
        name: (
            metric.unit,
            metric.description,
            metric.data.aggregation_temporality,
            sorted(
                (
                    sorted((key, str(value)) for key, value in point.attributes.items()),
                    point.count,
                    pytest.approx(point.sum),
                    tuple(point.bucket_counts),
                    tuple(point.explicit_bounds),
                    point.min,
                    point.max,
                )
                for point in metric.data.data_points
            ),
        )
        for name, metric in metrics.items()
    }


times = st.sampled_from([0.0, 0.0001, 0.005, 0.0050001, 0.02, 1.0, 10.0, 10.5, 3600.0])
timings = st.builds(
    RequestTiming,
    method=st.sampled_from(["GET", "POST", "_OTHER"]),
    path=st.just("/"),
    route=st.sampled_from(["/a", "/b/{id}", None]),
    status=st.sampled_from([200, 404, 500, None]),
    outcome=st.sampled_from(Outcome),
    duration=times,
    kind=st.sampled_from(Kind),
    error_type=st.sampled_from([None, "ValueError"]),
    time_to_first_byte=st.none() | times,
    http_version=st.sampled_from(["1.1", "2"]),
    scheme=st.sampled_from(["http", "https"]),
)


@settings(deadline=None)  # two pipelines of the SDK for each example
@given(st.lists(timings, min_size=1, max_size=12))
def test_it_sends_what_the_sdk_would_have(timings: list[RequestTiming]) -> None:
    """Names, units, attributes, bounds, counts, sums, minima and maxima."""
    pipeline = Pipeline()
    for timing in timings:
        pipeline.histograms(timing)
    assert comparable(pipeline.collect()) == comparable(from_the_sdk(timings))


def test_the_rest_of_the_pipeline_is_left_as_it_is() -> None:
    pipeline = Pipeline()
    pipeline.provider.get_meter("other").create_counter("orders").add(3)
    pipeline.histograms(TIMING)
    pipeline.collect()
    (resource,) = pipeline.kept.batches[-1].resource_metrics
    assert resource.resource is pipeline.provider._sdk_config.resource
    names = {scope.scope.name: [m.name for m in scope.metrics] for scope in resource.scope_metrics}
    assert names == {
        "other": ["orders"],
        "bridgekit": [
            "bridgekit.http.server.series",
            "http.server.request.duration",
            "bridgekit.http.server.time_to_first_byte",
        ],
    }
    # What the SDK's exporters make of it.
    assert "http.server.request.duration" in json.dumps(json.loads(pipeline.kept.batches[-1].to_json()))


def test_flush_and_shutdown_reach_the_exporter() -> None:
    pipeline = Pipeline()
    pipeline.provider.force_flush()
    pipeline.provider.shutdown()
    assert (pipeline.kept.flushed, pipeline.kept.stopped) == (1, 1)


def test_cumulative_counts_go_on() -> None:
    pipeline = Pipeline()
    seen = []
    for _ in range(2):
        pipeline.histograms(TIMING)
        (point,) = pipeline.collect()["http.server.request.duration"].data.data_points
        seen.append((point.count, point.start_time_unix_nano))
    assert [count for count, _ in seen] == [1, 2]
    assert seen[0][1] == seen[1][1]


def test_delta_counts_begin_anew() -> None:
    """What some back ends prefer; the exporter says so (``OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE``)."""
    pipeline = Pipeline({Histogram: AggregationTemporality.DELTA})
    seen = []
    for duration in (0.5, 0.25):
        pipeline.histograms(TIMING._replace(duration=duration))
        metric = pipeline.collect()["http.server.request.duration"]
        assert metric.data.aggregation_temporality is AggregationTemporality.DELTA
        seen += metric.data.data_points
    assert [(p.count, p.sum, p.min, p.max) for p in seen] == [(1, 0.5, 0.5, 0.5), (1, 0.25, 0.25, 0.25)]
    assert seen[1].start_time_unix_nano == seen[0].time_unix_nano
    assert pipeline.collect() == {}


def test_series_without_end_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the mark that the specification has for that."""
    monkeypatch.setattr(opentelemetry_histograms, "MAX_SERIES", 2)
    pipeline = Pipeline()
    for number in range(5):
        pipeline.histograms(TIMING._replace(route=f"/{number}"))
    points = pipeline.collect()["http.server.request.duration"].data.data_points
    assert {str(p.attributes.get("http.route")): p.count for p in points} == {"/0": 1, "/1": 1, "None": 3}
    assert [dict(p.attributes) for p in points][-1] == {"otel.metric.overflow": True}


def test_threads_lose_no_count() -> None:
    pipeline = Pipeline()
    threads = [
        threading.Thread(target=export_often, args=(pipeline.histograms, TIMING, 500)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (point,) = pipeline.collect()["http.server.request.duration"].data.data_points
    assert point.count == 2000


def test_a_middleware_needs_no_instrument_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK exports nothing where no instrument reports; with the first request one does, on the global provider."""
    kept = Kept()
    histograms = OpenTelemetryHistograms(kept)
    reader = PeriodicExportingMetricReader(histograms, export_interval_millis=math.inf)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    monkeypatch.setattr(opentelemetry_histograms, "get_meter_provider", lambda: provider)

    async def hello(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    reader.collect()
    assert kept.batches == []
    ASGIClient(FakeClock()).call(ASGITimingMiddleware(hello, exporters=[histograms]))
    reader.collect()
    assert by_name(kept.batches[-1])["http.server.request.duration"].data.data_points[0].count == 1


@pytest.mark.parametrize("temporality", [AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE])
def test_no_interval_ends_before_its_start_when_the_clock_is_set_back(
    temporality: AggregationTemporality, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receivers refuse a point with ``time_unix_nano`` before ``start_time_unix_nano`` (OpenTelemetry data model, "Temporality")."""
    pipeline = Pipeline({Histogram: temporality})
    day = 86_400 * 10**9
    now = time.time_ns()
    clock = iter([now, now - day, now - day + 5, now + day])
    monkeypatch.setattr(opentelemetry_histograms, "time", type("Clock", (), {"time_ns": lambda: next(clock)}))
    for _ in range(4):
        pipeline.histograms(TIMING)
        for metric in pipeline.collect().values():
            for point in metric.data.data_points:
                if hasattr(point, "explicit_bounds"):
                    assert point.start_time_unix_nano <= point.time_unix_nano
    assert next(clock, None) is None
