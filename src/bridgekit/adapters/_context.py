"""Context variables into the worker and, where the caller's own context runs on, out again."""

from __future__ import annotations

import contextvars
import threading
from typing import Any

import asgiref.local

__all__ = ["carry_out", "rehome"]

_Storage: Any = getattr(asgiref.local, "_Storage", None)
"""How asgiref since 3.13 tags a `Local`'s data with its thread: on another one it reads as empty, unless it is moved on
purpose. Moving it is what a bridge does, and asgiref has no public call for that."""


_MISSING = object()


def _at_home(value: Any) -> Any:
    """``value`` as this thread may see it."""
    if _Storage is not None and type(value) is _Storage:
        return _Storage(threading.get_ident(), value.data)
    return value


def rehome(context: contextvars.Context) -> None:
    """Make `asgiref.local.Local` data of ``context``, which came from another thread and runs now, visible in this one."""
    if _Storage is None or not context:
        return
    for variable, value in list(context.items()):
        at_home = _at_home(value)
        if at_home is not value:
            variable.set(at_home)


def carry_out(before: contextvars.Context, after: contextvars.Context) -> None:
    """Set in the current context what a run in a copy of it, from ``before`` to ``after``, has changed.

    Values are told apart by identity: equality may be costly, may raise (arrays), and an equal list is another list.
    """
    for variable, value in after.items():
        if before.get(variable, _MISSING) is not value:
            variable.set(_at_home(value))
