"""What was counted, and the block that counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from bridgekit._plural import plural
from bridgekit.testing import _probes


class Direction(StrEnum):
    """Which way a crossing goes; the values are the names of asgiref's functions."""

    TO_THREAD = "sync_to_async"
    """From an event loop into a thread."""
    TO_LOOP = "async_to_sync"
    """From a thread, which waits, to an event loop."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """One crossing: which way, what was called on the other side, and whether it is a hop.

    A hop leaves the world that the request arrived in: under ASGI each way into a thread, under WSGI each way to a loop.
    The ways back are crossings too, but wait for nobody else, so `bridgekit check` does not count them as hops.
    """

    direction: Direction
    name: str
    """Of what was called on the other side."""
    is_hop: bool
    holds_thread: bool
    """A thread that had been taken now does nothing but wait for a loop."""

    def __str__(self) -> str:
        return f"{self.direction:<13} {self.name}{'  (holds its thread)' if self.holds_thread else ''}"


class HopCount:
    """What `count_hops` has seen so far; may be read while requests run, and after the block."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._crossings: list[Crossing] = []
        self._keepers: set[int] = set()
        self._most = 0

    @property
    def crossings(self) -> tuple[Crossing, ...]:
        """Every crossing in the order in which they began."""
        with self._lock:
            return tuple(self._crossings)

    @property
    def hops(self) -> int:
        """The number that `bridgekit check` prints for one request: see `Crossing`."""
        return sum(crossing.is_hop for crossing in self.crossings)

    @property
    def to_thread(self) -> int:
        """Crossings into a thread, from whichever side the request came."""
        return sum(crossing.direction is Direction.TO_THREAD for crossing in self.crossings)

    @property
    def to_loop(self) -> int:
        """Crossings to an event loop, from whichever side the request came."""
        return sum(crossing.direction is Direction.TO_LOOP for crossing in self.crossings)

    @property
    def held_threads(self) -> int:
        """How often a thread that a crossing had taken was kept waiting for a loop.

        One for a request that passes a sync middleware under ASGI, none for one that does not. A server's own thread under WSGI is
        not counted: nothing took it.
        """
        return sum(crossing.holds_thread for crossing in self.crossings)

    @property
    def threads(self) -> int:
        """How many threads the requests keep at this moment, idle or not; to be read while they wait or stream.

        Stock Django keeps one for each request to the ASGI application (`ThreadSensitiveContext`), from its first hop to its last byte;
        bridgekit's handler one for each that runs sync code or has a layer that keeps it. `AsyncClient` opens no such context, so its
        requests keep none.
        """
        with self._lock:
            return len(self._keepers)

    @property
    def most_threads(self) -> int:
        """The most `threads` at one time."""
        return self._most

    def __str__(self) -> str:
        lines = [f"{plural(self.hops, 'hop')}, {plural(self.held_threads, 'held thread')}"]
        lines += [f"{number:>3} {crossing}" for number, crossing in enumerate(self.crossings, start=1)]
        return "\n".join(lines)

    def _note(self, event: _probes.Event | _probes.ThreadEvent) -> None:
        if isinstance(event, _probes.ThreadEvent):
            with self._lock:
                (self._keepers.add if event.kept else self._keepers.discard)(event.owner)
                self._most = max(self._most, len(self._keepers))
            return
        direction = Direction.TO_THREAD if event.to_thread else Direction.TO_LOOP
        crossing = Crossing(direction, event.name, event.is_hop, event.holds_thread)
        with self._lock:
            self._crossings.append(crossing)


@contextmanager
def count_hops() -> Iterator[HopCount]:
    """Count the crossings of every request that this process serves inside the block, in any thread and loop.

    Counted are asgiref's `SyncToAsync` and `AsyncToSync`, with which Django crosses and which views call themselves, and
    the crossings of `WSGIToASGI` and `ASGIToWSGI`. Any client will do that calls the application in this process: Django's `Client`
    and `AsyncClient`, Starlette's ``TestClient``, httpx with its ``ASGITransport`` and ``WSGITransport``. Note that Django's
    `Client` builds the WSGI chain: use `AsyncClient` for what ASGI costs.

    What runs when the block ends is not waited for. `ASGIToWSGI` gives the response back while the application may still close it (Django:
    one more crossing): in tests make it with ``wait_for_background=True``.

    The test must not cross itself inside the block: ``async_to_sync(client.get)("/")`` would make a WSGI request of an ASGI one. Blocks
    may be nested and run in several threads at once; each sees everything.
    """
    counted = HopCount()
    with _probes.listening(counted._note):
        yield counted
