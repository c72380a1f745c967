"""Counting in buckets: what our own histograms are made of."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable

from bridgekit._arguments import check_amount, shown


def checked_bounds(name: str, bounds: Iterable[float]) -> tuple[float, ...]:
    """The finite upper bounds of a histogram, in seconds. Raises `TypeError` or `ValueError` where they cannot be that."""
    given: object = bounds
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise TypeError(f"{name} must be a list of seconds, not {shown(given)}")
    all_of_them = tuple(bounds)
    for bound in all_of_them:
        check_amount(f"each of {name}", bound)
    finite = tuple(bound for bound in all_of_them if bound != math.inf)  # that one is always there
    if not finite or list(finite) != sorted(set(finite)):
        raise ValueError(f"bucket bounds must increase: {all_of_them}")
    return finite


class Buckets:
    """One histogram. Not safe by itself: whoever holds it has a lock."""

    __slots__ = ("bounds", "counts", "highest", "lowest", "total")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        """Upper bounds; a value equal to a bound is within it."""
        self.clear()

    def clear(self) -> None:
        """Begin anew."""
        self.counts = [0] * (len(self.bounds) + 1)
        """Per bucket, not cumulative; the last one counts what is above all bounds."""
        self.total = 0.0
        self.lowest, self.highest = math.inf, -math.inf

    def add(self, value: float) -> int:
        """Count a value; gives back the number of its bucket."""
        index = bisect_left(self.bounds, value)
        self.counts[index] += 1
        self.total += value
        if value < self.lowest:
            self.lowest = value
        if value > self.highest:
            self.highest = value
        return index
