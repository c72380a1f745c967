"""How long the state machines that drive running adapters and handlers are tried."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import HealthCheck, Phase, settings

__all__ = ["EXAMPLES", "errors_in", "for_a_while", "logged_by"]

EXAMPLES = "BRIDGEKIT_TEST_EXAMPLES"
"""The environment variable that says how many examples each machine tries, in place of the few that a whole run has time for."""


def for_a_while(examples: int, steps: int = 25) -> settings:
    """Settings of a machine. Threads take their turns as they like, and what hangs takes its time: an example is not shrunk."""
    return settings(
        max_examples=int(os.environ.get(EXAMPLES, examples)),
        stateful_step_count=steps,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def logged_by(*names: str) -> Iterator[list[logging.LogRecord]]:
    """What is logged under these names, from warnings up."""
    kept = _Kept()
    for name in names:
        logging.getLogger(name).addHandler(kept)
    try:
        yield kept.records
    finally:
        for name in names:
            logging.getLogger(name).removeHandler(kept)


def errors_in(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and what it was raised from, members of groups included."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
