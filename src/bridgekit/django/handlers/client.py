"""Whether the client is still there: listened for while a request takes its time."""

from __future__ import annotations

import asyncio
import contextvars
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from django.core.exceptions import RequestAborted

from bridgekit.concurrency.user_loop.backends import asyncio_backend


class ClientWatch:
    """Cancels the task of a request when its client leaves.

    `ASGIHandler.handle` listens in a task beside every request. Here the task begins with the loop's next look at the requests
    in flight (`bridgekit.concurrency.user_loop.backends.TICK`), which most requests do not live to see.

    :param listen: Django's ``listen_for_disconnect``: raises `RequestAborted`, or what `receive` raises.
    :param task: the request's own.
    """

    __slots__ = (
        "_backend",
        "_before",
        "_cancelled",
        "_context",
        "_listen",
        "_listener",
        "_over",
        "_task",
        "error",
    )

    def __init__(
        self, listen: Callable[[], Coroutine[Any, Any, None]], task: asyncio.Task[Any] | None
    ) -> None:
        self._listen = listen
        self._listener: asyncio.Task[None] | None = None
        self._over = self._cancelled = False
        backend = asyncio_backend()
        assert task is not None
        assert backend is not None
        self._task = task
        self._before = task.cancelling()
        # The loop's look at the requests runs in the context of whichever began it.
        self._context = contextvars.copy_context()
        self._backend = backend
        self.error: BaseException | None = None
        """What listening came to, if it was not cancelled."""
        backend.register(self)

    def tick(self) -> None:
        """See `bridgekit.concurrency.user_loop.backends.Ticking`."""
        if self._listener is None:
            self._listener = self._task.get_loop().create_task(self._listen(), context=self._context)
            self._listener.add_done_callback(self._heard)
            self._backend.unregister(self)

    def leave(self) -> bool:
        """Stop listening; false where it takes `end`."""
        if self._listener is not None:
            return False
        self._backend.unregister(self)
        return True

    async def has_left(self) -> bool:
        """Whether the client has left, where `send` has raised: `receive` says so at once then. Nothing is cancelled any more."""
        self._over = True
        self.tick()
        listener = self._listener
        assert listener is not None
        await asyncio.wait((listener,), timeout=0)
        return (
            listener.done() and not listener.cancelled() and isinstance(listener.exception(), RequestAborted)
        )

    def _heard(self, listener: asyncio.Task[None]) -> None:
        if listener.cancelled():
            return
        self.error = listener.exception()
        if not self._over:
            self._cancelled = True
            if sys.version_info < (3, 13):
                # A view's `asyncio.TaskGroup` that failed while it waited for its tasks has left its cancellation in the count.
                self._before = self._task.cancelling()
            self._task.cancel()

    def has_cancelled(self) -> bool:
        """Whether the cancellation that arrived is this one's alone; it is taken back then."""
        if not self._cancelled:
            return False
        self._cancelled = False
        return self._task.uncancel() <= self._before

    async def end(self) -> None:
        """Stop listening."""
        self._over = True
        self._backend.unregister(self)
        listener = self._listener
        if listener is not None and not listener.done():
            listener.cancel()
            await asyncio.wait((listener,))
        if self._cancelled:  # in the same moment in which the request was done: nobody has heard of it yet
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                if not self.has_cancelled():
                    raise
            else:
                self.has_cancelled()  # the view has heard of it, and gone on
