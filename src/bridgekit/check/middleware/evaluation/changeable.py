"""Which values are data, and which of them somebody may change in place."""

from __future__ import annotations

from typing import TypeGuard, get_args

from bridgekit.check.middleware.evaluation.atoms import Const
from bridgekit.check.middleware.evaluation.values import Sequence, Value


def is_changeable(value: Value) -> bool:
    """A list, dict or set, or a tuple that holds one."""
    if isinstance(value, Sequence):
        return value.kind is not tuple or any(is_changeable(item) for item in value.items)
    return isinstance(value, Const) and _has_changeable(value.value)


def holds_changeable(value: Value) -> bool:
    """Whether a value is a container with a list, dict or set in it."""
    if isinstance(value, Sequence):
        return any(is_changeable(item) for item in value.items)
    if not isinstance(value, Const):
        return False
    held = value.value
    inner = list(held.values()) if isinstance(held, dict) else held
    if not isinstance(inner, tuple | list | set):
        return False
    return any(is_changeable(item) if is_value(item) else _has_changeable(item) for item in inner)


def _has_changeable(value: object) -> bool:
    if isinstance(value, tuple):
        return any(map(_has_changeable, value))
    return isinstance(value, list | dict | set)


_KINDS = get_args(Value)


def is_value(item: object) -> TypeGuard[Value]:
    """Whether an item of a dictionary is a value of the reader; one of the project's settings is plain."""
    return isinstance(item, _KINDS)


def is_data(value: Value) -> bool:
    """Plain data, as opposed to functions, classes and modules."""
    return isinstance(value, Const | Sequence)
