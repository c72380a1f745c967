"""What the requests of a process may hold together."""

from __future__ import annotations

import threading
import weakref

from bridgekit.concurrency.forks import in_forked_child


class Budget:
    """Bytes that many may hold together. Used from the loop and from threads.

    :param limit: ``None`` for no limit.
    """

    __slots__ = ("__weakref__", "_lock", "limit", "used")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self._start_afresh()
        _budgets.add(self)

    def _start_afresh(self) -> None:
        """At construction, and in a forked child: whoever had taken something, or held the lock, is the parent's."""
        self.used = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Take ``size`` bytes, if there are so many left."""
        with self._lock:
            if self.limit is not None and self.used + size > self.limit:
                return False
            self.used += size
            return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self._lock:
            self.used -= size


_budgets: weakref.WeakSet[Budget] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for budget in list(_budgets):
        budget._start_afresh()


in_forked_child(_after_fork_in_child)
