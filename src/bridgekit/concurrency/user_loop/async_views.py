"""Tells asgiref which event loop a thread works for, so that async views in it run there.

Flask and Django run an async view of a WSGI application by `asgiref.sync.async_to_sync`. It looks into a thread-local of
`SyncToAsync` for a loop of this process and runs the coroutine there, while the thread waits and does what the coroutine
asks of it by `sync_to_async`. Where it finds none, each call has an event loop of its own, and what an earlier one has left
(a client's connections, a queue) is bound to a loop that is closed. asgiref has no public call for that.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVarTuple

from asgiref.sync import SyncToAsync

logger = logging.getLogger("bridgekit.concurrency")

_Ts = TypeVarTuple("_Ts")

Marks: TypeAlias = Mapping[str, Any]

threadlocal: Any = getattr(SyncToAsync, "threadlocal", None) or threading.local()
"""Where asgiref looks. ``threadlocal.__dict__`` is this thread's, to be filled and emptied by who owns the thread."""


def marks_of(loop: asyncio.AbstractEventLoop) -> Marks:
    """What a thread has to tell asgiref for ``loop``, which runs in this process."""
    return {"main_event_loop": loop, "main_event_loop_pid": os.getpid()}


@contextmanager
def lent(marks: Marks) -> Iterator[None]:
    """Tell asgiref for a while, in a thread that belongs to others."""
    here: dict[str, Any] = threadlocal.__dict__
    before = dict(here)
    here.update(marks)
    try:
        yield
    finally:
        here.clear()
        here.update(before)


class _ForeignLoop(asyncio.AbstractEventLoop):
    """Stands where asgiref looks for a loop, and says why there is none; asgiref then makes one, as without a mark."""

    def __init__(self) -> None:
        self._reported = False

    def is_running(self) -> bool:
        """Asked by asgiref 3.8."""
        self._tell()
        return False

    def create_task(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("this is not an event loop")  # asgiref only passes it on to the next one

    def call_soon_threadsafe(
        self, callback: Callable[[*_Ts], object], *args: *_Ts, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        """Asked by asgiref since 3.9, which takes this error for a closed loop's."""
        self._tell()
        raise RuntimeError("asgiref can run nothing on trio's loop")

    def _tell(self) -> None:
        if not self._reported:
            self._reported = True
            logger.warning(
                "async views run on asyncio loops of their own here: asgiref, which runs them, knows asyncio alone, and the "
                "server's loop is trio's. They can use asyncio and anyio, but neither trio nor what an earlier view made. "
                "For the server's loop in async views, serve on asyncio."
            )


FOREIGN_LOOP: asyncio.AbstractEventLoop = _ForeignLoop()  # type: ignore[abstract]  # it answers what asgiref asks
"""To be told of where the server's loop is not asyncio's."""
