"""A signal's exception at a chosen step of this thread, as the handlers raise it that end what takes too long."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import bridgekit

PACKAGE = str(Path(bridgekit.__file__).parent)


class Alarm(BaseException):
    """What a handler raises, as timeouts by SIGALRM do."""


def is_with(frame: FrameType) -> bool:
    """Whether this is a ``with`` statement, which is traced again on its way out: there no signal can come between."""
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with ")


@contextmanager
def interrupted(step: int) -> Iterator[None]:
    """Raise `Alarm` in this thread at a line of the package: the ``step``th that it comes to."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line" and not is_with(frame):
            lines += 1
            if lines == step:
                sys.settrace(None)
                raise Alarm
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)


def was_interrupted(work: Callable[[], object]) -> bool:
    """Run ``work``, which uses `interrupted`, in a thread of its own; whether it came to that step. Nothing that it has held is left.

    Raised from a tracer on the way out of an ``except`` block, an exception leaves there, on Python 3.11, what was being handled as what is
    being handled: for each later test in the thread.
    """

    def run() -> bool:
        try:
            work()
        except Alarm:
            return True
        return False

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()
