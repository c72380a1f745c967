"""What one run of the checker may take, in all: seconds, steps of both readers, and files' content.

A bound for each file or each question is none for a project of many: hostile source would only have to be split. What is reached
first is kept with its place; from there on whatever asks gets that answer, and leaves unknown what it has not looked at.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable

from bridgekit._plural import plural
from bridgekit.middleware_chain.facts import Location

MAX_RUN_STEPS = 20_000_000
"""Expressions that are evaluated, of settings and of middleware. The largest projects seen take a twentieth of that."""

Clock = Callable[[], float]


class RunBounds:
    """How much of a run's time and steps is left.

    ``seconds`` is None for a run without a bound of time; ``clock`` gives seconds that only go forward.
    """

    __slots__ = ("_clock", "_ends", "_seconds", "_steps", "location", "reached")

    def __init__(
        self, seconds: float | None = None, steps: int = MAX_RUN_STEPS, clock: Clock = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._steps = steps
        self._clock = clock
        self._ends = None if seconds is None else clock() + seconds
        self.reached = ""
        """Which bound was reached; empty if none was."""
        self.location: Location | None = None
        """Where it was reached."""

    def spend(self, steps: int, where: Callable[[], Location]) -> str:
        """Count steps, and look at the clock: which bound is reached, or nothing."""
        self._steps -= steps
        if self._steps < 0:
            self.end(f"{MAX_RUN_STEPS:,} steps", where())
        elif not self.reached and self._ends is not None and self._clock() >= self._ends:
            self.end(plural(f"{self._seconds:g}", "second"), where())
        return self.reached

    @property
    def seconds_left(self) -> float:
        """What is left of the run's time; infinite without a bound."""
        return math.inf if self._ends is None else max(0.0, self._ends - self._clock())

    def is_over(self, path: str | os.PathLike[str]) -> bool:
        """Look at the clock before this file or folder is looked at: whether the run has ended."""
        return bool(self.spend(0, lambda: Location(str(path), 1)))

    def end(self, bound: str, location: Location) -> None:
        """The run is over: what is not known by now stays unknown."""
        if not self.reached:
            self.reached = f"the run's bound of {bound} was reached"
            self.location = location
