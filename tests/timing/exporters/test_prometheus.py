from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from bridgekit.timing import Kind, Outcome, RequestTiming
from bridgekit.timing.exporters.prometheus import PrometheusExporter, scrape

TIMING = RequestTiming(
    "GET", "/u/7", "/u/{id}", 200, Outcome.OK, 0.02, time_to_first_byte=0.01, bytes_out=100
)
LABELS = {"method": "GET", "route": "/u/{id}", "status": "200", "outcome": "ok"}


def exported(*timings: RequestTiming, **options: object) -> CollectorRegistry:
    registry = CollectorRegistry()
    export = PrometheusExporter(registry, **options)  # type: ignore[arg-type]
    for timing in timings:
        export(timing)
    return registry


def test_a_request_is_observed_once_in_each_metric() -> None:
    registry = exported(TIMING, TIMING)
    assert registry.get_sample_value("http_server_request_duration_seconds_count", LABELS) == 2
    assert registry.get_sample_value("http_server_request_duration_seconds_sum", LABELS) == pytest.approx(
        0.04
    )
    assert registry.get_sample_value("http_server_time_to_first_byte_seconds_sum", LABELS) == pytest.approx(
        0.02
    )
    assert registry.get_sample_value("http_server_response_body_bytes_total", LABELS) == 200
    bucket = registry.get_sample_value(
        "http_server_request_duration_seconds_bucket", LABELS | {"le": "0.025"}
    )
    assert bucket == 2


@pytest.mark.parametrize("kind", [Kind.STREAM, Kind.EVENT_STREAM, Kind.WEBSOCKET])
def test_what_lasts_as_long_as_it_likes_stays_out_of_latency(kind: Kind) -> None:
    registry = exported(TIMING._replace(kind=kind, duration=3600))
    assert registry.get_sample_value("http_server_request_duration_seconds_count", LABELS) is None
    session = registry.get_sample_value(
        "http_server_stream_duration_seconds_sum", LABELS | {"kind": kind.value}
    )
    assert session == 3600


def test_labels_are_bounded() -> None:
    scanned = [
        TIMING._replace(path=f"/wp-{n}.php", route=None, status=404, outcome=Outcome.CLIENT_ERROR)
        for n in range(50)
    ]
    samples = list(text_string_to_metric_families(scrape(registry=exported(*scanned))[0].decode()))
    routes = {s.labels["route"] for family in samples for s in family.samples if "route" in s.labels}
    assert routes == {"<unmatched>"}


def test_a_request_without_a_status_says_so() -> None:
    registry = exported(TIMING._replace(status=None, outcome=Outcome.EXCEPTION, time_to_first_byte=None))
    labels = LABELS | {"status": "none", "outcome": "exception"}
    assert registry.get_sample_value("http_server_request_duration_seconds_count", labels) == 1


def test_exemplars_name_the_trace_in_the_openmetrics_format() -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    registry = exported(TIMING._replace(traceparent=trace), exemplars=True)
    text, content_type = scrape("application/openmetrics-text; version=1.0.0", registry)
    assert content_type.startswith("application/openmetrics-text")
    assert b'# {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.02' in text
    assert b"trace_id" not in scrape("", registry)[0]


def test_two_exporters_need_two_names() -> None:
    registry = exported(TIMING)
    with pytest.raises(ValueError, match="Duplicated"):
        PrometheusExporter(registry)
    PrometheusExporter(registry, namespace="second")
