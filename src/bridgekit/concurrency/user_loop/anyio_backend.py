"""The backend of loops other than asyncio's (trio), by way of anyio."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel

from bridgekit.concurrency.callbacks import Callback, CallbackQueue
from bridgekit.concurrency.user_loop.async_views import FOREIGN_LOOP, marks_of
from bridgekit.concurrency.user_loop.backends import TICK, Backend, Signal, Ticking, look_after


class _ScopeInterruption:
    __slots__ = ("_backend", "_overdue", "_scope")

    def __init__(self, backend: Backend, overdue: Callable[[], bool]) -> None:
        self._backend = backend
        self._overdue = overdue
        self._scope = anyio.CancelScope()

    def __enter__(self) -> None:
        self._scope.__enter__()
        self._backend.register(self)

    def tick(self) -> None:
        if self._overdue():
            self._scope.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._backend.unregister(self)
        self._scope.__exit__(
            kind, error, traceback
        )  # trio's says True where there was nothing to swallow, too
        return self._scope.cancelled_caught


class _AnyioBackend:
    """One per request, inside a task group of its own."""

    def __init__(self, tasks: anyio.abc.TaskGroup) -> None:
        self._tasks = tasks
        self._home = threading.get_ident()
        self._token = anyio.lowlevel.current_token()
        self.post = CallbackQueue(self._run_on_loop).put
        self.marks = marks_of(FOREIGN_LOOP)
        self._registered: dict[Ticking, anyio.CancelScope] = {}

    def _run_on_loop(self, callback: Callback) -> None:
        if threading.get_ident() == self._home:
            callback()
        else:
            anyio.from_thread.run_sync(callback, token=self._token)

    @property
    def gone(self) -> bool:
        return False  # trio's run ends with its tasks, and each of them lets go of its thread

    def signal(self) -> Signal:
        return _AnyioSignal()

    def spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], Awaitable[None]]:
        scope = anyio.CancelScope()
        ended = anyio.Event()

        async def run() -> None:
            try:
                with scope:
                    await work()
            finally:
                ended.set()

        async def cancel() -> None:
            scope.cancel()
            await ended.wait()

        self._tasks.start_soon(run)
        return cancel

    def register(self, request: Ticking) -> None:
        scope = self._registered[request] = anyio.CancelScope()

        async def run() -> None:
            with scope:
                while True:
                    await anyio.sleep(TICK)
                    look_after(request)

        self._tasks.start_soon(run)

    def unregister(self, request: Ticking) -> None:
        scope = self._registered.pop(request, None)
        if scope is not None:
            scope.cancel()

    def interruption(self, overdue: Callable[[], bool]) -> AbstractContextManager[None, bool]:
        return _ScopeInterruption(self, overdue)


class _AnyioSignal:
    def __init__(self) -> None:
        self._event = anyio.Event()

    def set(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        self._event = anyio.Event()


@contextlib.asynccontextmanager
async def open_backend() -> AsyncIterator[Backend]:
    """The backend for code that runs on trio, or on whatever else anyio supports.

    What the body raises leaves as it is, not wrapped in the exception group of the task group inside.
    """
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        try:
            yield _AnyioBackend(tasks)
        except (
            Exception
        ) as error:  # cancellation is no `Exception` on any backend: it passes the task group as it must
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
