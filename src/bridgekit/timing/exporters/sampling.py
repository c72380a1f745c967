"""Keep only some records, chosen when they are complete: the slow and the failed ones are never lost to chance."""

from __future__ import annotations

import random
from collections.abc import Callable

from bridgekit._arguments import check_amount, check_function
from bridgekit.timing.exporters._fields import FAILURES, latency
from bridgekit.timing.measuring.export import checked_exporter
from bridgekit.timing.record import RequestTiming

__all__ = ["SamplingExporter"]


class SamplingExporter:
    """Hands a share of the records on to another exporter.

    Measuring costs a few microseconds, so every request is measured, and what is dropped is dropped at the end, when it is known
    to be dull: failures always go on, and so do slow requests. Put it around logs and traces, never around metrics,
    which would count too little.
    """

    def __init__(
        self,
        exporter: Callable[[RequestTiming], object],
        rate: float,
        *,
        slow: float | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """
        :param exporter: the other one; a class is made without arguments.
        :param rate: the share that goes on, from 0 to 1.
        :param slow: seconds; what took longer always goes on.
        :param chance: gives numbers from 0 to 1; tests replace it.
        :raises TypeError: for an argument of another type.
        :raises ValueError: for a rate that is no share.
        """
        check_amount("rate", rate)
        if slow is not None:
            check_amount("slow", slow)
        check_function("chance", chance, arguments=0, called_with="no argument")
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is the share to keep, from 0 to 1, not {rate}")
        self.exporter = checked_exporter(exporter)
        self.rate = rate
        self.slow = slow
        self._chance = chance

    def __call__(self, timing: RequestTiming) -> None:
        dull = timing.outcome not in FAILURES and (self.slow is None or latency(timing) <= self.slow)
        if not dull or self._chance() < self.rate:
            self.exporter(timing)
