"""An asynchronous iterator on an event loop, iterated by a thread that is lent to it meanwhile."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.loop_call import Enter, Host, LoopTask
from bridgekit.concurrency.own_loop.loops import Waiter

logger = logging.getLogger("bridgekit.concurrency")

WINDOW = 256 * 1024

CLOSE_SECONDS = 5.0
"""How long `LoopIterator.close` waits for an iterator that swallows its cancellation."""


class LoopIterator:
    """Iterates over ``source``, ahead of the thread by ``window`` bytes (or letters) at most. Nothing begins before the first `__next__`.

    Dropped without `close`, it cancels its task.

    :param context: what the iteration runs in, itself; ``enter`` is called in it on the loop before that begins.
    :param outer: the executor that gets calls which come when no thread iterates any more.
    """

    def __init__(
        self,
        host: Host,
        source: AsyncGenerator[Any, None],
        context: contextvars.Context,
        enter: Enter,
        *,
        outer: Any = None,
        window: int = WINDOW,
    ) -> None:
        self._place = host, context, enter
        # Apart from this object, as the running task refers to it.
        self.pump = _Pump(source, window, outer)
        self._closed = False

    def __iter__(self) -> LoopIterator:
        return self

    def __next__(self) -> Any:
        """The next piece.

        :raises LoopGone: when the loop has ended before the first.
        :raises BaseException: what ``source`` raised.
        """
        if not self.pump.begun:
            self.pump.begin(*self._place)
        return self.pump.take()

    def close(self) -> None:
        """End the iteration. What the source still submits (a ``finally`` with a query) is run until it has ended."""
        if self.pump.begun and not self._closed:
            self.pump.end()
        self.pump.begun = self._closed = True
        self.pump.leave()

    def __del__(self) -> None:
        if not self._closed:
            self.pump.drop()


class _Pump(LoopTask):
    """One task, and not one for each piece: a timeout or task group in an asynchronous generator belongs to the task that
    entered it."""

    def __init__(self, source: AsyncGenerator[Any, None], window: int, outer: Any) -> None:
        super().__init__(outer)
        self._source = source
        self._window = window
        self._pieces: deque[Any] = deque()
        self._ahead = 0
        self._room: Waiter | None = None

    # In the thread

    def take(self) -> Any:
        self.ident = threading.get_ident()  # a server may iterate in another thread than it called in
        try:
            self.lend()
        except BaseException:
            self._give_up()
            raise
        room = None
        with self._work_ready:
            ended = not self._pieces
            if not ended:
                piece = self._pieces.popleft()
                self._ahead -= _size(piece)
                if self._ahead <= self._window // 2:
                    room, self._room = self._room, None
        if room is not None:
            with contextlib.suppress(LoopGone):
                self._host.loop.post(room.wake)
        if ended:
            self._raise_failure()
            raise StopIteration
        return piece

    def _satisfied(self) -> bool:
        return super()._satisfied() or (bool(self._pieces) and not self._left)

    def end(self) -> None:
        self._left = True
        if self._over:
            return
        self.ident = threading.get_ident()
        with contextlib.suppress(LoopGone):
            self._host.loop.post(self._cancel)
            if not self.lend(CLOSE_SECONDS):
                logger.error(
                    "an asynchronous iterator goes on %g s after its end was asked for", CLOSE_SECONDS
                )

    def leave(self) -> None:
        self._abandon()
        self._pieces.clear()

    def drop(self) -> None:
        # A finalizer: takes no lock, which the thread that is interrupted here might hold.
        self._left = True
        if not self._over:
            self._have_cancelled()

    # On the loop

    async def _work(self) -> None:
        failure = None
        try:
            async with aclosing(self._source):
                async for piece in self._source:
                    await self._put(piece)
        except BaseException as error:  # SystemExit and cancellation, too: they are the thread's
            failure = error
        self._end(failure)
        del failure

    async def _put(self, piece: Any) -> None:
        room = None
        with self._work_ready:
            self._pieces.append(piece)
            self._ahead += _size(piece)
            self._work_ready.notify()
            if self._ahead >= self._window:
                room = self._room = self._host.loop.waiter()
        if room is not None:
            await room


def _size(piece: Any) -> int:
    """Anything may be a piece; what has no length does not count."""
    return len(piece) if isinstance(piece, bytes | str | memoryview) else 0
