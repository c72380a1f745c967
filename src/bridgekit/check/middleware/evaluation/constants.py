"""Operators, functions and methods over plain values: those of `check.python.plain`, on what is known entirely.

Only pure operations on small values; what is not in the tables or would grow large is left unknown rather than computed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bridgekit.check.middleware.evaluation.atoms import Const
from bridgekit.check.middleware.evaluation.values import Sequence as SequenceValue
from bridgekit.check.middleware.evaluation.values import Value
from bridgekit.check.python import plain, tables

FOLD_FAILED = object()
_COLLECTING: dict[str, Callable[..., Any]] = {
    "builtins.bool": bool,
    "builtins.frozenset": frozenset,
    "builtins.len": len,
    "builtins.list": list,
    "builtins.max": max,
    "builtins.min": min,
    "builtins.set": set,
    "builtins.sorted": sorted,
    "builtins.tuple": tuple,
}
"""Built-in functions over containers of plain data."""


class ModuleName(str):
    """``__name__``: what a module is called depends on who imports it; that it is not ``__main__`` does not."""

    __slots__ = ()


def as_const(value: Value) -> object:
    """The plain Python value, or `FOLD_FAILED`."""
    if isinstance(value, Const):
        return _folded(value.value)
    if isinstance(value, SequenceValue):
        items = [as_const(item) for item in value.items]
        if any(item is FOLD_FAILED for item in items):
            return FOLD_FAILED
        try:
            return value.kind(items)
        except TypeError:  # a set of something that has no hash
            return FOLD_FAILED
    return FOLD_FAILED


def _folded(value: object) -> object:
    """A dictionary holds values of the reader; everything else is plain already."""
    if not isinstance(value, dict):
        return value
    folded = {
        key: as_const(item) if isinstance(item, Const | SequenceValue) else item
        for key, item in value.items()
    }
    return folded if plain.is_plain(folded) else FOLD_FAILED


def _attempt(function: Callable[..., Any], *arguments: object) -> object:
    if any(argument is FOLD_FAILED for argument in arguments):
        return FOLD_FAILED
    try:
        return function(*arguments)
    except (plain.Refused, *plain.ERRORS, RecursionError, MemoryError, SyntaxError):
        return FOLD_FAILED


def compare(operation: ast.cmpop, one: Value, other: Value) -> object:
    """``one <op> other``."""
    left, right = as_const(one), as_const(other)
    named = isinstance(left, ModuleName) or isinstance(right, ModuleName)
    if named and ("__main__" not in (left, right) or not isinstance(operation, ast.Eq | ast.NotEq)):
        return FOLD_FAILED
    if isinstance(operation, ast.Is | ast.IsNot):
        same = _identical(left, right)
        return FOLD_FAILED if same is None else same is isinstance(operation, ast.Is)
    return _attempt(plain.compare, type(operation), left, right)


def _identical(left: object, right: object) -> bool | None:
    if left is FOLD_FAILED or right is FOLD_FAILED:
        return None
    for one in (left, right):
        if one is None or one is Ellipsis or isinstance(one, bool):
            return left is right
    # Equal texts and numbers may be one object or two; unequal ones, and those of different types, are two.
    return False if type(left) is not type(right) or left != right else None


def binary(operation: ast.operator, one: Value, other: Value) -> object:
    """``one <op> other``."""
    return _attempt(plain.binary, type(operation), as_const(one), as_const(other))


def unary(operation: ast.unaryop, value: Value) -> object:
    """``-x`` and its kin; ``not`` is decided by truth, not here."""
    return _attempt(plain.unary, type(operation), as_const(value))


def subscript(value: Value, index: Value) -> object:
    """``value[index]``."""
    return _attempt(operator.getitem, as_const(value), as_const(index))


def call_function(name: str, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> object:
    """``int(x)``, ``os.path.join(a, b)`` and the like, by dotted path."""
    given = [as_const(argument) for argument in arguments]
    named = {key: as_const(value) for key, value in keywords.items()}
    if any(value is FOLD_FAILED for value in (*given, *named.values())):
        return FOLD_FAILED
    if name in tables.FUNCTIONS:
        return _attempt(plain.call_function, name, given, named)
    function = _COLLECTING.get(name)
    if function is None or not all(map(plain.is_plain, (*given, *named.values()))):
        return FOLD_FAILED
    if name not in _WITHOUT_ORDER and any(map(plain.shows_order, given)):
        return FOLD_FAILED
    return _attempt(lambda: function(*given, **named))


_WITHOUT_ORDER = ("builtins.bool", "builtins.frozenset", "builtins.len", "builtins.set", "builtins.sorted")


def call_method(value: Value, name: str, arguments: Sequence[Value], keywords: Mapping[str, Value]) -> object:
    """A pure method of plain data."""
    given = [as_const(argument) for argument in arguments]
    named = {key: as_const(item) for key, item in keywords.items()}
    receiver = as_const(value)
    if any(item is FOLD_FAILED for item in (receiver, *given, *named.values())):
        return FOLD_FAILED
    return _attempt(plain.call_method, receiver, name, given, named)
