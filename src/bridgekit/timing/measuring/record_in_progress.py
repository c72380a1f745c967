"""`LiveTiming`: a request while it runs; the one state machine below all drivers."""

from __future__ import annotations

from typing import Any

from bridgekit.timing.details import NANO, span_timings
from bridgekit.timing.interface import Shared
from bridgekit.timing.measuring.export import log_lost
from bridgekit.timing.measuring.outcome_of import outcome_of
from bridgekit.timing.measuring.reported import ReportedTiming
from bridgekit.timing.outcome import Kind, Outcome
from bridgekit.timing.traceparent import valid_traceparent

ONE, OPEN, SEVERAL, DONE = range(4)
"""As `LiveTiming.pieces`: a body in one piece, one that might have had more, one that came in several; a complete record."""

NO_BODY = frozenset({204, 304})
"""Statuses whose response has no content (RFC 9110, sections 15.3.5 and 15.4.5)."""

OK, PLAIN = Outcome.OK, Kind.PLAIN  # an enum's member is looked up at the price of a call


class LiveTiming(ReportedTiming):
    """One request while it runs. All times in here are whole nanoseconds of the recorder's clock.

    Drivers subclass it: they `begin` it, set `_first_byte`, `_status`, `_bytes_out`, `pieces` as they see them happen, and end
    it with `finish` or `fail`. Everybody else calls the methods of `ReportedTiming`.
    """

    __slots__ = ("pieces", "response_headers")

    pieces: int
    response_headers: Any

    # Made without a call of Python's: `begin` does the rest. RequestTiming.__init__ is for records of finished requests.
    __init__ = object.__init__

    def begin(self, recorder: Shared, source: Any) -> None:
        """The request has come: start the clock."""
        self.recorder = recorder
        self.source = source
        self._status = self._first_byte = self._extras = self._error_type = self.error = (
            self.response_headers
        ) = None
        self._ended = self._bytes_out = self.pieces = self._wall = 0
        self.gone = False
        recorder.in_flight.add(self)
        self._started = recorder.clock()

    def __repr__(self) -> str:
        # It stands in scopes and environs, which get printed in the middle of a request.
        return super().__repr__() if self.finished else f"<{type(self).__name__} in flight>"

    # -- what drivers know of their protocol

    def sparse_request(self) -> tuple[str, ...]:
        """What `Recorder.request_of` gives, of a source that lacks what may be left out."""
        raise NotImplementedError

    def header(self, name: str) -> str | None:
        """The value of a request header (lower-case name), or None."""
        raise NotImplementedError

    def client(self) -> str | None:
        """The client's address as the server gives it, or None."""
        raise NotImplementedError

    def response_header(self, name: str) -> str | None:
        """The value of a response header (lower-case name), or None; only while the record is live."""
        raise NotImplementedError

    def exchange_kind(self) -> Kind:
        """What sort of exchange it was, if the body did not come in one piece."""
        if (self.response_header("content-type") or "").lower().startswith("text/event-stream"):
            return Kind.EVENT_STREAM
        return Kind.STREAM if self.pieces == SEVERAL else Kind.PLAIN

    @property
    def bytes_out(self) -> int | None:
        """Response body bytes handed over; 0 for HEAD, 204 and 304; None for a file of unknown size."""
        if self._status in NO_BODY or self._request[0] == "HEAD":
            return 0
        return super().bytes_out

    @property
    def started_at(self) -> float:
        """Unix time of the start."""
        return self.wall_ns() / NANO

    def wall_ns(self) -> int:
        """Nanoseconds of Unix time at the start: found out when somebody asks first, because every look at a clock costs
        a twentieth of the measuring. Both clocks go at one speed; only where the system's is set in between does it matter when."""
        if not self._wall:
            recorder = self.recorder
            self._wall = recorder.wall_clock() - (recorder.clock() - self._started)
        return self._wall

    # -- for the header, while the response starts

    def note_request(self) -> None:
        """Read what the request asked for, so that its properties can be asked before the end."""
        try:
            self._request = self.recorder.request_of(self.source)
        except KeyError:
            self._request = self.sparse_request()

    def known_so_far(self) -> list[tuple[str, float, str]]:
        """Name, seconds and description of everything besides the total that is known by now."""
        extras = self._extras
        if extras is None:
            return []
        known = [("thread", extras.thread_wait), ("loop", extras.loop_wait), ("body", extras.receive or None)]
        entries = [(name, ns / 1e9, "") for name, ns in known if ns is not None]
        spans = [*span_timings(extras.spans), *extras.layers]
        return entries + [(span.name, span.seconds, span.description) for span in spans]

    # -- the end, once

    def fail(self, error: BaseException) -> None:
        """The application raised out of the wrapper."""
        if self.source is not None:
            self.error = error
            self.finish(bool(self._ended))

    def finish(self, complete: bool | None) -> None:
        """Complete the record and hand it to the exporters; only the first call does, from whichever thread.

        `complete`: whether all of the response is out; None where the body was not read to its end, which may have had its reason.
        """
        recorder, source = self.recorder, self.source
        try:
            recorder.in_flight.remove(self)  # atomic: the second caller finds nothing to remove
        except KeyError:
            return
        try:
            self._request = recorder.request_of(source)
        except KeyError:
            self._request = self.sparse_request()
        if not self._ended:
            self._ended = recorder.clock()
        if complete is None:
            complete = self._had_enough()
        if complete and self._first_byte is None:
            self._first_byte = self._ended
        try:
            self._route = recorder.route_of(source)
        except Exception:
            self._route = None
            recorder.log_no_route()
        self._kind = self.exchange_kind() if self.pieces else PLAIN
        if complete and self.error is None and not self.gone and (self._status or 500) < 400:
            self._outcome = OK
        else:
            self._end_badly(complete)
        if self._extras is not None or not recorder.plain:
            self._end_in_detail()
        self.source = self.response_headers = None
        self.pieces = DONE
        try:
            recorder.export(self)
        except Exception:
            log_lost(recorder.export, self)

    def end_early(self) -> None:
        """The body was not read to its end: the client left, unless nothing was missing."""
        self.finish(None)

    def _had_enough(self) -> bool:
        """Whether nothing was missing where the server stopped reading; if not, the client has gone."""
        if self._status is None:
            return False
        length = self.response_header("content-length")
        # A server need not read on when it has what Content-Length promised, nor the body of a response that has none.
        enough = length is not None and length.isdecimal() and self._bytes_out >= int(length)
        whole = enough or self._request[0] == "HEAD" or self._status in NO_BODY
        self.gone = self.gone or not whole
        return whole

    def _end_badly(self, complete: bool) -> None:
        self._outcome = outcome_of(self, complete=complete)
        if self._status is None:
            self._first_byte = None  # a body without a start is no response
        # What a lost client raises is the server's exception, and no news.
        if self.error is not None and self._outcome is not Outcome.CLIENT_GONE:
            cls = type(self.error)
            name = cls.__qualname__
            self._error_type = name if cls.__module__ == "builtins" else f"{cls.__module__}.{name}"
        self.error = None

    def _end_in_detail(self) -> None:
        recorder, extras = self.recorder, self.details()
        if extras.cpu_since is not None:
            self.end_cpu()  # the last byte goes out in the middle of a step
        if extras.route is not None:
            self._route = extras.route
        elif extras.inner_route is not None:
            mount, route = extras.inner_route
            if route is None:
                self._route = None
            elif self._route is None or not recorder.route_is_given:
                # A mount that this side has a template for goes by that: its text is not bounded.
                self._route = (self._route or mount).rstrip("/") + route
        if recorder.queue_time:
            extras.queue = recorder.queue_of(self)
        if recorder.traceparent:
            extras.traceparent = valid_traceparent(self.header("traceparent"))
