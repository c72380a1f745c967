"""A number known between two bounds: what holds in every completion of unknown facts."""

from __future__ import annotations

from collections.abc import Iterable

from bridgekit._dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """At least ``low``, at most ``high``; ``None`` means that no upper bound is known."""

    low: int
    high: int | None

    @classmethod
    def exactly(cls, value: int) -> Range:
        """A known number."""
        return cls(value, value)

    @classmethod
    def hull(cls, ranges: Iterable[Range]) -> Range:
        """The smallest range that holds every one of ``ranges``, of which there must be at least one."""
        members = list(ranges)
        highs = [member.high for member in members if member.high is not None]
        return cls(min(member.low for member in members), max(highs) if len(highs) == len(members) else None)

    @property
    def is_exact(self) -> bool:
        """Whether the number is known."""
        return self.low == self.high

    def __add__(self, other: Range) -> Range:
        unbounded = self.high is None or other.high is None
        return Range(self.low + other.low, None if unbounded else (self.high or 0) + (other.high or 0))

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low} or more"
        return str(self.low) if self.is_exact else f"{self.low} to {self.high}"
