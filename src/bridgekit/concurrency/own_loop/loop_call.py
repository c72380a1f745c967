"""A coroutine on an event loop, for a thread that waits for it and is lent to it meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.lent_thread import LentThread
from bridgekit.concurrency.own_loop.loop_thread import Session
from bridgekit.concurrency.own_loop.loops import Cancellable, Waiter, Work

Enter: TypeAlias = Callable[[contextvars.Context], None]

logger = logging.getLogger("bridgekit.concurrency")


class TaskLoop(Protocol):
    """What a call needs of an event loop; `OwnedLoop` says what each means."""

    def post(self, callback: Callable[[], None], /) -> None: ...

    def spawn(self, work: Work, context: contextvars.Context) -> Cancellable: ...

    def waiter(self) -> Waiter: ...


class Host(Protocol):
    """An event loop and those who wait for something to happen on it."""

    @property
    def loop(self) -> TaskLoop: ...

    @property
    def sessions(self) -> set[Session]: ...


class LoopTask(LentThread):
    """A task on an event loop and the thread that waits for it."""

    _task: Cancellable | None = None
    _failure: BaseException | None = None
    _over = _left = False
    begun = False
    """Whether there may be something on the loop that has to end."""

    _host: Host
    _context: contextvars.Context
    _enter: Enter

    # In the thread

    def begin(self, host: Host, context: contextvars.Context, enter: Enter) -> None:
        """Begin on the loop of ``host``, in ``context`` itself.

        :param enter: called on the loop in ``context``, with it, before the task begins.
        :raises LoopGone: when the loop has ended; nothing has begun then.
        """
        self._host, self._context, self._enter = host, context, enter
        self.begun = True  # before it is: a signal's exception may come at any step
        # Before it is handed over: should the loop end in between, `stop` must find it.
        host.sessions.add(self)
        try:
            host.loop.post(self._start)
        except LoopGone:
            host.sessions.discard(self)
            self.begun = False
            raise

    @property
    def abandoned(self) -> bool:
        """Whether the thread has left before the task had ended, which may go on."""
        return self._left

    def _give_up(self) -> None:
        """Nobody waits any more: end the task."""
        self._left = True
        self._abandon()
        self._have_cancelled()

    def _have_cancelled(self) -> None:
        if self.begun:
            with contextlib.suppress(LoopGone):
                self._host.loop.post(self._cancel)

    def _raise_failure(self) -> None:
        __traceback_hide__ = True  # Django's debug page shows the frames of the application
        failure, self._failure = self._failure, None
        if failure is not None:
            try:
                raise failure
            finally:
                del failure, self  # references from a frame to its own traceback

    # On the loop

    def _start(self) -> None:
        try:
            self._context.run(self._enter, self._context)
            task = self._host.loop.spawn(self._work, self._context)
            if not self._over:
                self._task = task
                if isinstance(task, asyncio.Task):
                    # One that is cancelled before its first step never runs `_work`.
                    task.add_done_callback(self._done)
        except Exception as error:  # the thread waits; whatever it is, it is told
            self._end(error)

    async def _work(self) -> None:
        """What the task does; ends with `_end`."""
        raise NotImplementedError

    def _end(self, failure: BaseException | None) -> None:
        self._over = True
        self._task = None
        self._host.sessions.discard(self)
        if not self._left:
            self._failure = failure
        elif failure is not None and not isinstance(failure, asyncio.CancelledError):
            logger.error("raised on the event loop after nobody waited any more", exc_info=failure)
        self._settle()

    def _done(self, task: asyncio.Task[None]) -> None:
        if not self._over:
            self._end(asyncio.CancelledError())

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        elif not self._over:  # it was not handed over
            self._end(asyncio.CancelledError())

    def stop(self) -> None:
        """The loop has ended, and the task with it."""
        if not self._over:
            self._end(RuntimeError("the event loop ended before its work was done"))


class LoopCall(LoopTask):
    """One awaitable and its result."""

    _awaitable: Any = None
    _result: Any = None

    def run(self, host: Host, awaitable: Awaitable[Any], context: contextvars.Context, enter: Enter) -> Any:
        """What ``awaitable`` gives; this thread runs what is submitted meanwhile. The other arguments are those of `begin`.

        :raises LoopGone: when the loop had ended before: nothing has begun.
        :raises BaseException: what ``awaitable`` raised.
        """
        __traceback_hide__ = True
        self._awaitable = awaitable
        try:
            self.begin(host, context, enter)
            self.lend()
        except LoopGone:
            raise
        except BaseException:
            # Thrown into the waiting thread: a worker's timeout, SystemExit of a signal handler.
            self._give_up()
            raise
        self._raise_failure()
        # Contexts that tasks have copied go on referring to this object.
        result, self._result = self._result, None
        return result

    async def _work(self) -> None:
        __traceback_hide__ = True
        failure = None
        try:
            awaitable, self._awaitable = self._awaitable, None
            self._result = await awaitable
        except BaseException as error:  # SystemExit and cancellation, too: they are the thread's
            failure = error
        self._end(failure)
        del failure
