"""What measuring adds to a request: bridgekit.timing beside hand-written floors and peers, all in one run.

    tox run -e benchmarks -- timing_overhead [--rounds 11] [--only "ASGI hello"]

Every contestant is timed in each round, in shuffled order, by the process's CPU time; what it adds is taken inside the round and the
median over the rounds is shown, so that a busy machine disturbs all alike. Exporters are as cheap as can be: records go to a
ring; OpenTelemetry records metrics to an in-memory reader. Peers that are not installed are left out (the dependency group
``bench`` has them).

The bars in microseconds are of another machine; what counts here is the ratio to the floor that they were set against: status, first
byte and total for a hello; the last byte and the bytes as well for a stream, where those cost something per chunk; the same with a
header and a bucket for the rows that have them.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.rounds import Measured, measure
from benchmarks.timing_floors import (
    ASGIBare,
    ASGISameFacts,
    ASGISameFactsHeader,
    WSGIBare,
    WSGIBareHeader,
    WSGISameFacts,
    WSGISameFactsHeader,
)

from bridgekit.timing import ASGITimingMiddleware, ServerTiming, WSGITimingMiddleware
from bridgekit.timing.exporters.histogram import HistogramExporter
from bridgekit.timing.measuring import current
from bridgekit.timing.server_timing import everyone

NONE, BARE, FACTS = "none", "floor: bare", "floor: same facts"
BARE_HEADER, FACTS_HEADER = "floor: bare+header+histogram", "floor: same facts+header+histogram"
OURS, OURS_HEADER = "bridgekit", "bridgekit+header+histogram"
OURS_SPANS = "bridgekit, spans imported"
FLOORS = {
    ("ASGI hello", OURS): BARE,
    ("ASGI hello", OURS_HEADER): FACTS_HEADER,
    ("ASGI 100 chunks", OURS): FACTS,
    ("WSGI hello", OURS): BARE,
    ("WSGI hello", OURS_HEADER): BARE_HEADER,
}
BARS = {
    ("ASGI hello", OURS): 2.0,
    ("ASGI hello", OURS_HEADER): 3.5,
    ("ASGI 100 chunks", OURS): 13.0,
    ("WSGI hello", OURS): 1.5,
    ("WSGI hello", OURS_HEADER): 2.5,
}
RATIO_BAR = 2.4

START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"5")],
}
BODY = {"type": "http.response.body", "body": b"hello"}
CHUNK = {"type": "http.response.body", "body": b"x" * 64, "more_body": True}
END = {"type": "http.response.body", "body": b"", "more_body": False}
SCOPE: dict[str, Any] = {
    "type": "http",
    "asgi": {"version": "3.0", "spec_version": "2.4"},
    "http_version": "1.1",
    "method": "GET",
    "scheme": "http",
    "path": "/",
    "raw_path": b"/",
    "query_string": b"",
    "root_path": "",
    "headers": [(b"host", b"localhost"), (b"user-agent", b"bench"), (b"accept", b"*/*")],
    "client": ("127.0.0.1", 50000),
    "server": ("127.0.0.1", 8000),
}
ENVIRON: dict[str, Any] = {
    "REQUEST_METHOD": "GET",
    "SCRIPT_NAME": "",
    "PATH_INFO": "/",
    "QUERY_STRING": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "8000",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "REMOTE_ADDR": "127.0.0.1",
    "HTTP_HOST": "localhost",
    "HTTP_USER_AGENT": "bench",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.input": io.BytesIO(),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


async def asgi_hello(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    await send(BODY)


async def asgi_chunks(scope: Any, receive: Any, send: Any) -> None:
    await send(START)
    for _ in range(100):
        await send(CHUNK)
    await send(END)


def wsgi_hello(environ: Any, start_response: Any) -> Any:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def wsgi_chunks(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    for _ in range(100):
        yield b"x" * 64


async def receive() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Any) -> None:
    pass


def start_response(status: str, headers: Any, exc_info: Any = None) -> None:
    pass


def asgi_contestant(app: Any) -> Callable[[int], float]:
    async def run(calls: int) -> float:
        started = time.process_time()
        for _ in range(calls):
            await app(SCOPE.copy(), receive, send)
        return time.process_time() - started

    return lambda calls: asyncio.run(run(calls))


def wsgi_contestant(app: Any) -> Callable[[int], float]:
    def run(calls: int) -> float:
        started = time.process_time()
        for _ in range(calls):
            body = app(ENVIRON.copy(), start_response)
            for _ in body:
                pass
            if hasattr(body, "close"):
                body.close()
        return time.process_time() - started

    return run


def asgi_apps(app: Any) -> dict[str, Any]:
    ring: deque[Any] = deque(maxlen=1000)
    shown = {"server_timing": ServerTiming(allow=everyone), "exporters": [ring.append, HistogramExporter()]}
    return {
        NONE: app,
        BARE: ASGIBare(app, ring.append),
        FACTS: ASGISameFacts(app, ring.append),
        FACTS_HEADER: ASGISameFactsHeader(app, ring.append),
        OURS: ASGITimingMiddleware(app, exporters=[ring.append]),
        OURS_SPANS: ASGITimingMiddleware(app, exporters=[ring.append]),
        OURS_HEADER: ASGITimingMiddleware(app, **shown),
        **exporting(ASGITimingMiddleware, app),
    } | asgi_peers(app)


def wsgi_apps(app: Any) -> dict[str, Any]:
    ring: deque[Any] = deque(maxlen=1000)
    shown = {"server_timing": ServerTiming(allow=everyone), "exporters": [ring.append, HistogramExporter()]}
    return {
        NONE: app,
        BARE: WSGIBare(app, ring.append),
        BARE_HEADER: WSGIBareHeader(app, ring.append),
        FACTS: WSGISameFacts(app, ring.append),
        FACTS_HEADER: WSGISameFactsHeader(app, ring.append),
        OURS: WSGITimingMiddleware(app, exporters=[ring.append]),
        OURS_SPANS: WSGITimingMiddleware(app, exporters=[ring.append]),
        OURS_HEADER: WSGITimingMiddleware(app, **shown),
        **exporting(WSGITimingMiddleware, app),
    } | wsgi_peers(app)


def asgi_peers(app: Any) -> dict[str, Any]:
    makers = {
        "OpenTelemetry": otel_asgi,
        "prometheus-fastapi-instrumentator": instrumentator,
        "starlette_exporter": starlette_exporter,
        "timing-asgi": timing_asgi,
    }
    return made(makers, app)


def wsgi_peers(app: Any) -> dict[str, Any]:
    return made({"OpenTelemetry": otel_wsgi}, app)


def made(makers: dict[str, Callable[[Any], Any]], app: Any) -> dict[str, Any]:
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make(app)
        except ImportError as error:
            print(f"left out: {name} ({error})", file=sys.stderr)
    return found


def exporting(middleware: Any, app: Any) -> dict[str, Any]:
    """Ours with the metrics libraries that the peers use."""
    makers = {
        "bridgekit -> OpenTelemetryHistograms": otel_histograms,
        "bridgekit -> OpenTelemetryExporter": otel_exporter,
        "bridgekit -> PrometheusExporter": prometheus_exporter,
    }
    return made(
        {name: lambda app, make=make: middleware(app, exporters=[make()]) for name, make in makers.items()},
        app,
    )


def otel_histograms() -> Any:
    from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

    from bridgekit.timing.exporters.opentelemetry_histograms import OpenTelemetryHistograms

    histograms = OpenTelemetryHistograms(ConsoleMetricExporter())
    histograms.register(meter_provider())
    return histograms


def otel_exporter() -> Any:
    from bridgekit.timing.exporters.opentelemetry import OpenTelemetryExporter

    return OpenTelemetryExporter(meter_provider())


def prometheus_exporter() -> Any:
    from prometheus_client import CollectorRegistry

    from bridgekit.timing.exporters.prometheus import PrometheusExporter

    return PrometheusExporter(CollectorRegistry())


def meter_provider() -> Any:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    return MeterProvider([InMemoryMetricReader()])


def otel_asgi(app: Any) -> Any:
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, meter_provider=meter_provider())


def otel_wsgi(app: Any) -> Any:
    from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware

    return OpenTelemetryMiddleware(app, meter_provider=meter_provider())


def instrumentator(app: Any) -> Any:
    from prometheus_client import CollectorRegistry
    from prometheus_fastapi_instrumentator.middleware import PrometheusInstrumentatorMiddleware

    wrapped = PrometheusInstrumentatorMiddleware(app, registry=CollectorRegistry())
    return with_starlette_app(wrapped)


def starlette_exporter(app: Any) -> Any:
    from starlette_exporter import PrometheusMiddleware

    return with_starlette_app(PrometheusMiddleware(app, filter_unhandled_paths=False))


def timing_asgi(app: Any) -> Any:
    from timing_asgi import TimingClient, TimingMiddleware

    class Client(TimingClient):
        def timing(self, metric_name: str, timing: float, tags: Any = None) -> None: ...

    return TimingMiddleware(app, Client())


def with_starlette_app(wrapped: Any) -> Any:
    """These two look their routes up in ``scope["app"]``."""
    from starlette.applications import Starlette

    outer = Starlette()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["app"] = outer
        await wrapped(scope, receive, send)

    return app


def with_spans(run: Callable[[int], float], imported: bool) -> Callable[[int], float]:
    """As in a process that imports `bridgekit.timing.span`, or in one that does not."""

    def measured(calls: int) -> float:
        current.enabled = imported
        return run(calls)

    return measured


def contestants(
    apps: dict[str, Any], contestant: Callable[[Any], Callable[[int], float]]
) -> dict[str, Callable[[int], float]]:
    return {name: with_spans(contestant(app), name == OURS_SPANS) for name, app in apps.items()}


SCENARIOS: dict[str, tuple[Callable[[], dict[str, Callable[[int], float]]], int]] = {
    "ASGI hello": (lambda: contestants(asgi_apps(asgi_hello), asgi_contestant), 2000),
    "ASGI 100 chunks": (lambda: contestants(asgi_apps(asgi_chunks), asgi_contestant), 200),
    "WSGI hello": (lambda: contestants(wsgi_apps(wsgi_hello), wsgi_contestant), 2000),
    "WSGI 100 chunks": (lambda: contestants(wsgi_apps(wsgi_chunks), wsgi_contestant), 500),
}


def added(results: dict[str, Measured], name: str) -> float:
    """Microseconds that `name` adds, the median over the rounds."""
    pairs = zip(results[name].seconds, results[NONE].seconds, strict=True)
    return statistics.median(mine - none for mine, none in pairs) * 1e6


def report(scenario: str, results: dict[str, Measured]) -> str:
    lines = [f"\n## {scenario} (none: {results[NONE].median * 1e6:.2f} us)\n"]
    lines += [
        "| contestant | added us | x bare floor | x floor of the same facts | bar |",
        "|---|---:|---:|---:|---|",
    ]
    bare, facts = added(results, BARE), added(results, FACTS)
    for name in sorted(results, key=lambda n: added(results, n)):
        if name == NONE:
            continue
        cost = added(results, name)
        lines.append(
            f"| {name} | {cost:.2f} | {cost / bare:.2f} | {cost / facts:.2f} | {verdict(scenario, name, results)} |"
        )
    return "\n".join(lines)


def verdict(scenario: str, name: str, results: dict[str, Measured]) -> str:
    bar = BARS.get((scenario, name))
    if bar is None:
        return ""
    cost, floor = added(results, name), FLOORS[scenario, name]
    ratio = cost / added(results, floor)
    met = "met" if ratio <= RATIO_BAR else "missed"
    return f"{bar} us {'met' if cost <= bar else 'missed'}; {ratio:.2f} x {floor}: {RATIO_BAR} {met}"


def main() -> None:
    parser = argparse.ArgumentParser(description="What measuring adds to a request.")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", choices=SCENARIOS)
    chosen = parser.parse_args()
    for scenario, (prepare, calls) in SCENARIOS.items():
        if chosen.only in (None, scenario):
            print(report(scenario, measure(prepare(), calls=calls, rounds=chosen.rounds)), flush=True)


if __name__ == "__main__":
    main()
