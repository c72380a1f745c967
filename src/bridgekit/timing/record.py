"""`RequestTiming`: what is known of one finished request, the same on both protocols."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

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


NANO = 1e9

Spans: TypeAlias = tuple[SpanTiming, ...]


class Extras:
    """What most requests never have: kept apart, so that those do not pay for it. Times in nanoseconds."""

    __slots__ = (
        "bytes_in",
        "cpu",
        "cpu_since",
        "inner_route",
        "layers",
        "loop_wait",
        "queue",
        "receive",
        "route",
        "send",
        "size_unknown",
        "spans",
        "thread_wait",
        "traceparent",
    )

    def __init__(self) -> None:
        self.bytes_in = 0
        self.receive = 0
        self.send: int | None = None
        self.cpu: int | None = None
        self.cpu_since: tuple[int, int] | None = None
        self.thread_wait: int | None = None
        self.loop_wait: int | None = None
        self.queue: int | None = None
        self.route: str | None = None
        self.inner_route: tuple[str, str] | None = None
        self.spans: dict[str, list[Any]] = {}
        self.layers: Spans = ()
        self.size_unknown = False
        self.traceparent: str | None = None


NO_EXTRAS = Extras()


class RequestTiming:
    """One finished request. Its attributes cannot be set; `_replace` makes a changed copy.

    All times are seconds. ``None`` means "was not measured" or "does not apply", never zero.

    The values are kept as they were measured and become seconds when they are asked for: a frozen dataclass of this size
    costs 3 us to make, a named tuple 1 us, and one is made for every request.
    """

    __slots__ = (
        "_bytes_out",
        "_ended",
        "_error_type",
        "_extras",
        "_first_byte",
        "_http_version",
        "_interface",
        "_kind",
        "_method",
        "_outcome",
        "_path",
        "_route",
        "_scheme",
        "_started",
        "_status",
        "_wall",
    )

    _error_type: str | None
    _extras: Extras | None
    _first_byte: int | None
    _route: str | None
    _status: int | None

    def __init__(
        self,
        method: str,
        path: str,
        route: str | None,
        status: int | None,
        outcome: Outcome,
        duration: float,
        *,
        kind: Kind = Kind.PLAIN,
        error_type: str | None = None,
        time_to_first_byte: float | None = None,
        receive_time: float = 0.0,
        send_time: float | None = None,
        thread_wait: float | None = None,
        loop_wait: float | None = None,
        queue_time: float | None = None,
        cpu_time: float | None = None,
        bytes_in: int = 0,
        bytes_out: int | None = 0,
        http_version: str = "1.1",
        scheme: str = "http",
        interface: str = "asgi",
        started_at: float = 0.0,
        traceparent: str | None = None,
        spans: Spans = (),
        layers: Spans = (),
    ) -> None:
        self._method, self._path, self._route, self._status = method, path, route, status
        self._outcome, self._kind, self._error_type = outcome, kind, error_type
        self._started, self._ended = 0, round(duration * NANO)
        self._first_byte = nanoseconds(time_to_first_byte)
        self._bytes_out = bytes_out or 0
        self._http_version, self._scheme, self._interface = http_version, scheme, interface
        self._wall = round(started_at * NANO)
        extras = Extras()
        extras.receive, extras.bytes_in = round(receive_time * NANO), bytes_in
        extras.send, extras.cpu, extras.queue = map(nanoseconds, (send_time, cpu_time, queue_time))
        extras.thread_wait, extras.loop_wait = nanoseconds(thread_wait), nanoseconds(loop_wait)
        extras.size_unknown, extras.traceparent, extras.layers = bytes_out is None, traceparent, layers
        extras.spans = {
            span.name: [round(span.seconds * NANO), span.calls, span.description] for span in spans
        }
        self._extras = extras

    @property
    def method(self) -> str:
        """Upper case, one of `KNOWN_METHODS` or `OTHER_METHOD`."""
        return self._method

    @property
    def path(self) -> str:
        """The decoded path as the client asked for it, mount points included; unbounded, so for logs only."""
        return self._path

    @property
    def route(self) -> str | None:
        """The template that matched (``/users/{id}``), or None where nothing did: bounded, fit for a label."""
        return self._route

    @property
    def status(self) -> int | None:
        """The status the application gave; None if it gave none. A websocket has 101 once it is accepted."""
        return self._status

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self._outcome

    @property
    def duration(self) -> float:
        """From the first sight of the request until the last body byte was taken by the server."""
        return (self._ended - self._started) / NANO

    @property
    def kind(self) -> Kind:
        """What sort of exchange it was."""
        return self._kind

    @property
    def error_type(self) -> str | None:
        """The qualified name of the exception's class, where there was one."""
        return self._error_type

    @property
    def time_to_first_byte(self) -> float | None:
        """Until the server could send the first byte: the first body event (ASGI), the first non-empty chunk (WSGI)."""
        return None if self._first_byte is None else (self._first_byte - self._started) / NANO

    @property
    def receive_time(self) -> float:
        """Waiting for the request body."""
        return self._more.receive / NANO

    @property
    def send_time(self) -> float | None:
        """Waiting for the server to take the response body: backpressure. Only with ``send_time=True``."""
        return seconds(self._more.send)

    @property
    def thread_wait(self) -> float | None:
        """Waiting for a worker thread; None if no adapter is in the path."""
        return seconds(self._more.thread_wait)

    @property
    def loop_wait(self) -> float | None:
        """Waiting for the event loop; None if no adapter is in the path."""
        return seconds(self._more.loop_wait)

    @property
    def queue_time(self) -> float | None:
        """From the front server's stamp (``X-Request-Start``) until here. Only with ``queue_time=True``."""
        return seconds(self._more.queue)

    @property
    def cpu_time(self) -> float | None:
        """CPU time of this request's own steps in its thread or task. Only with ``cpu_time=True``."""
        return seconds(self._more.cpu)

    @property
    def bytes_in(self) -> int:
        """Request body bytes that the application read (websocket: payload of all messages)."""
        return self._more.bytes_in

    @property
    def bytes_out(self) -> int | None:
        """Response body bytes handed over; 0 for HEAD, 204 and 304; None for a file of unknown size."""
        return None if self._more.size_unknown else self._bytes_out

    @property
    def http_version(self) -> str:
        """``1.0``, ``1.1``, ``2`` or ``3``."""
        return self._http_version

    @property
    def scheme(self) -> str:
        """``http``, ``https``, ``ws`` or ``wss``."""
        return self._scheme

    @property
    def interface(self) -> str:
        """The side that measured: ``asgi``, ``wsgi`` or ``django``."""
        return self._interface

    @property
    def started_at(self) -> float:
        """Unix time of the start."""
        return self._wall / NANO

    @property
    def traceparent(self) -> str | None:
        """The request's ``traceparent`` header, if it is valid (W3C Trace Context). Only with ``traceparent=True``."""
        return self._more.traceparent

    @property
    def spans(self) -> Spans:
        """The parts that `span` measured, in the order in which the first of each name ended."""
        return span_timings(self._more.spans)

    @property
    def layers(self) -> Spans:
        """Own time of each Django middleware, outermost first; empty unless asked for."""
        return self._more.layers

    @property
    def protocol(self) -> str:
        """``http`` or ``websocket``."""
        return "websocket" if self._kind is Kind.WEBSOCKET else "http"

    @property
    def trace_id(self) -> str | None:
        """The trace that the request is part of: 32 hex digits."""
        trace = self.traceparent
        return None if trace is None else trace.split("-")[1]

    @property
    def _more(self) -> Extras:
        return self._extras or NO_EXTRAS

    def _asdict(self) -> dict[str, Any]:
        """All fields by name."""
        return {name: getattr(self, name) for name in FIELDS}

    def _replace(self, **changes: Any) -> RequestTiming:
        """A copy with some fields changed."""
        return RequestTiming(**(self._asdict() | changes))

    def __repr__(self) -> str:
        return f"RequestTiming({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"


FIELDS = (
    "method",
    "path",
    "route",
    "status",
    "outcome",
    "duration",
    "kind",
    "error_type",
    "time_to_first_byte",
    "receive_time",
    "send_time",
    "thread_wait",
    "loop_wait",
    "queue_time",
    "cpu_time",
    "bytes_in",
    "bytes_out",
    "http_version",
    "scheme",
    "interface",
    "started_at",
    "traceparent",
    "spans",
    "layers",
)
"""The fields of a record, in the order of its repr."""


def seconds(value: int | None) -> float | None:
    return None if value is None else value / NANO


def nanoseconds(value: float | None) -> int | None:
    return None if value is None else round(value * NANO)


def span_timings(spans: dict[str, list[Any]]) -> Spans:
    if not spans:
        return ()
    return tuple(
        SpanTiming(name, spent / NANO, calls, text) for name, (spent, calls, text) in list(spans.items())
    )
