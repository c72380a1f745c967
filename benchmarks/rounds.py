"""Side-by-side measurement: interleaved rounds in shuffled order, so that a noisy machine disturbs all alike."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds per call of one contestant over all rounds."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)


def measure(
    contestants: Mapping[str, Callable[[int], float]], *, calls: int, rounds: int = 9
) -> dict[str, Measured]:
    """Time every contestant in each round, in an order shuffled anew.

    A contestant takes the number of calls to make and returns the seconds they took (it brings its own clock, so that
    set-up stays outside). The first round warms up and is dropped.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    order = list(contestants)
    for number in range(rounds + 1):
        random.shuffle(order)
        for name in order:
            gc.collect()
            seconds = contestants[name](calls)
            if number:
                taken[name].append(seconds / calls)
    return {name: Measured(name, tuple(taken[name])) for name in contestants}


def timed(work: Callable[[], object], calls: int) -> float:
    """Seconds that ``calls`` calls of ``work`` take."""
    started = time.perf_counter()
    for _ in range(calls):
        work()
    return time.perf_counter() - started


def table(results: Mapping[str, Measured], *, against: str) -> str:
    """A Markdown table: best and median per call, and how many times the time of ``against`` (ratio of medians)."""
    reference = results[against].median
    head = [f"| contestant | best us | median us | x {against} |", "| --- | ---: | ---: | ---: |"]
    rows = [
        f"| {r.name} | {r.best * 1e6:.1f} | {r.median * 1e6:.1f} | {r.median / reference:.2f} |"
        for r in sorted(results.values(), key=lambda r: r.median)
    ]
    return "\n".join(head + rows)
