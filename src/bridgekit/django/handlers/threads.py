"""The pool that lends threads to the requests of a process: as many as the settings say, with Django's connections put away."""

from __future__ import annotations

import threading

from django.db import connections

from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.django import conf

IDLE_SECONDS = 600.0
"""How long an idle thread, and with it its database connections, is kept for the next request."""

_lock = threading.Lock()
_options: tuple[WorkerPool, int, float] | None = None
_generation = -1


def pool_options() -> tuple[WorkerPool, int, float]:
    """The process's pool, the most requests that wait for a thread of it, and the seconds that each does: as the settings say now."""
    if _options is None or _generation != conf.generation():
        _look_at_settings()
    assert _options is not None
    return _options


def pool() -> WorkerPool:
    """The pool of `pool_options`."""
    return pool_options()[0]


def _look_at_settings() -> None:
    global _generation, _options
    with _lock:
        generation = conf.generation()
        size, queue, wait = conf.pool_options()
        found = None if _options is None else _options[0]
        if found is None or found.max_workers != size:
            if found is not None:
                found.shutdown()
            found = WorkerPool(
                max_workers=size,
                idle_seconds=IDLE_SECONDS,
                name="bridgekit-django",
                on_retire=connections.close_all,
            )
        _options = (found, queue, wait)
        _generation = generation
