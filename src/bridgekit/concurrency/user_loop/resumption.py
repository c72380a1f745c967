"""What a task awaits so that whoever settles it takes the task's next step, and not the loop one iteration later."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any


class Resumption:
    """To a task, a future: what it yields and is called back by (`asyncio.isfuture`; ``__step`` of asyncio/tasks.py).

    A future that is settled asks the loop to call the task soon, which is one more look at every file descriptor. This
    calls the task itself. It can be yielded again and again, by one task at a time, each time after having set
    ``_asyncio_future_blocking``.
    """

    __slots__ = ("_asyncio_future_blocking", "_cancelled", "_loop", "_step", "_task_context")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._step: Callable[[Any], object] | None = None
        self._cancelled: asyncio.CancelledError | None = None

    @property
    def awaited(self) -> bool:
        """Whether a task waits."""
        return self._step is not None

    def resume(self) -> None:
        """In a callback of the loop's, and in no task: take the next step of the task, if one waits."""
        step, self._step = self._step, None
        if step is not None:
            self._task_context.run(step, self)

    # What the task calls

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """See `asyncio.Future.get_loop`."""
        return self._loop

    def add_done_callback(self, callback: Callable[[Any], object], *, context: contextvars.Context) -> None:
        """See `asyncio.Future.add_done_callback`; ``context`` is the task's own, as every task gives it."""
        self._step = callback
        self._task_context = context

    def result(self) -> None:
        """Nothing, or the cancellation. Asked by the step before it goes on."""
        cancelled, self._cancelled = self._cancelled, None
        if cancelled is not None:
            raise cancelled

    def cancel(self, msg: Any = None) -> bool:
        """As `asyncio.Future.cancel`: the task goes on in the loop's next iteration."""
        step, self._step = self._step, None
        if step is None:
            return False
        self._cancelled = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self._loop.call_soon(step, self, context=self._task_context)
        return True
