"""Costs of the ways through a piece of code, kept apart by whether they reached ``get_response``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field

from bridgekit._dataclass import dataclass
from bridgekit.check.middleware.evaluation.atoms import Unknown


@dataclass(frozen=True, slots=True)
class Cost:
    """Thread hops between ``low`` and ``high`` (None: no bound is known), the runs of ``MiddlewareMixin.__acall__``
    likewise, and why the bounds differ."""

    low: int = 0
    high: int | None = 0
    mixin_low: int = 0
    mixin_high: int = 0
    why: Unknown | None = None

    @property
    def is_exact(self) -> bool:
        """Whether the bounds meet."""
        return self.low == self.high and self.mixin_low == self.mixin_high

    @property
    def bounds(self) -> tuple[int, int | None, int, int]:
        """The numbers without the reason."""
        return self.low, self.high, self.mixin_low, self.mixin_high

    def plus(self, other: Cost) -> Cost:
        """Both, one after the other."""
        high = None if self.high is None or other.high is None else self.high + other.high
        mixin_high = self.mixin_high + other.mixin_high
        return Cost(
            self.low + other.low, high, self.mixin_low + other.mixin_low, mixin_high, self.why or other.why
        )

    def either(self, other: Cost, why: Unknown | None) -> Cost:
        """One of the two; ``why`` says what decides, kept only if it makes a difference."""
        high = None if self.high is None or other.high is None else max(self.high, other.high)
        same = (self.low, self.high, self.mixin_low) == (other.low, other.high, other.mixin_low)
        return Cost(
            min(self.low, other.low),
            high,
            min(self.mixin_low, other.mixin_low),
            max(self.mixin_high, other.mixin_high),
            self.why or other.why or (None if same else why),
        )


Paths = dict[bool, Cost]
"""The cost of the ways that have reached ``get_response`` (True) and of those that have not (False)."""

FREE: Paths = {False: Cost()}


def then(first: Paths, second: Paths) -> Paths:
    """Every way through ``first`` followed by every way through ``second``."""
    result: Paths = {}
    for passed, cost in first.items():
        for passes, more in second.items():
            _add(result, passed or passes, cost.plus(more), None)
    return result


def any_of(alternatives: Iterable[Paths], why: Unknown | None) -> Paths:
    """One of several; ``why`` says what decides."""
    result: Paths = {}
    for paths in alternatives:
        for passed, cost in paths.items():
            _add(result, passed, cost, why)
    return result


def repeated(paths: Paths, why: Unknown) -> Paths:
    """Any number of times: free, or without bound if one time costs anything."""
    result: Paths = dict(FREE)
    for passed, cost in paths.items():
        _add(result, passed, Cost(0, None, 0, cost.mixin_high, why) if cost.high != 0 else cost, why)
    return result


def _add(paths: Paths, passed: bool, cost: Cost, why: Unknown | None) -> None:
    known = paths.get(passed)
    paths[passed] = cost if known is None else known.either(cost, why)


@dataclass(slots=True)
class Flow:
    """Where control goes: ways that run on behind the block, and ways that returned inside it. Raising ways are dropped:
    the request does not pass through on them."""

    open: Paths = field(default_factory=dict)
    returned: Paths = field(default_factory=dict)

    def leave(self, paths: Paths, why: Unknown | None) -> None:
        """Add ways that return."""
        self.returned = any_of([self.returned, paths], why)
