"""The thread for calls of tasks that outlive their request.

A view under WSGI may leave a task on the loop. Its thread-sensitive calls (the ORM's) ran in the request's thread, which is the
server's again by then: stock asgiref raises "CurrentThreadExecutor already quit". They run here, all of a process in one thread,
which is started when needed and ends when idle.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from django.db import connections

from bridgekit.concurrency.own_loop.lent_thread import LentThread
from bridgekit.django.handlers.old_connections import put_away_old_connections

IDLE_SECONDS = 5.0

_threads: dict[int, LentThread] = {}
"""By process: a forked child has none of its parent's threads."""


def late_calls() -> LentThread:
    """This process's executor for what comes too late for every other."""
    pid = os.getpid()
    return _threads.get(pid) or _threads.setdefault(pid, _LateCalls())


class _Starting(threading.Condition):
    """A condition that starts who waits for it."""

    def __init__(self, owner: _LateCalls) -> None:
        super().__init__(threading.Lock())
        self._owner = owner

    def notify(self, n: int = 1) -> None:
        self._owner.start()
        super().notify(n)


class _LateCalls(LentThread):
    """Never leaves: whoever looks for a thread that still waits ends here."""

    def __init__(self) -> None:
        super().__init__()
        self.ident = 0
        self._work_ready = _Starting(self)
        self._running = False

    def start(self) -> None:
        """With the lock held: see to it that a thread runs."""
        if not self._running:
            self._running = True
            # A daemon: a call that hangs must not keep the process from ending.
            threading.Thread(target=self._serve, name="bridgekit-late-calls", daemon=True).start()

    def _serve(self) -> None:
        self.ident = threading.get_ident()
        while True:
            self.lend(IDLE_SECONDS)
            with self._work_ready:
                if not self._work_items:
                    self._running = False
                    self.ident = 0
                    break
        connections.close_all()

    def _run(self, job: Any) -> None:
        # No request begins or ends in this thread, and those are what Django looks at its connections for.
        put_away_old_connections()
        try:
            super()._run(job)
        finally:
            put_away_old_connections()
