"""What the WebSocket messages of a process may hold in memory together."""

from __future__ import annotations

import threading

from bridgekit.adapters.shared.budget import Budget

FREE = 64 * 1024
"""Bytes of each session that are not counted: ordinary messages are never refused for what others send."""


MESSAGES = Budget(64 * 1024 * 1024)
"""Of this process: four times the largest message. That one is allowed to each session, but not to all at a time."""


class Share:
    """What one session has taken of a budget."""

    def __init__(self, budget: Budget) -> None:
        self._account = budget.account
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
            if not self._account.take(counted - self._counted):  # fewer are always to be had
                return False
            self._held += count
            self._counted = counted
            return True

    def end(self) -> None:
        """Give everything back: the session is over."""
        self.hold(-self._held)
        with self._lock:
            self._over = True
