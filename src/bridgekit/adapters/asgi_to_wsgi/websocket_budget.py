"""What the WebSocket messages of a process may hold in memory together."""

from __future__ import annotations

import threading

from bridgekit.concurrency.forks import in_forked_child

FREE = 64 * 1024
"""Bytes of each session that are not counted: ordinary messages are never refused for what others send."""


class Budget:
    """So many bytes for everybody. One session's largest message is allowed to each of them, but not to all at a time.

    :param limit: in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.start_afresh()

    def start_afresh(self) -> None:
        """At construction, and in a forked child: the sessions that had taken something, or held the lock, are the parent's."""
        self._lock = threading.Lock()
        self._left = self._limit

    @property
    def left(self) -> int:
        """Bytes that are to be had."""
        return self._left

    def take(self, count: int) -> bool:
        """Take so many bytes, or give some back; false if there are not as many."""
        with self._lock:
            if count > self._left:
                return False
            self._left -= count
            return True


MESSAGES = Budget(64 * 1024 * 1024)
"""Of this process: four times the largest message."""

in_forked_child(MESSAGES.start_afresh)


class Share:
    """What one session has taken of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._lock = threading.Lock()
        self._held = self._counted = 0
        self._over = False

    @property
    def held(self) -> int:
        """Bytes that the session holds."""
        return self._held

    def hold(self, count: int) -> bool:
        """Hold so many bytes more, or less; false where the budget does not have them."""
        with self._lock:
            if self._over:
                return True
            counted = max(self._held + count - FREE, 0)
            if not self._budget.take(counted - self._counted):
                return False
            self._held += count
            self._counted = counted
            return True

    def end(self) -> None:
        """Give everything back: the session is over."""
        self.hold(-self._held)
        with self._lock:
            self._over = True
