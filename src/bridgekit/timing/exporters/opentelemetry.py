"""OpenTelemetry metrics, and optionally a span, after the stable semantic conventions (the extra ``opentelemetry``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridgekit.timing.exporters._missing import missing

try:
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter_provider
except ImportError as error:
    raise missing(error, __name__, "opentelemetry") from None
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

from bridgekit._arguments import shown
from bridgekit.timing.exporters._conventions import (
    ACTIVE,
    ACTIVE_ATTRIBUTES,
    ACTIVE_TEXT,
    DURATION,
    FIRST_BYTE,
    STREAM,
    attributes_of,
    duration_of,
)
from bridgekit.timing.exporters._fields import FAILURES, printable
from bridgekit.timing.exporters._running import requests_in_progress
from bridgekit.timing.record import RequestTiming

__all__ = ["OpenTelemetryExporter"]


class OpenTelemetryExporter:
    """Records each request on the meter of a provider, after OpenTelemetry's semantic conventions for HTTP metrics.

    ``http.server.request.duration`` (histogram, s) of plain responses, with the attributes and bucket bounds that the conventions ask
    for. Streams, server-sent events and websocket sessions go to ``bridgekit.http.server.stream.duration`` instead, because they last as long as
    their producer and client like, and every response's first byte to ``bridgekit.http.server.time_to_first_byte``. What is in progress is
    ``http.server.active_requests``, counted when a reader asks.

    With a `tracer`, each request also becomes a span of kind SERVER with its true start and end. It is made after the fact, so nothing is its child; it
    is meant for services without other tracing. Where the record has a ``traceparent``, the span is the child of that one.

    One ``record()`` of the SDK costs several times what the measuring does, and there are two of them for each request. Where metrics are pushed by a
    ``MetricExporter``, `bridgekit.timing.exporters.opentelemetry_histograms` gives the same metrics for a fraction of that.
    """

    def __init__(self, meter_provider: MeterProvider | None = None, *, tracer: Tracer | None = None) -> None:
        """
        :param meter_provider: the global one if none is given.
        :param tracer: also makes a span of each request.
        :raises TypeError: for what is no provider, or no tracer (its provider, for instance).
        """
        if meter_provider is not None and not isinstance(meter_provider, MeterProvider):
            raise TypeError(f"meter_provider must be a MeterProvider, not {shown(meter_provider)}")
        if tracer is not None and not isinstance(tracer, Tracer):
            raise TypeError(
                f"tracer must be a Tracer, as get_tracer(name) of a provider gives it, not {shown(tracer)}"
            )
        meter = (meter_provider or get_meter_provider()).get_meter("bridgekit")
        meter.create_observable_up_down_counter(
            ACTIVE, [self._in_progress], unit="{request}", description=ACTIVE_TEXT
        )
        self._record = {
            instrument: meter.create_histogram(
                instrument.name,
                unit="s",
                description=instrument.description,
                explicit_bucket_boundaries_advisory=instrument.bounds,
            ).record
            for instrument in (DURATION, FIRST_BYTE, STREAM)
        }
        self._tracer = tracer

    def __call__(self, timing: RequestTiming) -> None:
        instrument, attributes = duration_of(timing)
        self._record[instrument](timing.duration, attributes)
        if timing.time_to_first_byte is not None:
            self._record[FIRST_BYTE](timing.time_to_first_byte, attributes_of(timing))
        if self._tracer is not None:
            self._span(self._tracer, timing, attributes_of(timing))

    def _in_progress(self, options: CallbackOptions) -> Iterator[Observation]:
        for values, running in requests_in_progress(self, len(ACTIVE_ATTRIBUTES)).items():
            yield Observation(running, dict(zip(ACTIVE_ATTRIBUTES, values, strict=True)))

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
            span.set_attribute(f"bridgekit.span.{printable(part.name)}", part.seconds)
        if timing.outcome in FAILURES:
            span.set_status(Status(StatusCode.ERROR))
        span.end(end_time=start + round(timing.duration * 1e9))


def parent_context(timing: RequestTiming) -> Any:
    """The caller's span, if the request came with one."""
    if timing.traceparent is None:
        return None
    _, trace, span, flags = timing.traceparent.split("-")
    parent = SpanContext(
        int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16))
    )
    return set_span_in_context(NonRecordingSpan(parent))
