"""Answers the lifespan protocol for an application that has none (ASGI specification, "Lifespan Protocol")."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio.to_thread

from bridgekit.concurrency.user_loop.async_views import FOREIGN_LOOP, Marks, lent, marks_of
from bridgekit.typing import Receive, Send

Hook: TypeAlias = Callable[[], Awaitable[Any] | Any]


async def _call(hook: Hook) -> None:
    """Run a hook: a coroutine function on the loop, a plain one in a thread, since it may block."""
    if inspect.iscoroutinefunction(hook):
        await hook()
    else:
        try:
            marks = marks_of(asyncio.get_running_loop())
        except RuntimeError:
            marks = marks_of(FOREIGN_LOOP)
        (outcome,) = await anyio.to_thread.run_sync(_call_in_thread, hook, marks)
        if inspect.isawaitable(outcome):
            await outcome


def _call_in_thread(hook: Hook, marks: Marks) -> list[Any]:
    """In a list, because trio refuses to hand over the coroutine of an object whose call is asynchronous."""
    with lent(marks):  # what a hook opens by `async_to_sync`, requests will use on the same loop
        return [hook()]


async def answer_lifespan(
    receive: Receive,
    send: Send,
    on_startup: Hook | None,
    on_shutdown: Hook | None,
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Answer startup and shutdown, running the hooks between question and answer.

    A hook that raises makes the answer ``failed``, with the traceback as message, and is raised to the server, too.

    :param drain: awaited before ``on_shutdown``: what requests still use may not be taken down under them.
    """
    while True:
        message = await receive()
        phase, hook = {
            "lifespan.startup": ("startup", on_startup),
            "lifespan.shutdown": ("shutdown", on_shutdown),
        }[message["type"]]
        if phase == "shutdown":
            await drain()
        try:
            if hook is not None:
                await _call(hook)
        except Exception:
            await send({"type": f"lifespan.{phase}.failed", "message": traceback.format_exc()})
            raise
        await send({"type": f"lifespan.{phase}.complete"})
        if phase == "shutdown":
            return
