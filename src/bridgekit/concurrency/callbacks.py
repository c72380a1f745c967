"""Callbacks from any thread for one event loop: many callbacks, one wakeup."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

logger = logging.getLogger("bridgekit.concurrency")

Callback: TypeAlias = Callable[[], None]


class LoopGone(RuntimeError):
    """The event loop was closed while a thread had something for it."""


class CallbackQueue:
    """Callbacks for one loop, run there in the order in which they were put.

    :param wake_up: makes the loop run a callback soon; may be called from any thread, and raises `RuntimeError` when the
        loop is closed. Whoever puts another one in its place on the loop calls `run` then.
    """

    __slots__ = ("_callbacks", "_scheduled", "wake_up")

    def __init__(self, wake_up: Callable[[Callback], object]) -> None:
        self.wake_up = wake_up
        self._callbacks: deque[Callback] = deque()
        self._scheduled = False

    def put(self, callback: Callback) -> None:
        # Order matters: the callback is in the queue before the flag is looked at, and `run` lowers the flag before it
        # takes callbacks. So each is either taken by the run under way or schedules one of its own.
        self._callbacks.append(callback)
        if not self._scheduled:
            try:
                self._scheduled = True
                self.wake_up(self.run)
            except BaseException as error:
                # Also what a signal raises here, in a request's thread that is the main one: had nobody woken the loop,
                # nobody would ever again.
                self._scheduled = False
                if isinstance(
                    error, RuntimeError
                ):  # asyncio: "Event loop is closed"; anyio's RunFinishedError is one, too
                    raise LoopGone(str(error)) from error
                raise

    def run(self) -> None:
        """On the loop: run every callback. What ``wake_up`` has to bring about."""
        self._scheduled = False
        callbacks = self._callbacks
        try:
            while callbacks:
                try:
                    callbacks.popleft()()
                except Exception:  # one request's fault must not keep the others' callbacks
                    logger.exception("a callback posted from a thread failed")
        except BaseException:
            # SystemExit leaves the loop, which may be entered again: then for the rest of the callbacks, too.
            if callbacks:
                self._scheduled = True
                self.wake_up(self.run)
            raise
