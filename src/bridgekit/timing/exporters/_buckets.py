"""Counting in buckets: what our own histograms are made of."""

from __future__ import annotations

import math
from bisect import bisect_left

__all__ = ["Buckets"]


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
