"""How threads wake a server's asyncio loop: by the loop's own way, or by a shorter one while it is busy.

`call_soon_threadsafe` makes a handle, writes to a socket, and has the loop read that socket until it raises. A counter of the
kernel's takes one write and one read. It stands on the server's loop for as long as the clock that looks after the requests in
flight, and no longer: an idle loop has neither.
"""

from __future__ import annotations

import asyncio
import contextvars
import selectors
import weakref
from functools import partial
from typing import Any

from bridgekit.concurrency.callbacks import Callback, CallbackQueue
from bridgekit.concurrency.eventfd import EventFD


class Wakeups:
    """The way from any thread into one loop.

    :param context: in which the callbacks run that come by the counter. The loop's handle for a reader keeps its context, so
        this must be no request's.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, context: contextvars.Context) -> None:
        self._loop = loop
        self._context = context
        self._callbacks = CallbackQueue(loop.call_soon_threadsafe)
        self.post = self._callbacks.put
        self.long = _takes_readers(loop)
        """Whether `shorten` could make the way shorter than it is."""
        # Kept by the loop alone: closing it, which forgets its readers, closes the counter as well.
        self._counter: weakref.ref[EventFD] | None = None

    def shorten(self) -> None:
        """On the loop: take the shorter way until `restore`, where there is one."""
        if not self.long:
            return
        try:
            counter = EventFD()
        except OSError:  # no file descriptor is left, and the loop's own way needs none
            return
        self._context.run(self._loop.add_reader, counter.number, _woken, self._callbacks, counter)
        self._counter = weakref.ref(counter)
        self.long = False
        self._callbacks.wake_up = partial(_set, self._counter, self._loop)

    def restore(self) -> None:
        """On the loop: go the loop's own way again, and leave nothing there."""
        if self._counter is None:
            return
        counter, self._counter = self._counter(), None
        self.long = True
        self._callbacks.wake_up = self._loop.call_soon_threadsafe
        if counter is not None:
            self._loop.remove_reader(counter.number)
        # A thread that goes the shorter way in this moment sets what nobody reads. Its callback is in the queue already.
        self._callbacks.run()


def _takes_readers(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a reader on ``loop`` is known to do and to cost what one of asyncio's own does. uvloop has a counter already."""
    if not EventFD.available or not isinstance(loop, asyncio.SelectorEventLoop):
        return False
    # gevent takes this class away. Somebody's own selector (one with a test's clock) may not bear a reader that is not theirs.
    epoll: Any = getattr(selectors, "EpollSelector", None)
    return epoll is not None and type(getattr(loop, "_selector", None)) is epoll


def _set(reference: weakref.ref[EventFD], loop: asyncio.AbstractEventLoop, run: Callback) -> None:
    """In any thread. The counter is held meanwhile, so its number is nobody else's."""
    counter = reference()
    if counter is None:
        loop.call_soon_threadsafe(run)  # which says that the loop is closed
    else:
        counter.set()


def _woken(callbacks: CallbackQueue, counter: EventFD) -> None:
    """On the loop."""
    counter.clear()
    del counter  # an exception's frames keep this one, and it would keep the file open
    callbacks.run()
