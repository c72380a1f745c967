"""What asgiref's `Local` objects hold here, told without asking them: asking for what is not there makes two exceptions first."""

from __future__ import annotations

import contextvars
import threading
from typing import Any


def variable_of(local: Any) -> contextvars.ContextVar[Any] | None:
    """The context variable in which asgiref (from 3.10 on) keeps what is in a `Local`."""
    variable = getattr(getattr(local, "_storage", None), "_data", None)
    return variable if type(variable) is contextvars.ContextVar else None


def never_set(variable: contextvars.ContextVar[Any] | None) -> bool:
    """Whether nothing was ever put into the `Local` of ``variable`` here."""
    return variable is not None and variable.get(None) is None


def empty_in_thread(local: Any) -> bool:
    """Whether this thread has put nothing into a thread-critical `Local`, be it in sync code or on a loop. False where it cannot be told."""
    storage = getattr(local, "_storage", None)
    return type(storage) is threading.local and not vars(storage)
