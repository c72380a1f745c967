from __future__ import annotations

import math
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from bridgekit.timing import ASGITimingMiddleware, Kind, Outcome, RequestTiming, WSGITimingMiddleware
from bridgekit.timing.exporters import prometheus
from bridgekit.timing.exporters._prometheus_series import LibraryMetrics, OwnMetrics
from bridgekit.timing.exporters.prometheus import PrometheusExporter, scrape
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, export_often, scope_of

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


def test_paths_that_match_no_route_share_one_label() -> None:
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


times = st.sampled_from([0.0, 0.0001, 0.005, 0.0050001, 0.02, 1.0, 10.0, 10.5, 3600.0])
timings = st.builds(
    RequestTiming,
    method=st.sampled_from(["GET", "POST"]),
    path=st.just("/"),
    route=st.sampled_from(["/a", "/b/{id}", None]),
    status=st.sampled_from([200, 404, None]),
    outcome=st.sampled_from([Outcome.OK, Outcome.EXCEPTION]),
    duration=times,
    kind=st.sampled_from(Kind),
    time_to_first_byte=st.none() | times,
    bytes_out=st.sampled_from([0, 5, 10**12, None]),
)


def samples_of(metrics: type[OwnMetrics] | type[LibraryMetrics], seen: list[RequestTiming]) -> object:
    """What a scrape shows, but for the moments at which the library made its metrics."""
    registry = CollectorRegistry()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(prometheus, "OwnMetrics", metrics)
        export = PrometheusExporter(registry, buckets=(0.005, 0.02, 1, math.inf), namespace="shop")
    for timing in seen:
        export(timing)
    text = scrape(registry=registry)[0].decode()
    families = [f for f in text_string_to_metric_families(text) if not f.name.endswith("_created")]
    return {
        (family.name, family.type, family.documentation): {
            (s.name, *sorted(s.labels.items())): pytest.approx(s.value)
            for s in family.samples
            if not s.name.endswith("_created")
        }
        for family in families
    }


@settings(deadline=None)  # the parser takes its time on a busy machine
@given(st.lists(timings, max_size=12))
def test_our_histograms_show_what_the_librarys_would(seen: list[RequestTiming]) -> None:
    """With one process they are ours, with several the library's: nobody should notice."""
    assert samples_of(OwnMetrics, seen) == samples_of(LibraryMetrics, seen)


def test_threads_lose_no_count() -> None:
    registry = CollectorRegistry()
    export = PrometheusExporter(registry)
    threads = [threading.Thread(target=export_often, args=(export, TIMING, 500)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.get_sample_value("http_server_request_duration_seconds_count", LABELS) == 2000
    assert registry.get_sample_value("http_server_response_body_bytes_total", LABELS) == 200_000


def test_routes_without_end_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A route that somebody names with a path in it must not fill the memory."""
    monkeypatch.setattr(prometheus, "MAX_SERIES", 2)
    registry = exported(*(TIMING._replace(route=f"/{number}") for number in range(5)))
    name = "http_server_request_duration_seconds_count"
    assert registry.get_sample_value(name, LABELS | {"route": "/1"}) == 1
    assert registry.get_sample_value(name, LABELS | {"route": "<other>"}) == 3


@pytest.mark.parametrize("buckets", [(), (math.inf,), (1, 1), (2, 1)])
def test_bounds_must_rise(buckets: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="bucket bounds must increase"):
        PrometheusExporter(CollectorRegistry(), buckets=buckets)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"registry": CollectorRegistry}, TypeError, "not the class CollectorRegistry"),
        ({"registry": "shop"}, TypeError, "must be a CollectorRegistry"),
        ({"namespace": None}, TypeError, "namespace must be a string"),
        ({"namespace": "my-shop"}, ValueError, "my-shop"),
        ({"buckets": 5}, TypeError, "buckets must be a list of seconds"),
        ({"buckets": ["0.1"]}, TypeError, "each of buckets must be a number"),
        ({"buckets": [math.nan]}, ValueError, "NaN"),
        ({"exemplars": "yes"}, TypeError, "True or False"),
        ({"labels": "otel"}, ValueError, "'short', 'opentelemetry'"),
    ],
)
def test_its_arguments_are_judged_when_it_is_made(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        PrometheusExporter(**{"registry": CollectorRegistry()} | options)  # type: ignore[arg-type]


@pytest.mark.parametrize("several_processes", [False, True])
def test_one_that_is_closed_leaves_its_registry_to_another(
    several_processes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "OwnMetrics", LibraryMetrics if several_processes else OwnMetrics)
    registry = CollectorRegistry()
    first = PrometheusExporter(registry)
    with pytest.raises(ValueError, match="Give that one to all wrappers, or this one a namespace"):
        PrometheusExporter(registry)
    first.close()
    PrometheusExporter(registry)(TIMING)
    first(TIMING)
    assert registry.get_sample_value("http_server_request_duration_seconds_count", LABELS) == 1


def test_labels_can_be_those_that_opentelemetrys_attributes_have() -> None:
    """As collectors write them: "_" for ".", and an attribute that is not there is an empty label."""
    failed = TIMING._replace(
        status=500, outcome=Outcome.EXCEPTION, error_type="ValueError", http_version="2", scheme="https"
    )
    registry = exported(TIMING, failed, TIMING._replace(route=None, kind=Kind.STREAM), labels="opentelemetry")
    labels = {
        "http_request_method": "GET",
        "http_route": "/u/{id}",
        "http_response_status_code": "200",
        "error_type": "",
        "url_scheme": "http",
        "network_protocol_version": "1.1",
    }
    count = "http_server_request_duration_seconds_count"
    assert registry.get_sample_value(count, labels) == 1
    more = {"http_response_status_code": "500", "error_type": "ValueError"}
    more |= {"url_scheme": "https", "network_protocol_version": "2"}
    assert registry.get_sample_value(count, labels | more) == 1
    stream = labels | {"http_route": "", "bridgekit_kind": "stream"}
    assert registry.get_sample_value("http_server_stream_duration_seconds_count", stream) == 1


@pytest.mark.parametrize(
    ("labels", "get", "post", "socket"),
    [
        ("short", {"method": "GET"}, {"method": "POST"}, {"method": "GET"}),
        (
            "opentelemetry",
            {"http_request_method": "GET", "url_scheme": "http"},
            {"http_request_method": "POST", "url_scheme": "https"},
            {"http_request_method": "GET", "url_scheme": "wss"},
        ),
    ],
)
@pytest.mark.parametrize("several_processes", [False, True])
def test_a_gauge_tells_what_is_in_progress(
    labels: Any,
    get: dict[str, str],
    post: dict[str, str],
    socket: dict[str, str],
    several_processes: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Streams and sessions count until they end; several processes count as they go, one is asked."""
    monkeypatch.setattr(prometheus, "OwnMetrics", LibraryMetrics if several_processes else OwnMetrics)
    registry = CollectorRegistry()
    exporter = PrometheusExporter(registry, labels=labels)
    told: list[list[float | None]] = []

    def now() -> None:
        told.append(
            [registry.get_sample_value("http_server_active_requests", kind) for kind in (get, post, socket)]
        )

    def wsgi(environ: Any, start_response: Any) -> list[bytes]:
        now()
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            now()
            return
        WSGIClient(FakeClock()).call(WSGITimingMiddleware(wsgi, exporters=[exporter]), environ_of())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        now()
        await send({"type": "http.response.body", "body": b"x"})

    wrapped = ASGITimingMiddleware(asgi, exporters=[exporter])
    ASGIClient(FakeClock()).call(wrapped, scope_of("POST", scheme="https"))
    session = scope_of(type="websocket", scheme="wss")
    del session["method"]
    ASGIClient(FakeClock()).call(wrapped, session)
    now()
    zeros = [[value or 0 for value in row] for row in told]
    if labels == "short":
        assert zeros == [[1, 1, 1], [0, 1, 0], [1, 0, 1], [0, 0, 0]]
    else:
        assert zeros == [[1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
