"""`RequestTiming`: what is known of one finished request, the same on both protocols."""

from __future__ import annotations

from typing import Any

from bridgekit.timing.details import NANO, NO_EXTRAS, Extras, Spans, nanoseconds, seconds, span_timings
from bridgekit.timing.methods import KNOWN_METHODS, OTHER_METHOD
from bridgekit.timing.outcome import Kind, Outcome


class RequestTiming:
    """One finished request. Its attributes cannot be set; `_replace` makes a changed copy.

    All times are seconds. ``None`` means "was not measured" or "does not apply", never zero.

    The values are kept as they were measured and get their meaning when they are asked for: a frozen dataclass of this size
    costs 3 us to make, a named tuple 1 us, and one is made for every request.
    """

    __slots__ = (
        "_bytes_out",
        "_ended",
        "_error_type",
        "_extras",
        "_first_byte",
        "_kind",
        "_outcome",
        "_request",
        "_route",
        "_started",
        "_status",
        "_wall",
    )

    _error_type: str | None
    _extras: Extras | None
    _first_byte: int | None
    _request: tuple[str, ...]
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
        self._request = (method, path, scheme, http_version, interface)
        self._route, self._status = route, status
        self._outcome, self._kind, self._error_type = Outcome(outcome), Kind(kind), error_type
        self._started, self._ended = 0, round(duration * NANO)
        self._first_byte = nanoseconds(time_to_first_byte)
        self._bytes_out = bytes_out or 0
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
        method = self._request[0]
        return method if method in KNOWN_METHODS else OTHER_METHOD

    @property
    def path(self) -> str:
        """The decoded path as the client asked for it, mount points included; unbounded, so for logs only."""
        return self._request[1]

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
        return self._request[3]

    @property
    def scheme(self) -> str:
        """``http``, ``https``, ``ws`` or ``wss``."""
        return self._request[2]

    @property
    def interface(self) -> str:
        """The side that measured: ``asgi``, ``wsgi`` or ``django``."""
        return self._request[4]

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
