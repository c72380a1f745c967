"""What is begun and not finished on the database connections of a thread: to leave the thread then would lose it.

A cursor that is read in pieces (`QuerySet.iterator`, ``aiterator``) and a transaction belong to a connection, and the connection to its
thread. Cursors are seen by Django's own hook for who executes what: `connection.execute_wrappers`.
"""

from __future__ import annotations

import threading
from typing import Any
from weakref import WeakSet

from django.db import connections
from django.db.backends.signals import connection_created


class _Cursors(threading.local):
    """Those of this thread that have executed something and are not dropped; None in a thread that is none of ours."""

    alive: WeakSet[Any] | None = None


_cursors = _Cursors()


def watch_this_thread() -> None:
    """See the cursors of the connections that this thread opens from now on."""
    if _cursors.alive is None:
        _cursors.alive = WeakSet()


def is_open() -> bool:
    """Whether a cursor or a transaction of this thread is open."""
    # Django drops a cursor with its last row. A driver's that knows of itself that it is closed may live on in a traceback.
    if any(not getattr(cursor, "closed", False) for cursor in _cursors.alive or ()):
        return True
    return any(
        connection.in_atomic_block or connection.autocommit != connection.settings_dict["AUTOCOMMIT"]
        for connection in connections.all(initialized_only=True)
        if connection.connection is not None
    )


def has_transaction() -> bool:
    """Whether an ``atomic`` of this thread was entered and never left. `close_old_connections` passes its connection over."""
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))


def _note(execute: Any, sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if _cursors.alive is not None:
        _cursors.alive.add(context["cursor"])
    return execute(sql, params, many, context)


def _watch(connection: Any, **kwargs: Any) -> None:
    # In front: who leaves a ``with connection.execute_wrapper(...)`` takes off the last one.
    if _cursors.alive is not None and _note not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _note)


connection_created.connect(_watch)
