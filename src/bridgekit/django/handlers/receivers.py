"""Who listens to Django's request signals: where it is Django alone, the signals can be sent where it costs nothing."""

from __future__ import annotations

from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.db import close_old_connections, reset_queries
from django.dispatch import Signal

__all__ = ["any_async", "only_django_listens"]

_DJANGOS = frozenset(map(id, (close_caches, close_old_connections, reset_queries, reset_urlconf)))
"""Each looks at what its own thread or context holds: connections, caches, the URLconf."""


def only_django_listens(signal: Signal) -> bool:
    """Whether all receivers are Django's own."""
    # An entry begins with its lookup key, which begins with the receiver's id or the dispatch_uid (`Signal.connect`).
    return all(entry[0][0] in _DJANGOS for entry in signal.receivers)


def any_async(signal: Signal) -> bool:
    """Whether a receiver is a coroutine function: those are awaited on the loop."""
    return any(entry[-1] for entry in signal.receivers)
