"""What adapters, spans and inner middleware report to a record while its request runs."""

from __future__ import annotations

import threading
import time
from typing import Any

from bridgekit.timing.details import Extras, SpanTiming
from bridgekit.timing.interface import Shared
from bridgekit.timing.record import RequestTiming

MAX_SPAN_NAMES = 64
"""Names of spans per request; further ones are summed up as "other", so that a stream that lasts for days stays small."""

thread_time = time.thread_time_ns

# One for all: held for the few bytecodes of a sum. Reentrant, because the collector may finish another record in there.
_lock = threading.RLock()


class ReportedTiming(RequestTiming):
    """A record that others may add to, from any thread: none of these methods raises, or does anything once it is complete.

    The protocol of docs/design.md, "How timing crosses an adapter", and what the rest of bridgekit adds to it.
    """

    __slots__ = ("error", "gone", "recorder", "source")

    error: BaseException | None
    """What the application raised; the first one counts."""
    gone: bool
    """The client left before the response was complete."""
    recorder: Shared
    """What all requests of its wrapper share."""
    source: Any
    """The scope, environ or request that it is about; None once the record is complete."""

    @property
    def finished(self) -> bool:
        """Whether the record is complete."""
        return self.source is None

    def add_thread_wait(self, nanoseconds: int) -> None:
        """The request waited so long for a worker thread."""
        if self.source is None:
            return
        with _lock:
            extras = self.details()
            extras.thread_wait = (extras.thread_wait or 0) + max(nanoseconds, 0)

    def add_loop_wait(self, nanoseconds: int) -> None:
        """The request waited so long for the event loop."""
        if self.source is None:
            return
        with _lock:
            extras = self.details()
            extras.loop_wait = (extras.loop_wait or 0) + max(nanoseconds, 0)

    def add_receive(self, nanoseconds: int, size: int) -> None:
        """Some of the request body came in: how long that took and how many bytes it was."""
        if self.source is None:
            return
        with _lock:
            extras = self.details()
            extras.receive += nanoseconds
            extras.bytes_in += size

    def add_send(self, nanoseconds: int) -> None:
        """The server took so long to take a piece of the response."""
        if self.source is None:
            return
        with _lock:
            extras = self.details()
            extras.send = (extras.send or 0) + nanoseconds

    def begin_cpu(self) -> None:
        """A step of the application begins in this thread (``cpu_time=True``)."""
        self.details().cpu_since = (threading.get_ident(), thread_time())

    def end_cpu(self) -> None:
        """The step has ended; count the CPU time that it used."""
        extras = self.details()
        began, extras.cpu_since = extras.cpu_since, None
        if began is not None and began[0] == threading.get_ident():
            extras.cpu = (extras.cpu or 0) + thread_time() - began[1]

    def add_span(self, name: str, nanoseconds: int, description: str = "") -> None:
        """A block of that name took so long."""
        if self.source is None:
            return
        with _lock:
            spans = self.details().spans
            entry = spans.get(name)
            if entry is None:
                if len(spans) >= MAX_SPAN_NAMES:
                    name, description = "other", ""
                entry = spans.setdefault(name, [0, 0, description])
            entry[0] += nanoseconds
            entry[1] += 1

    def set_layers(self, layers: tuple[SpanTiming, ...]) -> None:
        """Django's middleware with their own times, outermost first."""
        if self.source is None:
            return
        with _lock:
            self.details().layers = layers

    def set_route(self, route: str | None) -> None:
        """The template that matched; goes before what the wrapper finds out by itself."""
        if route is not None and self.source is not None:
            with _lock:
                self.details().route = route

    def set_inner_route(self, mount: str, route: str | None) -> None:
        """What matched further in, below `mount`, which is concrete text and may hold parameters; None for nothing."""
        if self.source is not None:
            with _lock:
                self.details().inner_route = (mount, route)

    def set_file_size(self, content_length: str | None) -> None:
        """The server sends a file by itself; how long that is only a header can tell."""
        if content_length is not None and content_length.isdecimal():
            self._bytes_out += int(content_length)
        else:
            with _lock:
                self.details().size_unknown = True

    def note_error(self, error: BaseException) -> None:
        """The application raised; somebody on the way answers for it. The first one counts."""
        if self.error is None and self.source is not None:
            self.error = error

    def note_client_gone(self) -> None:
        """The client left before the response was complete."""
        if self.source is not None:
            self.gone = True

    def details(self) -> Extras:
        """What only some requests have; made when the first of it is reported."""
        extras = self._extras
        if extras is None:
            extras = self._extras = Extras()
        return extras
