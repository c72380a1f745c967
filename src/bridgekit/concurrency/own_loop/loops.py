"""Event loops that belong to bridgekit: what a request needs of one, on asyncio and through anyio on trio."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Protocol, TypeAlias

import anyio
import anyio.abc
import anyio.lowlevel

from bridgekit.concurrency.callbacks import Callback, CallbackQueue
from bridgekit.concurrency.eventfd import EventFD

logger = logging.getLogger("bridgekit.concurrency")

CANCEL_SECONDS = 5.0
"""How long a closing loop waits for cancelled tasks to end. Code that swallows cancellation must not stop the process
from ending."""

EAGER_TASKS = sys.version_info >= (3, 12)

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Cancellable(Protocol):
    def cancel(self) -> object: ...


class Waiter(Protocol):
    """What one coroutine waits for, once. Loop side only."""

    def wake(self) -> None: ...

    def __await__(self) -> Generator[Any, Any, None]: ...


class OwnedLoop(Protocol):
    """An event loop that one thread of bridgekit's runs. `post` alone may be called from other threads."""

    copies_context: bool
    """Whether a task runs in a copy of the context it was given."""

    starts_eagerly: bool
    """Whether `spawn` runs the task's first step itself."""

    def run(self, started: Callable[[], None]) -> None:
        """Run until `stop`, then cancel what is left; ``started`` is called once `post` works."""

    def stop(self) -> None: ...

    def discard(self) -> None:
        """Close what `run` will never be called of."""

    def post(self, callback: Callback, /) -> None: ...

    def soon(self, callback: Callback, /) -> object:
        """Run ``callback`` after the current step."""

    def later(self, seconds: float, callback: Callback) -> Cancellable: ...

    def spawn(self, work: Work, context: contextvars.Context) -> Cancellable:
        """Start a task that runs in ``context``."""

    def waiter(self) -> Waiter: ...


class AsyncioWaiter:
    __slots__ = ("_future",)

    def __init__(self, future: asyncio.Future[None]) -> None:
        self._future = future

    def wake(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    def __await__(self) -> Generator[Any, Any, None]:
        return self._future.__await__()


class AsyncioLoop:
    """asyncio, or uvloop by its own factory."""

    copies_context = False
    starts_eagerly = EAGER_TASKS

    def __init__(self, native: asyncio.AbstractEventLoop, epoll: int | None = None) -> None:
        """``epoll``: the number of the epoll instance with which ``native`` waits, where that is known."""
        self.native = native
        self.soon = self.native.call_soon
        self._stopping = self._closed = False
        self._callbacks = CallbackQueue(self.native.call_soon_threadsafe)
        self._wakeup: EventFD | None = None
        if EventFD.available:
            # A quarter cheaper than the loop's own wakeup, which makes a handle and reads its pipe twice each time.
            self._wakeup = EventFD()
            self._callbacks = CallbackQueue(self._wake_up)
            self.native.add_reader(self._wakeup.number, self._woken if epoll is None else self._callbacks.run)
            if epoll is not None:
                # Nothing is read then: a system call less, and the GIL is given up once less.
                self._wakeup.be_edge_triggered(epoll)
        self.post = self._callbacks.put

    def _wake_up(self, _: Callback) -> None:
        if self._closed:
            raise RuntimeError("the event loop is closed")
        assert self._wakeup is not None
        self._wakeup.set()

    def _woken(self) -> None:
        assert self._wakeup is not None
        self._wakeup.clear()
        self._callbacks.run()

    def run(self, started: Callable[[], None]) -> None:
        loop = self.native
        asyncio.set_event_loop(loop)
        loop.call_soon(started)
        try:
            while not self._stopping:
                # asyncio lets SystemExit and KeyboardInterrupt of any task out of the loop. One request must not end
                # everybody's, so the loop is entered again; likewise after an app has called loop.stop().
                try:
                    loop.run_forever()
                except (SystemExit, KeyboardInterrupt):
                    logger.exception("a task tried to end the process; the event loop goes on")
        finally:
            self._close()

    def stop(self) -> None:
        self._stopping = True
        self.native.stop()

    def _close(self) -> None:
        loop = self.native
        try:
            tasks = asyncio.all_tasks(loop)
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.wait(tasks, timeout=CANCEL_SECONDS))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            asyncio.set_event_loop(None)
            self.discard()

    def discard(self) -> None:
        self._closed = True
        if self._wakeup is not None:
            self.native.remove_reader(self._wakeup.number)
        self.native.close()

    def later(self, seconds: float, callback: Callback) -> Cancellable:
        return self.native.call_later(seconds, callback)

    def spawn(self, work: Work, context: contextvars.Context) -> Cancellable:
        if sys.version_info >= (3, 12):
            # Begins in this step of the loop, not in the next, which would cost a look at every file descriptor.
            return asyncio.Task(work(), loop=self.native, context=context, eager_start=True)
        else:
            return self.native.create_task(work(), context=context)

    def waiter(self) -> Waiter:
        return AsyncioWaiter(self.native.create_future())


class _AnyioWaiter:
    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event = anyio.Event()

    def wake(self) -> None:
        self._event.set()

    def __await__(self) -> Generator[Any, Any, None]:
        return self._event.wait().__await__()


class AnyioLoop:
    """trio, entered through anyio."""

    copies_context = True
    starts_eagerly = False

    def __init__(self, backend: str) -> None:
        self._backend = backend
        self._post: Callable[[Callback], None] | None = None
        self._tasks: anyio.abc.TaskGroup
        self._stopped: anyio.Event
        self._wake_up: Callable[[Callback], object]

    def run(self, started: Callable[[], None]) -> None:
        anyio.run(self._main, started, backend=self._backend)

    async def _main(self, started: Callable[[], None]) -> None:
        token: Any = anyio.lowlevel.current_token()
        # trio.lowlevel.TrioToken: anyio's own call from a thread would wait for the callback's return.
        self._wake_up = token.native_token.run_sync_soon
        self._post = CallbackQueue(self._wake_up).put
        self._stopped = anyio.Event()
        async with anyio.create_task_group() as self._tasks:
            started()
            await self._stopped.wait()
            self._tasks.cancel_scope.cancel()

    def stop(self) -> None:
        self._stopped.set()

    def discard(self) -> None:
        """Nothing is open before `run`."""

    def post(self, callback: Callback, /) -> None:
        assert self._post is not None, "the loop has not started"
        self._post(callback)

    def soon(self, callback: Callback, /) -> object:
        return self._wake_up(callback)

    def later(self, seconds: float, callback: Callback) -> Cancellable:
        async def wait() -> None:
            await anyio.sleep(seconds)
            callback()

        return self.spawn(wait, contextvars.Context())

    def spawn(self, work: Work, context: contextvars.Context) -> Cancellable:
        scope = anyio.CancelScope()

        async def run() -> None:
            with scope:
                await work()

        context.run(self._tasks.start_soon, run)
        return scope

    def waiter(self) -> Waiter:
        return _AnyioWaiter()
