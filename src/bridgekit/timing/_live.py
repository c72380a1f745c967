"""`LiveTiming`: a request while it runs; the one state machine below all drivers."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from bridgekit.timing._blame import outcome_of
from bridgekit.timing._traceparent import valid_traceparent
from bridgekit.timing.record import KNOWN_METHODS, OTHER_METHOD, Kind, Outcome, RequestTiming, SpanTiming

if TYPE_CHECKING:
    from bridgekit.timing._recorder import Recorder

__all__ = ["ONE", "OPEN", "SEVERAL", "LiveTiming", "Request"]

MAX_SPAN_NAMES = 64
"""Names of spans per request; further ones are summed up as "other", so that a stream that lasts for days stays small."""

ONE, OPEN, SEVERAL = range(3)
"""As `LiveTiming.pieces`: a body in one piece, one that might have had more, one that came in several."""

NO_BODY = frozenset({204, 304})
"""Statuses whose response has no content (RFC 9110, sections 15.3.5 and 15.4.5)."""

Request = tuple[str, str, str, str, str]
"""Interface, HTTP version, scheme, method, path."""

OK, PLAIN = Outcome.OK, Kind.PLAIN  # an enum's member is looked up at the price of a call

thread_time = time.thread_time_ns

new_tuple = tuple.__new__

logger = logging.getLogger("bridgekit.timing")

# One for all: held for the few bytecodes of a sum. Reentrant, because the collector may finish another record in there.
_lock = threading.RLock()


class _Extras:
    """What most requests never have: kept apart, so that those do not pay for it."""

    __slots__ = (
        "bytes_in",
        "cpu",
        "cpu_since",
        "layers",
        "loop_wait",
        "receive",
        "route",
        "send",
        "size_unknown",
        "spans",
        "thread_wait",
    )

    def __init__(self) -> None:
        self.bytes_in = 0
        self.receive = 0
        self.send: int | None = None
        self.cpu: int | None = None
        self.cpu_since: tuple[int, int] | None = None
        self.thread_wait: int | None = None
        self.loop_wait: int | None = None
        self.route: str | None = None
        self.spans: dict[str, list[Any]] = {}
        self.layers: tuple[SpanTiming, ...] = ()
        self.size_unknown = False


class LiveTiming:
    """One request while it runs. All times in here are whole nanoseconds of the recorder's clock.

    Drivers subclass it: they set `first_byte`, `status`, `bytes_out`, `pieces` as they see them happen, and end it with
    `finish` or `fail`. Everybody else (adapters, spans, middleware further in) calls the ``add_`` and ``note_`` methods
    from any thread; they never raise, and do nothing once the record is complete.
    """

    __slots__ = (
        "__weakref__",
        "_extras",
        "bytes_out",
        "ended",
        "error",
        "finished",
        "first_byte",
        "gone",
        "pieces",
        "recorder",
        "response_headers",
        "source",
        "started",
        "status",
        "wall",
    )

    def __init__(self, recorder: Recorder, source: Any) -> None:
        self.recorder = recorder
        self.source = source
        self.status: int | None = None
        self.first_byte: int | None = None
        self.ended: int | None = None
        self.bytes_out = 0
        self.pieces = ONE
        self.gone = False
        self.finished = False
        self.error: BaseException | None = None
        self.response_headers: Any = None
        self._extras: _Extras | None = None
        recorder.in_flight.add(self)
        self.wall: int = recorder.wall_clock()
        self.started: int = recorder.clock()

    # -- what drivers know of their protocol

    def request(self) -> Request:
        """What the request asked for, in this driver's protocol."""
        raise NotImplementedError

    def header(self, name: str) -> str | None:
        """The value of a request header (lower-case name), or None."""
        raise NotImplementedError

    def client(self) -> str | None:
        """The client's address as the server tells it, or None."""
        raise NotImplementedError

    def kind(self) -> Kind:
        """What sort of exchange it was, if the body did not come in one piece."""
        if (self.response_header("content-type") or "").lower().startswith("text/event-stream"):
            return Kind.EVENT_STREAM
        return Kind.STREAM if self.pieces == SEVERAL else Kind.PLAIN

    def response_header(self, name: str) -> str | None:
        """The value of a response header (lower-case name), or None; only while the record is live."""
        raise NotImplementedError

    # -- for the header, while the response starts

    def elapsed(self) -> float:
        """Seconds since the start."""
        return (self.recorder.clock() - self.started) / 1e9

    def known_so_far(self) -> list[tuple[str, float, str]]:
        """Name, seconds and description of everything besides the total that is known by now."""
        extras = self._extras
        if extras is None:
            return []
        known = [("thread", extras.thread_wait), ("loop", extras.loop_wait), ("body", extras.receive or None)]
        entries = [(name, ns / 1e9, "") for name, ns in known if ns is not None]
        spans = [*span_timings(extras.spans), *extras.layers]
        return entries + [(span.name, span.seconds, span.description) for span in spans]

    # -- for adapters, spans and inner middleware, from any thread

    def add_thread_wait(self, nanoseconds: int) -> None:
        """The request waited so long for a worker thread."""
        with _lock:
            extras = self._details()
            extras.thread_wait = (extras.thread_wait or 0) + max(nanoseconds, 0)

    def add_loop_wait(self, nanoseconds: int) -> None:
        """The request waited so long for the event loop."""
        with _lock:
            extras = self._details()
            extras.loop_wait = (extras.loop_wait or 0) + max(nanoseconds, 0)

    def add_receive(self, nanoseconds: int, size: int) -> None:
        """Some of the request body came in: how long that took and how many bytes it was."""
        with _lock:
            extras = self._details()
            extras.receive += nanoseconds
            extras.bytes_in += size

    def add_send(self, nanoseconds: int) -> None:
        """The server took so long to take a piece of the response."""
        with _lock:
            extras = self._details()
            extras.send = (extras.send or 0) + nanoseconds

    def begin_cpu(self) -> None:
        """A step of the application begins in this thread (``cpu_time=True``)."""
        self._details().cpu_since = (threading.get_ident(), thread_time())

    def end_cpu(self) -> None:
        """The step has ended; count the CPU time that it used."""
        extras = self._details()
        began, extras.cpu_since = extras.cpu_since, None
        if began is not None and began[0] == threading.get_ident():
            extras.cpu = (extras.cpu or 0) + thread_time() - began[1]

    def add_span(self, name: str, nanoseconds: int, description: str = "") -> None:
        """A block of that name took so long."""
        if self.finished:
            return
        with _lock:
            spans = self._details().spans
            entry = spans.get(name)
            if entry is None:
                if len(spans) >= MAX_SPAN_NAMES:
                    name, description = "other", ""
                entry = spans.setdefault(name, [0, 0, description])
            entry[0] += nanoseconds
            entry[1] += 1

    def set_layers(self, layers: tuple[SpanTiming, ...]) -> None:
        """Django's middleware with their own times, outermost first."""
        with _lock:
            self._details().layers = layers

    def set_route(self, route: str | None) -> None:
        """The template that matched; goes before what the wrapper finds out by itself."""
        if route is not None:
            with _lock:
                self._details().route = route

    def set_file_size(self, content_length: str | None) -> None:
        """The server sends a file by itself; how long that is only a header can tell."""
        if content_length is not None and content_length.isdecimal():
            self.bytes_out += int(content_length)
        else:
            with _lock:
                self._details().size_unknown = True

    def note_error(self, error: BaseException) -> None:
        """The application raised; somebody on the way answers for it. The first one counts."""
        if self.error is None and not self.finished:
            self.error = error

    def note_client_gone(self) -> None:
        """The client left before the response was complete."""
        self.gone = True

    # -- the end, once

    def fail(self, error: BaseException) -> None:
        """The application raised out of the wrapper."""
        if not self.finished:
            self.error = error
            self.finish(complete=self.ended is not None)

    def end_early(self) -> None:
        """The body was not read to its end: the client left, unless nothing was missing."""
        if not self._claim():
            return
        length = self.response_header("content-length")
        # A server need not read on when it has what Content-Length promised, nor the body of a response that has none.
        enough = length is not None and length.isdecimal() and self.bytes_out >= int(length)
        whole = enough or self.request()[3] == "HEAD" or self.status in NO_BODY
        if self.status is not None and not whole:
            self.gone = True
        self._end(complete=whole and self.status is not None)

    def finish(self, *, complete: bool) -> None:
        """Make the record and hand it to the exporters; only the first call does, from whichever thread."""
        if self._claim():
            self._end(complete=complete)

    def _claim(self) -> bool:
        """Whether the caller is the first to end this request."""
        try:
            self.recorder.in_flight.remove(self)  # atomic: the second caller finds nothing to remove
        except KeyError:
            return False
        return True

    def _end(self, *, complete: bool) -> None:
        recorder = self.recorder
        if self.ended is None:
            self.ended = recorder.clock()
        if self.status is None:
            self.first_byte = None  # a body without a start is no response
        self.finished = True
        try:
            timing = self.freeze(complete=complete)
        finally:
            self.source = self.error = self.response_headers = None
        for export in recorder.exporters:
            try:
                export(timing)
            except Exception:
                log_lost(export, timing)

    def freeze(self, *, complete: bool) -> RequestTiming:
        """The finished record; `ended` is set."""
        started, ended, first, status = self.started, self.ended, self.first_byte, self.status
        assert ended is not None
        if complete and status is not None and status < 400 and self.error is None and not self.gone:
            outcome, error_type = OK, None
        else:
            outcome = outcome_of(self, complete=complete)
            error_type = self._error_type(outcome)
        interface, http_version, scheme, method, path = self.request()
        # tuple.__new__ and not the class: its generated __new__ takes twice as long, for the same tuple.
        timing = new_tuple(
            RequestTiming,
            (
                method if method in KNOWN_METHODS else OTHER_METHOD,
                path,
                self.recorder.route_of(self.source),
                status,
                outcome,
                (ended - started) / 1e9,
                self.kind() if self.pieces else PLAIN,
                error_type,
                (first - started) / 1e9
                if first is not None
                else None
                if status is None or not complete
                else (ended - started) / 1e9,
                0.0,
                None,
                None,
                None,
                None,
                None,
                0,
                0 if status in NO_BODY or method == "HEAD" else self.bytes_out,
                "http",
                http_version,
                scheme,
                interface,
                self.wall / 1e9,
                None,
                (),
                (),
            ),
        )
        if self._extras is None and self.recorder.plain:
            return timing
        return self._complete(timing, self._extras or _NO_EXTRAS)

    def _complete(self, timing: RequestTiming, extras: _Extras) -> RequestTiming:
        """The record with what most requests do not have."""
        recorder = self.recorder
        if extras.cpu_since is not None:
            self.end_cpu()  # the last byte goes out in the middle of a step
        return timing._replace(
            route=extras.route or timing.route,
            receive_time=extras.receive / 1e9,
            send_time=seconds(extras.send),
            thread_wait=seconds(extras.thread_wait),
            loop_wait=seconds(extras.loop_wait),
            queue_time=recorder.queue_time_of(self) if recorder.queue_time else None,
            cpu_time=seconds(extras.cpu),
            bytes_in=extras.bytes_in,
            bytes_out=None if self._size_unknown(timing, extras) else timing.bytes_out,
            traceparent=valid_traceparent(self.header("traceparent")) if recorder.traceparent else None,
            spans=span_timings(extras.spans),
            layers=extras.layers,
        )

    def _error_type(self, outcome: Outcome) -> str | None:
        # What a lost client raises is the server's exception, and no news.
        if self.error is None or outcome is Outcome.CLIENT_GONE:
            return None
        cls = type(self.error)
        return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"

    @staticmethod
    def _size_unknown(timing: RequestTiming, extras: _Extras) -> bool:
        return extras.size_unknown and timing.method != "HEAD" and timing.status not in NO_BODY

    def _details(self) -> _Extras:
        extras = self._extras
        if extras is None:
            extras = self._extras = _Extras()
        return extras


_NO_EXTRAS = _Extras()


def seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def span_timings(spans: dict[str, list[Any]]) -> tuple[SpanTiming, ...]:
    """In the order in which the names first ended."""
    if not spans:
        return ()
    with _lock:  # a thread that outlives the request may still add one
        return tuple(SpanTiming(name, ns / 1e9, calls, text) for name, (ns, calls, text) in spans.items())


def log_lost(export: object, timing: RequestTiming) -> None:
    """Say which exporter failed: the request and the other exporters must not notice."""
    logger.exception("The exporter %r failed; %s %s is lost to it", export, timing.method, timing.path)
