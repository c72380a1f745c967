"""asgiref's ``async_to_sync`` without a new thread and a new event loop for each call.

Here is everything that leans on how asgiref passes a waiting thread on (asgiref/sync.py, 3.9.1 to 3.13): the
executor in ``AsyncToSync.executors.current``, and what ``SyncToAsync.threadlocal`` notes.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import sys
from collections.abc import AsyncGenerator, Awaitable
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync

from bridgekit.adapters.shared.context import move_to_this_thread, overlay_context, remove_stale_overlay
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.borrowed_loop import BorrowedLoop
from bridgekit.concurrency.own_loop.loop_call import Host, LoopCall
from bridgekit.concurrency.own_loop.loop_iterator import LoopIterator
from bridgekit.concurrency.own_loop.loop_thread import Borrow, borrow
from bridgekit.django.handlers.late_calls import late_calls

_executors: Any = AsyncToSync.executors
_marks: Any = SyncToAsync.threadlocal

OVERLAYS = "_bridgekit_overlays"
"""Attribute of a request."""

_borrows: dict[int, Borrow] = {}
"""By process: a forked child has none of its parent's threads."""


class OnLoop(AsyncToSync[..., Any]):
    """A coroutine function as a plain one, run on the process's one loop thread while the calling thread waits.

    As under ``async_to_sync`` the function runs in the caller's context, what it sets there is set for the caller (until
    `end_overlays` of the request that is its first argument), and the caller's thread runs its thread-sensitive ``sync_to_async`` calls. Where asgiref would run it on the loop of a
    ``sync_to_async`` call further out (a test's, or an ASGI server's), that one is used.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """:raises RuntimeError: when called in a thread that runs an event loop."""
        __traceback_hide__ = True
        if _runs_a_loop():
            return super().__call__(*args, **kwargs)  # it raises, and says why
        noted = dict(vars(_marks))
        call = LoopCall(getattr(_executors, "current", None) or late_calls())
        context = contextvars.copy_context()
        context.run(setattr, _executors, "current", call)
        before = context.copy()
        awaitable = _awaited(
            context.run(self.awaitable, *args, **kwargs), sys.exc_info()[1], noted.get("task_context")
        )
        try:
            return _run(call, awaitable, context, noted)
        finally:
            if not call.abandoned:
                _show(args[0] if args else None, before, context)
            if call.jobs:
                vars(_marks).clear()
                vars(_marks).update(noted)


def _run(
    call: LoopCall, awaitable: Awaitable[Any], context: contextvars.Context, noted: dict[str, Any]
) -> Any:
    __traceback_hide__ = True
    while True:
        try:
            return call.run(_host(noted), awaitable, context, move_to_this_thread)
        except LoopGone:  # it ended after we had looked
            noted = {}


def _show(request: Any, before: contextvars.Context, after: contextvars.Context) -> None:
    """Show the thread, until `end_overlays`, what the coroutine has set."""
    overlay = overlay_context(_key(request), before, after)
    if overlay is not None and request is not None:
        vars(request).setdefault(OVERLAYS, []).append(overlay)


def begin_overlays(request: Any) -> None:
    """Before a request: what an earlier one has left in this thread (its response was closed in another) is taken back."""
    remove_stale_overlay(_key(request))


def has_overlays(request: Any) -> bool:
    """Whether this thread has been shown anything."""
    return bool(vars(request).get(OVERLAYS))


def end_overlays(request: Any) -> None:
    """The thread has again what it had before the request."""
    overlays = vars(request).pop(OVERLAYS, [])
    while overlays:
        overlays.pop().end()


def _key(request: Any) -> Any:
    """By what an adapter around Django tells this request from the thread's next one, too."""
    return getattr(request, "environ", request)


def iterate_on_loop(source: AsyncGenerator[Any, None]) -> LoopIterator:
    """Iterate over ``source`` on the same loop, in the present context; thread-sensitive calls run in the iterating thread."""
    context = contextvars.copy_context()
    iterator = LoopIterator(_host(vars(_marks)), source, context, move_to_this_thread, outer=late_calls())
    context.run(setattr, _executors, "current", iterator.pump)
    return iterator


async def _awaited(awaitable: Awaitable[Any], error: BaseException | None, tasks: list[Any] | None) -> Any:
    """Await as `AsyncToSync.main_wrap` does.

    :param error: what the caller is handling: `sys.exc_info` must show it here, too.
    :param tasks: where asgiref looks for the task to cancel if the one that called the caller's thread is cancelled.
    """
    __traceback_hide__ = True
    if tasks is None and error is None:
        return await awaitable
    task = asyncio.current_task()
    if tasks is not None:
        tasks.append(task)
    try:
        if error is None:
            return await awaitable
        try:
            raise error
        except BaseException:
            return await awaitable
    finally:
        if tasks is not None:
            tasks.remove(task)


def _host(noted: dict[str, Any]) -> Host:
    """Where a call of this thread runs, by what asgiref has noted in it."""
    pid = os.getpid()
    held = _borrows.get(pid)
    native = noted.get("main_event_loop")
    if native is not None and noted.get("main_event_loop_pid") == pid and native.is_running():
        ours = None if held is None else getattr(held.thread.loop, "native", None)
        if native is not ours:
            return BorrowedLoop(native)
    if held is None or not held.thread.alive:
        # Never given back: clients that views keep are bound to this loop. It ends with the process.
        held = _borrows[pid] = borrow("asyncio", _nothing_to_close)
    return held.thread


async def _nothing_to_close() -> None:
    pass


def _runs_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
