"""Fold operators over plain values: comparisons of versions, arithmetic of tuples, a few string methods.

Only pure operations on small values; a result that would grow large is left unknown rather than computed.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Sequence
from typing import Any

from bridgekit.check.source.values import Const, Value
from bridgekit.check.source.values import Sequence as SequenceValue

__all__ = [
    "FOLD_FAILED",
    "as_const",
    "binary",
    "call_builtin",
    "call_method",
    "compare",
    "subscript",
    "unary",
]

FOLD_FAILED = object()
_MAX_LENGTH = 10_000
_MAX_TEXT = 2_000

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda one, other: one in other,
    ast.NotIn: lambda one, other: one not in other,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}
_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
}
_BUILTINS: dict[str, Callable[..., Any]] = {
    "bool": bool,
    "float": float,
    "int": int,
    "len": len,
    "list": list,
    "max": max,
    "min": min,
    "str": str,
    "tuple": tuple,
    "sorted": sorted,
    "set": frozenset,
    "frozenset": frozenset,
}
_STRING_METHODS = frozenset(
    {
        "casefold",
        "endswith",
        "join",
        "lower",
        "lstrip",
        "partition",
        "replace",
        "rpartition",
        "rsplit",
    }
    | {"rstrip", "split", "startswith", "strip", "title", "upper"}
)


def as_const(value: Value) -> object:
    """The plain Python value, or `FOLD_FAILED`."""
    if isinstance(value, Const):
        return value.value
    if isinstance(value, SequenceValue):
        items = [as_const(item) for item in value.items]
        return FOLD_FAILED if FOLD_FAILED in items else tuple(items)
    return FOLD_FAILED


def _attempt(function: Callable[..., Any], *arguments: object) -> object:
    if any(argument is FOLD_FAILED for argument in arguments):
        return FOLD_FAILED
    try:
        result = function(*arguments)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError, MemoryError):
        return FOLD_FAILED
    return FOLD_FAILED if isinstance(result, str | tuple | list) and len(result) > _MAX_LENGTH else result


def compare(operation: ast.cmpop, one: Value, other: Value) -> object:
    """``one <op> other``."""
    return _attempt(_COMPARE[type(operation)], _plain(as_const(one)), _plain(as_const(other)))


def _plain(value: object) -> object:
    """Lists compare as tuples: whether a version was written with () or [] is lost in folding."""
    return tuple(value) if isinstance(value, list) else value


def binary(operation: ast.operator, one: Value, other: Value) -> object:
    """``one <op> other`` for the operators that cannot grow their result beyond the sum of both."""
    function = _BINARY.get(type(operation))
    return _attempt(function, _plain(as_const(one)), _plain(as_const(other))) if function else FOLD_FAILED


def unary(operation: ast.unaryop, value: Value) -> object:
    """``-x`` and ``+x``; ``not`` is decided by truth, not here."""
    functions: dict[type[ast.unaryop], Callable[[Any], Any]] = {
        ast.USub: operator.neg,
        ast.UAdd: operator.pos,
    }
    function = functions.get(type(operation))
    return _attempt(function, as_const(value)) if function else FOLD_FAILED


def subscript(value: Value, index: Value) -> object:
    """``value[index]``."""
    return _attempt(operator.getitem, as_const(value), as_const(index))


def call_builtin(name: str, arguments: Sequence[Value]) -> object:
    """``int(x)`` and the like."""
    function = _BUILTINS.get(name)
    if function is None:
        return FOLD_FAILED
    result = _attempt(function, *(as_const(argument) for argument in arguments))
    return tuple(result) if isinstance(result, list) else result


def call_method(value: Value, name: str, arguments: Sequence[Value]) -> object:
    """A pure method of a string."""
    if not isinstance(value, Const) or not isinstance(value.value, str) or name not in _STRING_METHODS:
        return FOLD_FAILED
    method: Callable[..., Any] = getattr(value.value, name)
    plain = [as_const(argument) for argument in arguments]
    if len(value.value) + len(repr(plain)) > _MAX_TEXT:
        return FOLD_FAILED  # join and replace can grow with the square of their input
    result = _attempt(method, *plain)
    return tuple(result) if isinstance(result, list) else result
