"""What the requests of a process may hold together."""

from __future__ import annotations

import threading
import weakref

from bridgekit.concurrency.forks import in_forked_child


class Account:
    """What those have taken of a budget who came while one process ran. Used from the loop and from threads."""

    __slots__ = ("__weakref__", "limit", "lock", "used")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.used = 0
        self.lock = threading.Lock()
        _accounts.add(self)

    def take(self, size: int) -> bool:
        """Take ``size`` bytes, if there are so many left."""
        with self.lock:
            if self.limit is not None and self.used + size > self.limit:
                return False
            self.used += size
            return True

    def give(self, size: int) -> None:
        """Give back what was taken."""
        with self.lock:
            self.used -= size


class Budget:
    """Bytes that many may hold together. Each of them keeps the account that it finds, for all that it takes and gives back.

    A forked child has a new one: what the requests of its parent hold there is given back in the parent alone. Those that the
    child has inherited and ends itself go on with their own, or they would give back what nobody has taken of the new one.

    :param limit: ``None`` for no limit.
    """

    __slots__ = ("__weakref__", "account", "limit")

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.account = Account(limit)
        _budgets.add(self)

    @property
    def used(self) -> int:
        """Bytes that are held now."""
        return self.account.used


_accounts: weakref.WeakSet[Account] = weakref.WeakSet()
_budgets: weakref.WeakSet[Budget] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for account in list(_accounts):
        account.lock = threading.Lock()  # whoever held the other one is the parent's
    for budget in list(_budgets):
        budget.account = Account(budget.limit)


in_forked_child(_after_fork_in_child)
