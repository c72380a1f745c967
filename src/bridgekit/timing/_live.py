"""`LiveTiming`: a request while it runs; the one state machine below all drivers."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from bridgekit.timing._blame import outcome_of
from bridgekit.timing._traceparent import valid_traceparent
from bridgekit.timing.record import (
    KNOWN_METHODS,
    OTHER_METHOD,
    Extras,
    Kind,
    Outcome,
    RequestTiming,
    SpanTiming,
    span_timings,
)

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

logger = logging.getLogger("bridgekit.timing")

# One for all: held for the few bytecodes of a sum. Reentrant, because the collector may finish another record in there.
_lock = threading.RLock()


class LiveTiming(RequestTiming):
    """One request while it runs. All times in here are whole nanoseconds of the recorder's clock.

    Drivers subclass it: they set `first_byte`, `status`, `bytes_out`, `pieces` as they see them happen, and end it with
    `finish` or `fail`. Everybody else (adapters, spans, middleware further in) calls the ``add_`` and ``note_`` methods
    from any thread; they never raise, and do nothing once the record is complete.
    """

    __slots__ = ("error", "finished", "gone", "pieces", "recorder", "response_headers", "source")

    error: BaseException | None
    response_headers: Any

    def __init__(self, recorder: Recorder, source: Any) -> None:
        self.recorder = recorder
        self.source = source
        self._status = self._first_byte = self._extras = self._error_type = self.error = (
            self.response_headers
        ) = None
        self._ended = self._bytes_out = self.pieces = 0
        self.gone = self.finished = False
        recorder.in_flight.add(self)
        self._wall = recorder.wall_clock()
        self._started = recorder.clock()

    def __repr__(self) -> str:
        # It stands in scopes and environs, which get printed in the middle of a request.
        return super().__repr__() if self.finished else f"<{type(self).__name__} in flight>"

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

    def exchange_kind(self) -> Kind:
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
        return (self.recorder.clock() - self._started) / 1e9

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
        if self.finished:
            return
        with _lock:
            extras = self._details()
            extras.thread_wait = (extras.thread_wait or 0) + max(nanoseconds, 0)

    def add_loop_wait(self, nanoseconds: int) -> None:
        """The request waited so long for the event loop."""
        if self.finished:
            return
        with _lock:
            extras = self._details()
            extras.loop_wait = (extras.loop_wait or 0) + max(nanoseconds, 0)

    def add_receive(self, nanoseconds: int, size: int) -> None:
        """Some of the request body came in: how long that took and how many bytes it was."""
        if self.finished:
            return
        with _lock:
            extras = self._details()
            extras.receive += nanoseconds
            extras.bytes_in += size

    def add_send(self, nanoseconds: int) -> None:
        """The server took so long to take a piece of the response."""
        if self.finished:
            return
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
        if self.finished:
            return
        with _lock:
            self._details().layers = layers

    def set_route(self, route: str | None) -> None:
        """The template that matched; goes before what the wrapper finds out by itself."""
        if route is not None and not self.finished:
            with _lock:
                self._details().route = route

    def set_inner_route(self, mount: str, route: str) -> None:
        """A wrapper further in found `route` below `mount`, which is concrete text and may hold parameters."""
        if not self.finished:
            with _lock:
                self._details().inner_route = (mount, route)

    def set_file_size(self, content_length: str | None) -> None:
        """The server sends a file by itself; how long that is only a header can tell."""
        if content_length is not None and content_length.isdecimal():
            self._bytes_out += int(content_length)
        else:
            with _lock:
                self._details().size_unknown = True

    def note_error(self, error: BaseException) -> None:
        """The application raised; somebody on the way answers for it. The first one counts."""
        if self.error is None and not self.finished:
            self.error = error

    def note_client_gone(self) -> None:
        """The client left before the response was complete."""
        if not self.finished:
            self.gone = True

    # -- the end, once

    def fail(self, error: BaseException) -> None:
        """The application raised out of the wrapper."""
        if not self.finished:
            self.error = error
            self.finish(complete=bool(self._ended))

    def end_early(self) -> None:
        """The body was not read to its end: the client left, unless nothing was missing."""
        if not self._claim():
            return
        length = self.response_header("content-length")
        # A server need not read on when it has what Content-Length promised, nor the body of a response that has none.
        enough = length is not None and length.isdecimal() and self._bytes_out >= int(length)
        whole = enough or self.request()[3] == "HEAD" or self._status in NO_BODY
        if self._status is not None and not whole:
            self.gone = True
        self._end(whole and self._status is not None)

    def finish(self, *, complete: bool) -> None:
        """Complete the record and hand it to the exporters; only the first call does, from whichever thread."""
        recorder = self.recorder
        try:
            recorder.in_flight.remove(self)  # atomic: the second caller finds nothing to remove
        except KeyError:
            return
        self._end(complete)

    def _claim(self) -> bool:
        """Whether the caller is the first to end this request."""
        try:
            self.recorder.in_flight.remove(self)
        except KeyError:
            return False
        return True

    def _end(self, complete: bool) -> None:
        recorder, status, source = self.recorder, self._status, self.source
        ended = self._ended
        if not ended:
            self._ended = ended = recorder.clock()
        self.finished = True
        if complete and self._first_byte is None:
            self._first_byte = ended
        self._interface, self._http_version, self._scheme, method, self._path = self.request()
        self._method = method if method in KNOWN_METHODS else OTHER_METHOD
        self._route = recorder.route_of(source)
        self._kind = self.exchange_kind() if self.pieces else PLAIN
        if status in NO_BODY or method == "HEAD":
            self._bytes_out = 0
        if complete and status is not None and status < 400 and self.error is None and not self.gone:
            self._outcome = OK
        else:
            self._end_badly(complete)
        if self._extras is not None or not recorder.plain:
            self._end_in_detail()
        self.source = self.error = self.response_headers = None
        for export in recorder.exporters:
            try:
                export(self)
            except Exception:
                log_lost(export, self)

    def _end_badly(self, complete: bool) -> None:
        self._outcome = outcome_of(self, complete=complete)
        if self._status is None:
            self._first_byte = None  # a body without a start is no response
        # What a lost client raises is the server's exception, and no news.
        if self.error is not None and self._outcome is not Outcome.CLIENT_GONE:
            cls = type(self.error)
            name = cls.__qualname__
            self._error_type = name if cls.__module__ == "builtins" else f"{cls.__module__}.{name}"

    def _end_in_detail(self) -> None:
        recorder, extras = self.recorder, self._details()
        if extras.cpu_since is not None:
            self.end_cpu()  # the last byte goes out in the middle of a step
        if extras.route is not None:
            self._route = extras.route
        elif extras.inner_route is not None:
            mount, route = extras.inner_route
            # A mount that this side has a template for goes by that: its text is not bounded.
            self._route = (self._route or mount).rstrip("/") + route
        if recorder.queue_time:
            extras.queue = recorder.queue_of(self)
        if recorder.traceparent:
            extras.traceparent = valid_traceparent(self.header("traceparent"))
        if extras.size_unknown and (self._method == "HEAD" or self._status in NO_BODY):
            extras.size_unknown = False

    def _details(self) -> Extras:
        extras = self._extras
        if extras is None:
            extras = self._extras = Extras()
        return extras


def log_lost(export: object, timing: RequestTiming) -> None:
    """Say which exporter failed: the request and the other exporters must not notice."""
    logger.exception("The exporter %r failed; %s %s is lost to it", export, timing.method, timing.path)
