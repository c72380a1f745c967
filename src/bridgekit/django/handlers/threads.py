"""The pool that lends threads to the requests of a process: as many as the settings say, with Django's connections put away."""

from __future__ import annotations

import threading

from django.db import connections

from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.django import conf

__all__ = ["pool"]

IDLE_SECONDS = 600.0
"""How long an idle thread, and with it its database connections, is kept for the next request."""

_lock = threading.Lock()
_pool: WorkerPool | None = None


def pool() -> WorkerPool:
    """The process's pool; a new one where the settings ask for another size than it has."""
    global _pool
    size = conf.threads()
    found = _pool
    if found is not None and found.max_workers == size:
        return found
    with _lock:
        if _pool is None or _pool.max_workers != size:
            if _pool is not None:
                _pool.shutdown()
            _pool = WorkerPool(
                max_workers=size,
                idle_seconds=IDLE_SECONDS,
                name="bridgekit-django",
                on_retire=connections.close_all,
            )
        return _pool
