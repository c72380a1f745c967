"""An asyncio loop that somebody else runs, as far as a thread's call needs it."""

from __future__ import annotations

import asyncio
import contextvars

from bridgekit.concurrency.callbacks import Callback, LoopGone
from bridgekit.concurrency.own_loop.loop_thread import Session
from bridgekit.concurrency.own_loop.loops import AsyncioWaiter, Cancellable, Waiter, Work


class BorrowedLoop:
    """The loop ``native``, which runs in another thread."""

    def __init__(self, native: asyncio.AbstractEventLoop) -> None:
        self.native = native
        self.sessions: set[Session] = set()

    @property
    def loop(self) -> BorrowedLoop:
        """Itself, in the place of a `LoopThread`."""
        return self

    def post(self, callback: Callback, /) -> None:
        """:raises LoopGone: when the loop is closed."""
        try:
            self.native.call_soon_threadsafe(callback)
        except RuntimeError as error:
            raise LoopGone(str(error)) from error

    def spawn(self, work: Work, context: contextvars.Context) -> Cancellable:
        return self.native.create_task(work(), context=context)

    def waiter(self) -> Waiter:
        return AsyncioWaiter(self.native.create_future())
