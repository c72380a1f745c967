"""What OpenTelemetry's semantic conventions for HTTP servers make of a record: instruments and attributes."""

from __future__ import annotations

from typing import Any, NamedTuple

from bridgekit.timing.exporters._fields import BUCKETS, STREAM_BUCKETS
from bridgekit.timing.outcome import Kind
from bridgekit.timing.record import RequestTiming


class Instrument(NamedTuple):
    """A histogram in seconds."""

    name: str
    description: str
    bounds: tuple[float, ...]


DURATION = Instrument("http.server.request.duration", "Duration of HTTP server requests.", BUCKETS)
"""Stable ("Metric: http.server.request.duration"): plain requests, whose duration is latency."""

FIRST_BYTE = Instrument(
    "bridgekit.http.server.time_to_first_byte",
    "Time until the server could send the first byte of a response.",
    BUCKETS,
)
"""All responses."""

STREAM = Instrument(
    "bridgekit.http.server.stream.duration",
    "Length of streams, server-sent events and websocket sessions.",
    STREAM_BUCKETS,
)
"""What lasts as long as its producer and client like; with the attribute ``bridgekit.kind``."""


ACTIVE = "http.server.active_requests"
"""Up-down counter ("Metric: http.server.active_requests", in development): what is in progress."""
ACTIVE_TEXT = "Requests in progress, streams and websocket sessions among them."
ACTIVE_ATTRIBUTES = ("http.request.method", "url.scheme")


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


def duration_of(timing: RequestTiming) -> tuple[Instrument, dict[str, Any]]:
    """The instrument that takes the record's duration, and its attributes there."""
    if timing.kind is Kind.PLAIN:
        return DURATION, attributes_of(timing)
    return STREAM, {**attributes_of(timing), "bridgekit.kind": timing.kind.value}


def error_type(timing: RequestTiming) -> str | None:
    """The exception's class before the status, before a word of ours; None where nothing failed on this side."""
    if timing.error_type is not None:
        return timing.error_type
    if timing.status is not None and timing.status >= 500:
        return str(timing.status)
    return timing.outcome.value if timing.outcome in ("incomplete", "client_gone", "cancelled") else None
