"""Waiting for another thread where no event can tell what it has done."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 20.0


def until(condition: Callable[[], bool]) -> None:
    """Give other threads their turn until they have done what they are about to do; fails after 20 seconds."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "another thread has not done what it was waited for"
        time.sleep(0)
