"""From the loop into the request's thread and back, with what asgiref promises on the way.

What runs in the thread runs in a copy of the task's context, and what it changed there is there for the task afterwards. `async_to_sync`
finds the loop. Where asgiref has a thread for the code already (inside `async_to_sync`, as in Django's tests and management commands),
or where a request has no executor, asgiref itself crosses.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync, async_to_sync, sync_to_async

from bridgekit.adapters.shared.context import apply_changes, have_same_variables, move_to_this_thread
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.user_loop.backends import asyncio_backend
from bridgekit.concurrency.user_loop.resumption import Resumption
from bridgekit.django.handlers.request_executor import RequestExecutor, Saturated
from bridgekit.django.handlers.unset_locals import never_set, variable_of

logger = logging.getLogger("bridgekit.django")

_NO_EXCEPTION = (None, None, None)


class _Here(threading.local):
    """What this thread is doing: the call of an executor that it runs."""

    call: ThreadCall | None = None


here = _Here()


def _never() -> None:
    """What the anchor wraps; nobody calls it."""


_anchor: SyncToAsync[..., Any] = SyncToAsync(_never)
"""Lends its ``thread_handler``, which tells `async_to_sync` in a thread of the loop and of the task that wait for it."""


_executors: Any = AsyncToSync.executors
_kept_in = variable_of(_executors)


def thread_waits() -> bool:
    """Whether this runs inside of `async_to_sync`: a thread waits, which asgiref prefers."""
    if never_set(_kept_in):
        return False  # as in every request of a server's
    return getattr(_executors, "current", None) is not None


def current_executor() -> RequestExecutor | None:
    """The executor whose thread asgiref would use here; None where it would use another one."""
    context = SyncToAsync.thread_sensitive_context.get(None)
    if context is None:
        return None
    executor = SyncToAsync.context_to_thread_executor.get(context)
    if type(executor) is not RequestExecutor:
        return None
    # The request's own task is in no thread's wait, or it had no executor.
    return executor if asyncio.current_task() is executor.task or not thread_waits() else None


def cross(function: Callable[..., Any], *args: Any) -> Awaitable[Any]:
    """Run a sync function in the request's thread."""
    executor = current_executor()
    if executor is None:
        return sync_to_async(partial(_elsewhere, function), thread_sensitive=True)(*args)
    return ThreadCall(executor, function, args)


def _elsewhere(function: Callable[..., Any], *args: Any) -> Any:
    """A call in a thread that is asgiref's. An executor's call may wait further out in the same thread."""
    outer, here.call = here.call, None
    try:
        return function(*args)
    finally:
        here.call = outer


def wait_for_loop(function: Callable[[Any], Awaitable[Any]], request: Any) -> Any:
    """In the thread: have ``function(request)`` awaited on the loop, and keep the thread for what comes from there."""
    call = here.call
    if call is None:
        return async_to_sync(function)(request)
    return call.wait_for_loop(function, request)


class _LoopCall:
    """What a thread wants to be awaited, and its outcome."""

    __slots__ = ("argument", "context", "done", "error", "function", "result")

    def __init__(self, function: Callable[[Any], Awaitable[Any]], argument: Any) -> None:
        self.function = function
        self.argument = argument
        self.context = contextvars.copy_context()
        self.done = False
        self.result: Any = None
        self.error: BaseException | None = None

    def is_done(self) -> bool:
        return self.done

    def settle(self) -> None:
        self.done = True


class ThreadCall(Resumption):
    """One call in an executor's thread, awaited by the task that made it. What the call wants awaited, that task awaits."""

    __slots__ = (
        "_args",
        "_before",
        "_context",
        "_error",
        "_function",
        "_loop_call",
        "_post",
        "_result",
        "began_with",
        "begun",
        "executor",
        "orphaned",
        "tasks",
        "unchanged",
    )

    def __init__(
        self, executor: RequestExecutor, function: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        super().__init__(asyncio.get_running_loop())
        self.executor = executor
        self._function = function
        self._args = args
        self._before = contextvars.copy_context()
        self._context = self._before.copy()
        backend = asyncio_backend()
        assert backend is not None
        self._post = backend.post
        self._result: Any = None
        self._error: BaseException | None = None
        self._loop_call: _LoopCall | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        """The tasks of `async_to_sync` in the thread: asgiref's ``task_context``."""
        self.begun = False
        self.orphaned = False
        self.began_with: contextvars.Context | None = None
        """The variables with which the call's function began."""
        self.unchanged = False
        """The call has set no variable that the task could miss."""

    def __await__(self) -> Generator[Any, None, Any]:
        """Give the call to the thread and wait for it, awaiting on the way what it wants awaited."""
        executor = self.executor
        waits = executor.waits
        executor.give(self._in_thread)
        timer = self._loop.call_later(executor.max_wait, self._time_out) if waits else None
        while True:
            self._asyncio_future_blocking = True
            try:
                yield self
            except BaseException:
                self._abandon()
                raise
            finally:
                if timer is not None:
                    timer.cancel()
            loop_call = self._loop_call
            if loop_call is None:
                break
            yield from self._await_loop_call(loop_call).__await__()
        if not self.unchanged:
            apply_changes(self._before, self._context)
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error
        return self._result

    def _time_out(self) -> None:
        if self.awaited and self.executor.withdraw(self._in_thread):
            self._error = Saturated()
            self.resume()

    async def _await_loop_call(self, loop_call: _LoopCall) -> None:
        apply_changes(self._before, loop_call.context)
        try:
            loop_call.result = await loop_call.function(loop_call.argument)
        except (
            BaseException
        ) as error:  # cancellation too: it is for the layers in the thread, and comes back from them
            loop_call.error = error
        self._before = loop_call.context = contextvars.copy_context()
        self.executor.give(loop_call.settle)

    def _abandon(self) -> None:
        """Nobody waits any longer."""
        if self.executor.withdraw(self._in_thread):
            return
        self.orphaned = True
        self.executor.left = self._context
        for task in self.tasks[:1]:
            task.cancel()  # as `SyncToAsync`: the code that is really awaited hears of it

    def _in_thread(self) -> Callable[[], None]:
        """The executor's job."""
        outer, here.call = here.call, self
        self.begun = True
        try:
            self._result = self._context.run(
                _anchor.thread_handler, self._loop, _NO_EXCEPTION, self.tasks, self._call
            )
        except BaseException as error:  # whatever it is, the thread lives and the task is told
            self._error = error
            if not isinstance(error, Exception):
                # It has passed layers that nothing passes in a sync stack, and they may have left in this thread what they clear behind
                # their ``get_response``. A thread that is kept for somebody to the end of its request ends with it.
                self.executor.keeps += 1
        finally:
            here.call = outer
        del self._function, self._args
        # Whoever waits hears of it when the thread is free: the next request may come at once, and finds it.
        return self._report_end

    def _report_end(self) -> None:
        self._report(None)

    def _call(self) -> Any:
        if self._context:
            move_to_this_thread(self._context)
        executor = self.executor
        if executor.on_first is not None:
            first, executor.on_first = executor.on_first, None
            first()
        self.began_with = contextvars.copy_context()
        return self._function(*self._args)

    def look_for_changes(self) -> None:
        """In the thread: all that the call sets is set; what follows is Django's, and the task does it for itself."""
        assert self.began_with is not None
        self.unchanged = have_same_variables(self.began_with, contextvars.copy_context())

    def wait_for_loop(self, function: Callable[[Any], Awaitable[Any]], request: Any) -> Any:
        """In the thread; see the function of that name."""
        if self.orphaned:
            raise asyncio.CancelledError
        loop_call = _LoopCall(function, request)
        before = loop_call.context
        self._report(loop_call)
        self.executor.serve_until(loop_call.is_done)
        apply_changes(before, loop_call.context)
        here.call = self
        if loop_call.error is not None:
            raise loop_call.error
        return loop_call.result

    def _report(self, loop_call: _LoopCall | None) -> None:
        self._loop_call = loop_call
        try:
            self._post(self._deliver)
        except LoopGone:
            logger.debug("the event loop was closed before the request had finished")
            if loop_call is not None:
                raise asyncio.CancelledError from None

    def _deliver(self) -> None:
        """On the loop."""
        if self.awaited:
            self.resume()
        elif self._loop_call is not None:  # cancelled in the same moment: the thread must not wait for ever
            self._loop_call.error = asyncio.CancelledError()
            self.executor.give(self._loop_call.settle)


class Crossing(SyncToAsync[..., Any]):
    """`sync_to_async` that goes to the request's own pooled thread, where it has one."""

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_executor() is None:
            return await super().__call__(*args, **kwargs)
        return await cross(partial(self.func, *args, **kwargs))
