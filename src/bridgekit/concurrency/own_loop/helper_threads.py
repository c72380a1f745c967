"""Threads for calls that block: one for each call under way, none kept for long."""

from __future__ import annotations

import contextvars
import logging
import os
import threading
from collections import deque
from collections.abc import Callable

logger = logging.getLogger("bridgekit.concurrency")

IDLE_SECONDS = 1.0
"""How long a thread without work is kept: long enough for the pieces of one upload, which come one after the other."""

Job = Callable[[], None]


class _Helper:
    """One thread and the job it is to do next."""

    def __init__(self, idle: deque[_Helper], job: Job) -> None:
        self._idle = idle
        self._job: Job | None = job
        self._wakeup = threading.Lock()
        self._wakeup.acquire()
        thread = threading.Thread(target=self._run, name="bridgekit-read", daemon=True)
        # It goes on to serve others: where threads inherit their starter's context, it must not be a request's.
        contextvars.Context().run(thread.start)

    def give(self, job: Job) -> None:
        self._job = job
        self._wakeup.release()

    def _run(self) -> None:
        while True:
            job, self._job = self._job, None
            if job is not None:
                try:
                    job()
                except Exception:
                    logger.exception("a job of a helper thread failed")
                del job
                self._idle.append(self)
            if not self._wakeup.acquire(timeout=IDLE_SECONDS) and self._retired():
                return

    def _retired(self) -> bool:
        """Leave, unless somebody has just taken this thread off the list: then its job is on the way."""
        try:
            self._idle.remove(self)
        except ValueError:
            self._wakeup.acquire()
            return False
        return True


_idle: dict[int, deque[_Helper]] = {}
"""By process: a forked child has none of its parent's threads."""


def run_in_helper(job: Job) -> None:
    """Run ``job`` in a thread of its own. Never waits for another job, which might never end.

    :raises RuntimeError: when no thread can be started (the interpreter ends).
    """
    idle = _idle.setdefault(os.getpid(), deque())
    try:
        helper = idle.pop()
    except IndexError:
        _Helper(idle, job)
    else:
        helper.give(job)
