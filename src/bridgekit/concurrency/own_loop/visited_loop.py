"""An asyncio loop on which another thread may take a step while it waits for something to do.

The loop's own thread always is the one that waits. Whoever runs code of the loop's holds a lock, which that thread gives away only
while it sleeps on its file descriptors: so a visitor runs when nobody else does, and what is atomic on a loop stays so.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import os
import select
import selectors
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeAlias, TypeVarTuple

_Ts = TypeVarTuple("_Ts")

Enter: TypeAlias = Callable[[contextvars.Context], None]


def can_be_visited() -> bool:
    """Whether there is such a loop here: where a task can begin at once (3.12), and where the present task is noted for the loop
    alone. Python 3.14 notes it for the thread as well, and was not tried."""
    return hasattr(select, "epoll") and (3, 12) <= sys.version_info < (3, 14)


class _Selector(selectors.BaseSelector):
    """Sleeps without `busy`, which is held from the beginning to the end but for that.

    It has an `selectors.EpollSelector` and is none: other systems and gevent's monkey patching have no such class.
    """

    def __init__(self) -> None:
        self._epoll = selectors.EpollSelector()
        self.busy = threading.Lock()
        self.busy.acquire()
        self.wanted = False
        """Whether the loop is awake and wants its lock back: no more visits, or many threads could keep it from its turn."""
        # The same epoll instance: `select` of the parent's goes on with Python code after its sleep.
        self._sleep = select.epoll.fromfd(os.dup(self._epoll.fileno()))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See `selectors.BaseSelector.select`."""
        if timeout is not None and timeout <= 0:
            return self._epoll.select(timeout)
        # In whole milliseconds, rounded up as in `selectors.EpollSelector`: a timer must not find that it is too early.
        seconds = -1.0 if timeout is None else math.ceil(timeout * 1e3) * 1e-3
        keys = self._epoll.get_map()
        most = max(len(keys), 1)
        self.busy.release()
        try:
            events = self._sleep.poll(seconds, most)
        finally:
            self.wanted = True
            self.busy.acquire()
            self.wanted = False
        ready = []
        for number, event in events:
            key = keys.get(number)
            if key is not None:
                readable = selectors.EVENT_READ if event & ~select.EPOLLOUT else 0
                writable = selectors.EVENT_WRITE if event & ~select.EPOLLIN else 0
                ready.append((key, (readable | writable) & key.events))
        return ready

    def close(self) -> None:
        """See `selectors.BaseSelector.close`."""
        self._sleep.close()
        self._epoll.close()

    def fileno(self) -> int:
        """The number of the epoll instance."""
        return self._epoll.fileno()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See `selectors.BaseSelector.register`."""
        return self._epoll.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        """See `selectors.BaseSelector.unregister`."""
        return self._epoll.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        """See `selectors.BaseSelector.modify`."""
        return self._epoll.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        """See `selectors.BaseSelector.get_map`."""
        return self._epoll.get_map()


class Outcome:
    """What a coroutine has returned or raised."""

    __slots__ = ("error", "result")

    def __init__(self) -> None:
        self.result: Any = None
        self.error: BaseException | None = None

    async def of(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Await ``coroutine``."""
        __traceback_hide__ = True  # Django's debug page shows the frames of the application
        try:
            self.result = await coroutine
        except BaseException as error:  # SystemExit, too: it is the thread's
            self.error = error

    def get(self) -> Any:
        """The result, or raise the error."""
        __traceback_hide__ = True
        error, self.error = self.error, None
        if error is None:
            return self.result
        try:
            raise error
        finally:
            del error, self  # references from a frame to its own traceback


class VisitedLoop(asyncio.SelectorEventLoop):
    """See the module."""

    def __init__(self) -> None:
        self._visitor: int | None = None
        """The thread of the visit under way."""
        self._enter: Enter
        self._left = False
        """Whether the visitor has left something to do."""
        self.selector = _Selector()
        super().__init__(self.selector)

    def call_here(
        self, coroutine: Coroutine[Any, Any, Any], context: contextvars.Context, enter: Enter
    ) -> Outcome | None:
        """What a coroutine that cannot wait comes to, run here and now in ``context``; None if the loop has something to do.

        :param enter: called on the loop's thread before each callback that was made on the way, in its context and with a copy of it.
        """
        selector = self.selector
        if selector.wanted or self.get_debug() or self.get_task_factory() is not None:
            return None  # asyncio's debug mode looks at the thread; a task that begins at once would go on in another one
        if not selector.busy.acquire(blocking=False):
            return None
        outcome = Outcome()
        try:
            self._visitor, self._enter = threading.get_ident(), enter
            asyncio._set_running_loop(self)
            self._whole(outcome.of(coroutine), context)
        finally:
            asyncio._set_running_loop(None)
            self._visitor = None
            left, self._left = self._left, False
            selector.busy.release()
            if left:
                self.call_soon_threadsafe(_nothing)  # it sleeps for as long as it had nothing to do
        return outcome

    def _whole(self, coroutine: Coroutine[Any, Any, None], context: contextvars.Context) -> None:
        if sys.version_info >= (3, 12):
            task = asyncio.Task(coroutine, loop=self, context=context, eager_start=True)
            assert task.done(), "its first step is its last"

    def _at_home(self, callback: Callable[[*_Ts], object]) -> Callable[[*_Ts], object]:
        """``callback``, in a context that has moved to the loop's thread if it is a visitor who makes it."""
        if self._visitor != threading.get_ident():
            return callback
        self._left = True
        enter = self._enter

        def moved(*args: *_Ts) -> None:
            enter(contextvars.copy_context())
            callback(*args)

        return moved

    def call_soon(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """See `asyncio.loop.call_soon`."""
        if self._visitor is not None:
            callback = self._at_home(callback)
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """See `asyncio.loop.call_soon_threadsafe`."""
        if self._visitor is not None:
            callback = self._at_home(callback)
        return super().call_soon_threadsafe(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[*_Ts], object],
        *args: *_Ts,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """See `asyncio.loop.call_at`, which ``call_later`` calls."""
        if self._visitor is not None:
            callback = self._at_home(callback)
        return super().call_at(when, callback, *args, context=context)


def _nothing(*args: Any) -> None:
    pass
