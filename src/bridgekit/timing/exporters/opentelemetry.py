"""OpenTelemetry metrics, and optionally a span, after the stable semantic conventions (the extra ``opentelemetry``)."""

from __future__ import annotations

from typing import Any

from opentelemetry.metrics import MeterProvider, get_meter_provider
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from bridgekit.timing.exporters._fields import BUCKETS, FAILURES, STREAM_BUCKETS
from bridgekit.timing.outcome import Kind
from bridgekit.timing.record import RequestTiming

__all__ = ["OpenTelemetryExporter"]


class OpenTelemetryExporter:
    """Records each request on the meter of a provider.

    ``http.server.request.duration`` (histogram, s) with the attributes and bucket bounds that the conventions ask for; server-sent
    events and websocket sessions go to ``bridgekit.http.server.session.duration`` instead, and every response's first byte to
    ``bridgekit.http.server.time_to_first_byte``.

    With a `tracer`, each request also becomes a span of kind SERVER with its true start and end. It is made after the fact, so nothing is its child; it
    is meant for services without other tracing. Where the record has a ``traceparent``, the span is the child of that one.

    One ``record()`` of the SDK costs about ten times what the measuring does.
    """

    def __init__(self, meter_provider: MeterProvider | None = None, *, tracer: Tracer | None = None) -> None:
        meter = (meter_provider or get_meter_provider()).get_meter("bridgekit")
        self._duration = meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._first_byte = meter.create_histogram(
            "bridgekit.http.server.time_to_first_byte",
            unit="s",
            description="Time until the server could send the first byte of a response.",
            explicit_bucket_boundaries_advisory=BUCKETS,
        )
        self._session = meter.create_histogram(
            "bridgekit.http.server.session.duration",
            unit="s",
            description="Length of server-sent events and websocket sessions.",
            explicit_bucket_boundaries_advisory=STREAM_BUCKETS,
        )
        self._tracer = tracer

    def __call__(self, timing: RequestTiming) -> None:
        attributes = attributes_of(timing)
        if timing.kind in (Kind.EVENT_STREAM, Kind.WEBSOCKET):
            self._session.record(timing.duration, {**attributes, "bridgekit.kind": timing.kind.value})
        else:
            self._duration.record(timing.duration, attributes)
        if timing.time_to_first_byte is not None:
            self._first_byte.record(timing.time_to_first_byte, attributes)
        if self._tracer is not None:
            self._span(self._tracer, timing, attributes)

    def _span(self, tracer: Tracer, timing: RequestTiming, attributes: dict[str, Any]) -> None:
        start = round(timing.started_at * 1e9)
        span = tracer.start_span(
            # "{method} {target}" with the route as target, else the method alone (conventions, "HTTP server span").
            f"{timing.method} {timing.route}" if timing.route else timing.method,
            context=parent_context(timing),
            kind=SpanKind.SERVER,
            start_time=start,
            attributes={**attributes, "url.path": timing.path},
        )
        for part in timing.spans:
            span.set_attribute(f"bridgekit.span.{part.name}", part.seconds)
        if timing.outcome in FAILURES:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=start + round(timing.duration * 1e9))


def attributes_of(timing: RequestTiming) -> dict[str, Any]:
    """The attributes of ``http.server.request.duration`` in the stable conventions; absent means not known."""
    attributes: dict[str, Any] = {
        "http.request.method": timing.method,
        "url.scheme": timing.scheme,
        "network.protocol.version": timing.http_version,
    }
    if timing.protocol != "http":
        attributes["network.protocol.name"] = timing.protocol
    if timing.route is not None:
        attributes["http.route"] = timing.route
    if timing.status is not None:
        attributes["http.response.status_code"] = timing.status
    error = error_type(timing)
    if error is not None:
        attributes["error.type"] = error
    return attributes


def error_type(timing: RequestTiming) -> str | None:
    """The exception's class before the status, before a word of ours; None where nothing failed on this side."""
    if timing.error_type is not None:
        return timing.error_type
    if timing.status is not None and timing.status >= 500:
        return str(timing.status)
    return timing.outcome.value if timing.outcome in ("incomplete", "client_gone", "cancelled") else None


def parent_context(timing: RequestTiming) -> Any:
    """The caller's span, if the request came with one."""
    if timing.traceparent is None:
        return None
    _, trace, span, flags = timing.traceparent.split("-")
    parent = SpanContext(
        int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return set_span_in_context(NonRecordingSpan(parent))
