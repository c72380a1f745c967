"""Callbacks from any thread for one event loop: many letters, one ring of the bell."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Callback", "LoopGone", "Mailbox"]

logger = logging.getLogger("bridgekit.concurrency")

Callback: TypeAlias = Callable[[], None]


class LoopGone(RuntimeError):
    """The event loop was closed while a thread had something for it."""


class Mailbox:
    """Callbacks for one loop, run there in the order in which they were put.

    :param ring: makes the loop run a callback soon; may be called from any thread, and raises `RuntimeError` when the
        loop is closed.
    """

    __slots__ = ("_letters", "_ring", "_rung")

    def __init__(self, ring: Callable[[Callback], object]) -> None:
        self._ring = ring
        self._letters: deque[Callback] = deque()
        self._rung = False

    def put(self, callback: Callback) -> None:
        # Order matters: the letter lies in the box before the bell is looked at, and `empty` lowers the flag before it
        # takes the letters. So a letter is either taken by the emptying under way or rings for one of its own.
        self._letters.append(callback)
        if not self._rung:
            self._rung = True
            try:
                self._ring(self.empty)
            except (
                RuntimeError
            ) as error:  # asyncio: "Event loop is closed"; anyio's RunFinishedError is one, too
                self._rung = False
                raise LoopGone(str(error)) from error

    def empty(self) -> None:
        """On the loop: run every letter. What ``ring`` has to bring about."""
        self._rung = False
        letters = self._letters
        try:
            while letters:
                try:
                    letters.popleft()()
                except Exception:  # one request's fault must not keep the others' letters
                    logger.exception("a callback posted from a thread failed")
        except BaseException:
            # SystemExit leaves the loop, which may be entered again: then for the rest of the letters, too.
            if letters:
                self._rung = True
                self._ring(self.empty)
            raise
