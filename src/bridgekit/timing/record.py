"""`RequestTiming`: what is known of one finished request, the same on both protocols."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeAlias

__all__ = ["KNOWN_METHODS", "OTHER_METHOD", "Kind", "Outcome", "RequestTiming", "SpanTiming"]

KNOWN_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"}
)
"""The methods that keep their name: RFC 9110 section 9, RFC 5789 and QUERY, the list of OpenTelemetry's conventions."""

OTHER_METHOD = "_OTHER"
"""What every other method is called, so that a scanner cannot invent label values (OpenTelemetry's name for it)."""


class Outcome(StrEnum):
    """How a request ended. Exactly one holds."""

    OK = "ok"
    """Complete, status below 400 (or a websocket closed in order)."""
    CLIENT_ERROR = "client_error"
    """Complete, status 400 to 499."""
    SERVER_ERROR = "server_error"
    """Complete, status 500 or above."""
    EXCEPTION = "exception"
    """The application raised before its response began."""
    STREAM_EXCEPTION = "stream_exception"
    """The application raised after its response began: the client got a truncated body."""
    INCOMPLETE = "incomplete"
    """The application returned without completing its response, though nobody knows of a client that left."""
    CLIENT_GONE = "client_gone"
    """The client left before the last byte was handed over."""
    CANCELLED = "cancelled"
    """Ended from outside: a cancelled task, or another exception that is not an `Exception` (`SystemExit`)."""


class Kind(StrEnum):
    """What sort of exchange it was: only `PLAIN` ones tell something about latency by their duration."""

    PLAIN = "plain"
    """The body was handed over in one piece, as a sized collection, or as a file."""
    STREAM = "stream"
    """The body came in several pieces: its duration depends on the producer and on the client's speed."""
    EVENT_STREAM = "event_stream"
    """Server-sent events (``text/event-stream``): lives as long as the client likes."""
    WEBSOCKET = "websocket"
    """A whole websocket session."""


class SpanTiming(NamedTuple):
    """All blocks of one name inside one request."""

    name: str
    seconds: float
    """Sum over all of them; blocks that ran at the same time count each."""
    calls: int = 1
    description: str = ""


Spans: TypeAlias = tuple[SpanTiming, ...]


class RequestTiming(NamedTuple):
    """One finished request. Immutable; read its fields by name (positions are no part of the interface).

    A named tuple and not a frozen dataclass, because it is made once per request: making a frozen dataclass of this
    size costs 3 us, more than everything else that is measured here together.

    All times are seconds. ``None`` means "was not measured" or "does not apply", never zero.
    """

    method: str
    """Upper case, one of `KNOWN_METHODS` or `OTHER_METHOD`."""
    path: str
    """The decoded path as the client asked for it, mount points included; unbounded, so for logs only."""
    route: str | None
    """The template that matched (``/users/{id}``), or None where nothing did: bounded, fit for a label."""
    status: int | None
    """The status the application gave; None if it gave none. A websocket has 101 once it is accepted."""
    outcome: Outcome
    duration: float
    """From the first sight of the request until the last body byte was taken by the server."""
    kind: Kind = Kind.PLAIN
    error_type: str | None = None
    """The qualified name of the exception's class, where there was one."""
    time_to_first_byte: float | None = None
    """Until the server could send the first byte: the first body event (ASGI), the first non-empty chunk (WSGI)."""
    receive_time: float = 0.0
    """Waiting for the request body."""
    send_time: float | None = None
    """Waiting for the server to take the response body: backpressure. Only with ``send_time=True``."""
    thread_wait: float | None = None
    """Waiting for a worker thread; None if no adapter is in the path."""
    loop_wait: float | None = None
    """Waiting for the event loop; None if no adapter is in the path."""
    queue_time: float | None = None
    """From the front server's stamp (``X-Request-Start``) until here. Only with ``queue_time=True``."""
    cpu_time: float | None = None
    """CPU time of this request's own steps in its thread or task. Only with ``cpu_time=True``."""
    bytes_in: int = 0
    """Request body bytes that the application read (websocket: payload of all messages)."""
    bytes_out: int | None = 0
    """Response body bytes handed over; 0 for HEAD, 204 and 304; None for a file of unknown size."""
    protocol: str = "http"
    """``http`` or ``websocket``."""
    http_version: str = "1.1"
    scheme: str = "http"
    interface: str = "asgi"
    """The side that measured: ``asgi``, ``wsgi`` or ``django``."""
    started_at: float = 0.0
    """Unix time of the start."""
    traceparent: str | None = None
    """The request's ``traceparent`` header, if it is valid (W3C Trace Context). Only with ``traceparent=True``."""
    spans: Spans = ()
    layers: Spans = ()
    """Own time of each Django middleware, outermost first; empty unless asked for."""

    @property
    def trace_id(self) -> str | None:
        """The trace that the request is part of: 32 hex digits."""
        return None if self.traceparent is None else self.traceparent.split("-")[1]
