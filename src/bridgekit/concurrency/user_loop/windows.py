"""Hand-over of data between a thread and an event loop, bounded in bytes.

A window blocks its producer only at the high-water mark and lets it go on at half of it, so a stream costs a switch per
window and not per chunk.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Awaitable, Iterable
from typing import Any, Generic, TypeVar

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.user_loop.backends import Backend

LOOK = 1.0
"""Seconds between two looks of a blocked thread whether its loop is still there. A loop that is closed without cancelling
its tasks lets nobody know."""

T = TypeVar("T")


def _of_ones_own(reason: BaseException) -> BaseException:
    """What a thread raises for ``reason``, which the window keeps. Raised itself, it would hold the application's frames, and they the
    window: a cycle, and what is in its cause, such as the server's connection, in there until a garbage collection.
    """
    raised = copy.copy(reason)
    raised.__cause__ = reason.__cause__
    return raised


class ThreadToLoop(Generic[T]):
    """Items that a thread puts and a coroutine takes.

    :param high_water: bytes under way (put, not yet reported as `sent`) at which `put` blocks.
    """

    __slots__ = (
        "_abandoned",
        "_backend",
        "_finished",
        "_high",
        "_in_use",
        "_items",
        "_lock",
        "_noticed",
        "_room",
        "_signal",
        "_under_way",
        "used",
        "whole",
    )

    def __init__(self, backend: Backend, high_water: int) -> None:
        self._backend = backend
        self._high = high_water
        self._signal = backend.signal()
        self._lock = threading.Lock()
        self._room: threading.Condition | None = None
        self._items: list[T] = []
        self._under_way = 0
        self._in_use = False
        self._noticed = False
        self._finished = False
        self._abandoned: BaseException | None = None
        self.used = False
        self.whole: tuple[Any, ...] | None = None  # what `put_whole` was given

    def put(self, item: T, size: int) -> None:
        """From the thread: hand ``item`` over; blocks while the window is full.

        :raises BaseException: a copy of what `abandon` was given.
        """
        self.put_all((item,), size)

    def put_all(self, items: Iterable[T], size: int) -> None:
        """From the thread: hand several items over at once; blocks and raises as `put` does."""
        # Not `with`, which costs three times as much. It alone is safe from a signal's exception between the two steps, but
        # those come to the main thread, which is no worker.
        self._lock.acquire()
        try:
            if self._abandoned is not None:
                raise _of_ones_own(self._abandoned)
            self.used = True
            self._items.extend(items)
            self._under_way += size
            wake = not self._noticed
            self._noticed = True
            full = self._under_way >= self._high
        finally:
            self._lock.release()
        if wake:
            self._backend.post(self._signal.set)
        if full:
            self._wait_until(self._high // 2)

    def put_whole(self, *items: Any) -> None:
        """From the thread: hand over all there ever will be, where nothing was put before (`used`). Never blocks.

        The common case takes no lock: the thread writes once, and the loop reads after it was told.

        :raises BaseException: a copy of what `abandon` was given.
        """
        if self._abandoned is not None:
            raise _of_ones_own(self._abandoned)
        self.whole = items
        self._finished = True
        self._backend.post(self._signal.set)

    def check(self) -> None:
        """From the thread, which has nothing to put at this moment: is anybody there?

        :raises BaseException: a copy of what `abandon` was given.
        """
        if self._abandoned is not None:
            raise _of_ones_own(self._abandoned)

    def drain(self) -> None:
        """From the thread: wait until everything that was put has been reported as sent.

        :raises BaseException: a copy of what `abandon` was given.
        """
        self._wait_until(0)

    def _wait_until(self, level: int) -> None:
        with self._lock:
            room = self._room = threading.Condition(self._lock)
            while self._in_use or (self._under_way > level and self._abandoned is None):
                if not room.wait(LOOK) and self._backend.gone:
                    self._in_use = False
                    self._abandoned = LoopGone("the event loop was closed while a thread waited for it")
            self._room = None
            if self._abandoned is not None:
                raise _of_ones_own(self._abandoned)

    def finish(self) -> None:
        """From the thread: nothing more comes; not needed after `put_whole`. Never blocks."""
        with self._lock:
            self._finished = True
            wake = not self._noticed
            self._noticed = True
        if wake:
            self._backend.post(self._signal.set)

    def take(self) -> tuple[list[T], bool]:
        """On the loop: everything put since the last time, and whether that was all. Where it is nothing, await `ready`."""
        with self._lock:
            # Another list in any case: the thread may put into this window's own before the caller has looked at it, and
            # the caller would send what the next call gives once more.
            items, self._items = self._items, []
            self._noticed = False
            return items, self._finished

    def ready(self) -> Awaitable[None]:
        """On the loop: to be awaited until there may be something to `take`."""
        return self._signal.wait()

    def sent(self, size: int) -> None:
        """On the loop: ``size`` bytes have left."""
        with self._lock:
            self._under_way -= size
            if self._room is not None:
                self._room.notify()

    def use(self, in_use: bool) -> None:
        """On the loop: somebody works with what was put, a file for example; `drain` waits for the end of that as well."""
        with self._lock:
            self._in_use = in_use
            if self._room is not None:
                self._room.notify()

    def abandon(self, reason: BaseException) -> None:
        """From anywhere: nobody takes any more. A blocked `put` and every later one raise ``reason``."""
        with self._lock:
            if self._abandoned is None:
                self._abandoned = reason
            if self._room is not None:
                self._room.notify()

    @property
    def abandoned(self) -> BaseException | None:
        return self._abandoned


class LoopToThread:
    """Bytes that a coroutine feeds and a thread gets.

    The first `get` that finds nothing calls `demand` on the loop: nothing need be fetched before it is asked for.

    :param high_water: bytes held at which `full` tells the feeder to wait.
    """

    def __init__(self, backend: Backend, high_water: int) -> None:
        self._backend = backend
        self._high = high_water
        self._changed = threading.Condition()
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._ended = False
        self._failure: BaseException | None = None
        self._demand = backend.signal()
        self._asked = False

    def demand(self) -> Awaitable[None]:
        """On the loop: to be awaited until the thread has asked for more than there is, or has emptied half the window."""
        return self._demand.wait()

    def prefetch(self) -> None:
        """On the loop: fetch as much as the window holds, asked for or not."""
        self._demand.set()

    @property
    def full(self) -> bool:
        """True while the feeder should wait for `demand`."""
        with self._changed:
            if self._held >= self._high:
                self._asked = False
                return True
            return False

    @property
    def starved(self) -> bool:
        """True while the thread has had all there is and has asked for more."""
        return self._asked and not self._chunks and not self._ended and self._failure is None

    def feed(self, data: bytes) -> None:
        """On the loop: add ``data``."""
        with self._changed:
            self._chunks.append(data)
            self._held += len(data)
            self._changed.notify()

    def end(self) -> None:
        """On the loop: the stream is complete, unless it has failed."""
        with self._changed:
            self._ended = self._failure is None
            self._changed.notify()

    def fail(self, failure: BaseException) -> None:
        """From anywhere: nothing more comes. `get` raises ``failure`` once what was fed before is gone.

        Later calls change nothing, and a stream that has ended stays complete.
        """
        with self._changed:
            if not self._ended and self._failure is None:
                self._failure = failure
                self._changed.notify()

    def get(self) -> bytes:
        """From the thread: the next piece, as it came; ``b""`` at the end. Blocks.

        :raises BaseException: a copy of what `fail` was given.
        """
        while True:
            with self._changed:
                if self._chunks:
                    data = self._chunks.popleft()
                    self._held -= len(data)
                    ask = not self._asked and self._held <= self._high // 2 and not self._ended
                    self._asked = self._asked or ask
                    break
                if self._ended:
                    return b""
                if self._failure is not None:
                    raise _of_ones_own(self._failure)
                ask = not self._asked
                self._asked = True
                if not ask:
                    if not self._changed.wait(LOOK) and self._backend.gone:
                        self._failure = LoopGone("the event loop was closed while a thread waited for it")
                    continue
            self._backend.post(self._demand.set)
        if ask:
            self._backend.post(self._demand.set)
        return data
