"""Against the SDK's in-memory reader: names, units, attributes and bounds of the stable conventions."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from bridgekit.timing import Kind, Outcome, RequestTiming, SpanTiming
from bridgekit.timing.exporters.opentelemetry import OpenTelemetryExporter

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TIMING = RequestTiming(
    "GET",
    "/u/7",
    "/u/{id}",
    200,
    Outcome.OK,
    0.02,
    time_to_first_byte=0.01,
    http_version="2",
    started_at=1000.5,
)


def metrics_of(*timings: RequestTiming) -> dict[str, Any]:
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    export = OpenTelemetryExporter(provider)
    for timing in timings:
        export(timing)
    data: Any = reader.get_metrics_data()
    provider.shutdown()
    return {m.name: m for m in data.resource_metrics[0].scope_metrics[0].metrics}


def test_the_duration_follows_the_stable_conventions() -> None:
    """Semantic conventions, "Metric: http.server.request.duration"."""
    metric = metrics_of(TIMING, TIMING)["http.server.request.duration"]
    (point,) = metric.data.data_points
    assert metric.unit == "s"
    assert (point.count, point.sum) == (2, pytest.approx(0.04))
    assert tuple(point.explicit_bounds) == (
        0.005,
        0.01,
        0.025,
        0.05,
        0.075,
        0.1,
        0.25,
        0.5,
        0.75,
        1,
        2.5,
        5,
        7.5,
        10,
    )
    assert dict(point.attributes) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "network.protocol.version": "2",
        "http.route": "/u/{id}",
        "http.response.status_code": 200,
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"route": None}, {"http.route": None}),
        ({"status": None, "outcome": Outcome.EXCEPTION, "error_type": "ValueError"},
         {"error.type": "ValueError", "http.response.status_code": None}),
        ({"status": 503, "outcome": Outcome.SERVER_ERROR}, {"error.type": "503", "http.response.status_code": 503}),
        ({"status": 404, "outcome": Outcome.CLIENT_ERROR}, {"error.type": None}),
        ({"outcome": Outcome.CLIENT_GONE}, {"error.type": "client_gone"}),
        ({"status": None, "outcome": Outcome.CANCELLED}, {"error.type": "cancelled"}),
    ],
)  # fmt: skip
def test_attributes_tell_what_is_known_and_nothing_else(changes: Any, expected: dict[str, Any]) -> None:
    (point,) = metrics_of(TIMING._replace(**changes))["http.server.request.duration"].data.data_points
    assert {name: point.attributes.get(name) for name in expected} == expected


@pytest.mark.parametrize("kind", [Kind.STREAM, Kind.EVENT_STREAM, Kind.WEBSOCKET])
def test_what_lasts_as_long_as_it_likes_stays_out_of_the_duration(kind: Kind) -> None:
    found = metrics_of(TIMING._replace(kind=kind, duration=3600))
    assert "http.server.request.duration" not in found
    stream = found["bridgekit.http.server.stream.duration"]
    (point,) = stream.data.data_points
    assert (stream.unit, point.sum, point.attributes["bridgekit.kind"]) == ("s", 3600, kind.value)
    assert point.attributes.get("network.protocol.name") == ("websocket" if kind is Kind.WEBSOCKET else None)
    assert found["bridgekit.http.server.time_to_first_byte"].data.data_points[0].sum == 0.01


def spans_of(timing: RequestTiming) -> Any:
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    reader = InMemoryMetricReader()
    metrics = MeterProvider([reader], shutdown_on_exit=False)
    OpenTelemetryExporter(metrics, tracer=provider.get_tracer("test"))(timing)
    (made,) = memory.get_finished_spans()
    metrics.shutdown()
    provider.shutdown()
    return made


def test_a_span_has_the_true_times_and_is_the_callers_child() -> None:
    made = spans_of(TIMING._replace(traceparent=TRACE, spans=(SpanTiming("db", 0.005, 2),)))
    assert (made.name, made.kind) == ("GET /u/{id}", SpanKind.SERVER)
    assert (made.start_time, made.end_time) == (1_000_500_000_000, 1_000_520_000_000)
    assert format(made.context.trace_id, "032x") == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert format(made.parent.span_id, "016x") == "00f067aa0ba902b7"
    assert made.attributes["url.path"] == "/u/7"
    assert made.attributes["bridgekit.span.db"] == 0.005


def test_a_span_of_a_failure_has_the_error_status() -> None:
    made = spans_of(TIMING._replace(status=500, outcome=Outcome.SERVER_ERROR, route=None))
    assert (made.name, made.status.status_code) == ("GET", StatusCode.ERROR)
