"""Hand-over from an owned event loop to the one thread that waits for it, bounded in bytes.

One lock hand-over wakes the thread, however many items have come by then; the loop's side waits only at the high-water
mark, and is let go on at half of it.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Generic, TypeVar

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.loops import OwnedLoop, Waiter

T = TypeVar("T")

HELD_SECONDS = 0.05
"""How long `Outbox.put_held` keeps its items from a thread that waits, while the loop does not come to `Outbox.release`: it is blocked."""


class Outbox(Generic[T]):
    """Items that coroutines put and one thread takes.

    ``lock`` may be used by both sides for a few instructions of their own.

    :param high_water: bytes put and not yet dealt with by the thread at which `full` is true.
    """

    # What most requests never change stands here, so that they need not set it.
    _under_way = _untaken = _taken = 0
    _waiting = _held = _finished = _abandoned = False

    def __init__(self, loop: OwnedLoop, high_water: int) -> None:
        self._loop = loop
        self._high = high_water
        self.lock = threading.Lock()
        # A bare lock as wakeup: the thread sleeps in its second `acquire`. A Condition would make one for each wait.
        self._wakeup = threading.Lock()
        self._wakeup.acquire()
        self._items: list[T] = []
        self._room: list[Waiter] = []

    # On the loop. `with` costs three times what the two calls do that stand here for it. It alone is safe from a signal's
    # exception between the two steps, but those come to the main thread, which is never the loop's.

    def put(self, item: T, size: int = 0) -> None:
        """Hand ``item`` over. Never blocks."""
        self.lock.acquire()
        try:
            self._items.append(item)
            self._under_way += size
            self._untaken += size
            wakes = self._waiting
            if wakes:
                self._waiting = False
        finally:
            self.lock.release()
        if wakes:
            self._wakeup.release()

    def put_held(self, items: list[T]) -> None:
        """Hand the last items over; the thread gets nothing before `release` or `finish`, or `HELD_SECONDS` have passed."""
        self.lock.acquire()
        try:
            self._items += items
            self._held = True
            # A thread takes longer to wake than a step of the loop to end: so it is woken now.
            wakes = self._waiting
            if wakes:
                self._waiting = False
        finally:
            self.lock.release()
        if wakes:
            self._wakeup.release()

    def release(self) -> None:
        """Let the thread have what `put` has held back."""
        with self.lock:
            wakes = self._held and self._waiting
            self._held = False
            if wakes:
                self._waiting = False
        if wakes:
            self._wakeup.release()

    def finish(self) -> None:
        """Nothing more comes. May be called from any thread, and again."""
        self.lock.acquire()
        try:
            self._finished = True
            self._held = False
            wakes = self._waiting
            self._waiting = False
        finally:
            self.lock.release()
        if wakes:
            self._wakeup.release()

    @property
    def full(self) -> bool:
        return self._under_way >= self._high

    async def room(self) -> None:
        """Wait until the thread has dealt with enough, or has left."""
        with self.lock:
            if self._under_way < self._high or self._abandoned:
                return
            waiter = self._loop.waiter()
            self._room.append(waiter)
        await waiter

    async def abandoned(self) -> None:
        """Wait for `abandon`, where it is certain to come."""
        while not self._abandoned:
            waiter = self._loop.waiter()
            with self.lock:
                self._room.append(waiter)
            await waiter

    def abandon(self) -> None:
        """The thread has left: nobody waits for room any more."""
        with self.lock:
            self._abandoned = True
        self._wake()

    def _wake(self) -> None:
        with self.lock:
            waiters, self._room = self._room, []
        for waiter in waiters:
            waiter.wake()

    # In the thread

    def take(self) -> list[T]:
        """Everything that has been put; blocks while there is nothing. Empty once the loop's side has finished.

        What was taken before counts as dealt with.
        """
        while True:
            items: list[T] = []
            with self.lock:
                self._under_way -= self._taken
                self._taken = 0
                wake = bool(self._room) and self._under_way <= self._high // 2
                if self._items and not self._held:
                    items, self._items = self._items, items
                    self._taken, self._untaken = self._untaken, 0
                elif not self._finished:
                    self._waiting = True
                done = not self._waiting
                held = self._held
            if wake:
                with contextlib.suppress(LoopGone):
                    self._loop.post(self._wake)
            if done:
                return items
            if not held:
                self._wakeup.acquire()
            elif not self._wakeup.acquire(timeout=HELD_SECONDS):
                self._stop_holding()

    def _stop_holding(self) -> None:
        """Nobody has released what is held."""
        with self.lock:
            self._held = False
            waits, self._waiting = self._waiting, False
        if not waits:
            self._wakeup.acquire()  # in the same moment somebody has
