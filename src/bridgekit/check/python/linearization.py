"""The method resolution order: C3 (https://www.python.org/download/releases/2.3/mro/)."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

C = TypeVar("C")


def c3(orders: Sequence[Sequence[C]], bases: Sequence[C], key: Callable[[C], Hashable]) -> list[C] | None:
    """The bases' orders and the order of the bases merged; None if they contradict each other. ``key`` gives a class's identity."""
    pending = [list(order) for order in [*orders, bases] if order]
    merged: list[C] = []
    while pending:
        behind = {key(cls) for order in pending for cls in order[1:]}
        head = next((order[0] for order in pending if key(order[0]) not in behind), None)
        if head is None:
            return None
        merged.append(head)
        rest = [[cls for cls in order if key(cls) != key(head)] for order in pending]
        pending = [order for order in rest if order]
    return merged
