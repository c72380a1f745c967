"""How a worker thread reaches an event loop, and how the loop's side waits for it.

asyncio has the fast path: one wakeup carries any number of callbacks, a wait is one future, and one timer
per loop looks after all requests that take long. Every other backend goes through anyio (`anyio_backend`).
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractContextManager
from functools import partial
from types import TracebackType
from typing import Any, Protocol

from bridgekit.concurrency.callbacks import Callback
from bridgekit.concurrency.user_loop.async_views import Marks, marks_of
from bridgekit.concurrency.user_loop.wakeups import Wakeups

logger = logging.getLogger("bridgekit.concurrency")

TICK = 0.05
"""Seconds between two looks at the requests in flight. Short against what a person waits, long against a fast request."""


class Signal(Protocol):
    """A flag that one coroutine waits for and lowers again by having waited. Loop side only."""

    def set(self) -> None: ...

    def wait(self) -> Awaitable[None]: ...


class Ticking(Protocol):
    """What wants to be looked at every `TICK` seconds while it is registered."""

    def tick(self) -> None: ...


class Backend(Protocol):
    """The loop, as seen from one request."""

    marks: Marks
    """What a thread that works for the loop has to tell asgiref."""

    def post(self, callback: Callback) -> None:
        """From any thread: run ``callback`` on the loop, after those posted before.

        :raises LoopGone: when the loop is closed.
        """

    @property
    def gone(self) -> bool:
        """From any thread: has the loop been closed, so that nothing posted will be run?"""

    def signal(self) -> Signal: ...

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], Awaitable[None]]:
        """Start a task beside the request; awaiting what the returned function gives cancels and reaps it."""

    def register(self, request: Ticking) -> None: ...

    def unregister(self, request: Ticking) -> None: ...

    def interruption(self, overdue: Callable[[], bool]) -> AbstractContextManager[None, bool]:
        """A context within a coroutine that ends when ``overdue``, which is asked every `TICK` seconds, says so.

        It swallows what that raises in it: who left it without a result was interrupted.
        """


class _Ready:
    """Awaited, it is there at once: cheaper than a coroutine or a finished future."""

    def __await__(self) -> Generator[Any, None, None]:
        return
        yield


_READY = _Ready()


class _AsyncioSignal:
    """`wait` hands out the future itself, so that waiting costs no coroutine."""

    __slots__ = ("_future", "_loop", "_up")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._up = False
        self._future: asyncio.Future[None] | None = None

    def set(self) -> None:
        future, self._future = self._future, None
        if future is not None and not future.done():
            future.set_result(None)
        else:
            self._up = True

    def wait(self) -> Awaitable[None]:
        if self._up:
            self._up = False
            return _READY
        self._future = self._loop.create_future()
        return self._future


def look_after(request: Ticking) -> None:
    try:
        request.tick()
    except Exception:  # one request's fault must not stop the others' clock, nor end the request
        logger.exception("the regular look at a request in flight failed")


class _AsyncioBackend:
    """One per asyncio loop, shared by all requests on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.marks = marks_of(loop)
        self._registered: dict[Ticking, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        # The clock is every request's. In the context of the one that started it, it would keep what that one has set
        # alive as long as any request is in flight.
        self._context = contextvars.Context()
        self._wakeups = Wakeups(loop, self._context)
        self.post = self._wakeups.post
        self.signal: Callable[[], Signal] = partial(_AsyncioSignal, loop)

    @property
    def gone(self) -> bool:
        return self.loop.is_closed()

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], Awaitable[None]]:
        task = self.loop.create_task(work())

        async def cancel() -> None:
            task.cancel()
            # Not `await task`: that could not tell the task's cancellation from our own.
            await asyncio.wait((task,))

        return cancel

    def register(self, request: Ticking) -> None:
        self._registered[request] = None
        if self._timer is None:
            self._timer = self.loop.call_later(TICK, self._tick, context=self._context)
        elif self._wakeups.long:  # one request alone would pay for more than it saves
            self._wakeups.shorten()

    def unregister(self, request: Ticking) -> None:
        self._registered.pop(request, None)

    def interruption(self, overdue: Callable[[], bool]) -> AbstractContextManager[None, bool]:
        return _TaskInterruption(self, overdue)

    def _tick(self) -> None:
        self._timer = None
        for request in list(self._registered):
            look_after(request)
        # The timer runs on only while there is a request to look at: an idle server is not woken, and has nothing of ours.
        if not self._registered:
            self._wakeups.restore()
        elif self._timer is None:
            self._timer = self.loop.call_later(TICK, self._tick, context=self._context)


class _TaskInterruption:
    """What `asyncio.timeout` does, without a timer of its own: each request with a body would pay for one."""

    __slots__ = ("_backend", "_before", "_interrupted", "_overdue", "_task")

    def __init__(self, backend: _AsyncioBackend, overdue: Callable[[], bool]) -> None:
        self._backend = backend
        self._overdue = overdue
        self._interrupted = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None, "a coroutine runs in a task"
        self._task = task
        self._before = task.cancelling()
        self._backend.register(self)

    def tick(self) -> None:
        if not self._interrupted and self._overdue():
            self._interrupted = True
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._backend.unregister(self)
        if not self._interrupted:
            return False
        # A cancellation that somebody else has asked for meanwhile must go on.
        mine = self._task.uncancel() <= self._before
        return mine and kind is not None and issubclass(kind, asyncio.CancelledError)


class _OfThread(threading.local):
    """The backend of the loop that ran last in this thread. A thread runs one loop at a time, so one slot will do."""

    backend: _AsyncioBackend | None = None


_of_thread = _OfThread()


def asyncio_backend() -> Backend | None:
    """The running asyncio loop's backend, or ``None`` where no asyncio loop runs (trio)."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return None
    backend = _of_thread.backend
    if backend is None or backend.loop is not loop:
        backend = _of_thread.backend = _AsyncioBackend(loop)
    return backend
