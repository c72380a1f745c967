"""Operators on plain data and on what stands for data of the interpreter: paths, views, containers with unknown parts."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import PurePosixPath

from bridgekit.check.python import plain
from bridgekit.check.python.plain import MAX_SIZE, Refused, size_of
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    DictValue,
    Input,
    ListValue,
    Opaque,
    OrderedDictValue,
    PathValue,
    SetValue,
    StandIn,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.values import ClassValue, External, FunctionValue, InstanceValue

_ATOMS = (str, bytes, int, float, complex, type(None), type(Ellipsis), range, slice)
_VALUES = (
    str,
    bytes,
    int,
    float,
    complex,
    tuple,
    frozenset,
    ListValue,
    DictValue,
    SetValue,
    range,
    slice,
    StandIn,
    type(Ellipsis),
)


def unwrap(value: Value) -> tuple[Value, frozenset[str]]:
    """A value under the present inputs, and those inputs."""
    if isinstance(value, Input):
        return value.value, value.inputs
    return value, frozenset()


def own(value: object) -> Value:
    """A result of a native operation as an interpreted value: containers that can be poisoned. Raises `Refused` for what is no value."""
    if isinstance(value, list) and type(value) is list:
        return ListValue(value)
    if isinstance(value, dict) and type(value) is dict:
        return DictValue(value)
    if isinstance(value, set) and type(value) in (set, SetValue):
        return SetValue(value)
    if isinstance(value, _VALUES) or value is None:
        return value
    raise Refused(f"a {type(value).__name__} is not followed")


def flat(items: Iterable[Value]) -> tuple[list[Value], frozenset[str], Opaque | None]:
    """The elements under the present inputs, those inputs, and the first element that is unknown."""
    plain_items: list[Value] = []
    inputs: frozenset[str] = frozenset()
    unknown: Opaque | None = None
    for item in items:
        value, more = unwrap(item)
        inputs |= more
        if isinstance(value, Opaque) and unknown is None:
            unknown = value
        plain_items.append(value)
    return plain_items, inputs, unknown


def binary(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """``left <kind> right`` for plain data. Raises `Refused`, or what the operator raises."""
    if kind is ast.Div and isinstance(left, PathValue) | isinstance(right, PathValue):
        return _join(left, right)
    if isinstance(left, ViewValue) or isinstance(right, ViewValue):
        return _of_views(kind, left, right)
    made = _of_containers(kind, left, right)
    if made is not NOT_IMPLEMENTED:
        return made
    if kind is ast.Mod and isinstance(left, str) and _is_path(right):
        right = tuple(map(_text, right)) if isinstance(right, tuple) else _text(right)
    return own(plain.binary(kind, left, right))


def _of_containers(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """Operators that hand elements on as they are, whatever these are; `NOT_IMPLEMENTED` for others."""
    if kind is ast.Add and isinstance(left, ListValue) and isinstance(right, ListValue):
        _bound(left, right)
        return ListValue([*left, *right])
    if kind is ast.Add and type(left) is tuple and type(right) is tuple:
        _bound(left, right)
        return left + right
    if kind is ast.Mult and isinstance(left, ListValue | tuple) and isinstance(right, int):
        if len(left) * max(right, 0) > MAX_SIZE:
            raise Refused(f"the result has more than {MAX_SIZE:,} elements")
        return ListValue(list(left) * right) if isinstance(left, ListValue) else left * right
    if kind is ast.BitOr and isinstance(left, DictValue) and isinstance(right, DictValue):
        _bound(left, right)
        made = OrderedDictValue if isinstance(left, OrderedDictValue) else DictValue
        return made({**left, **right})
    return NOT_IMPLEMENTED


def _bound(left: Value, right: Value) -> None:
    if size_of(left) + size_of(right) > MAX_SIZE:
        raise Refused(f"the result has more than {MAX_SIZE:,} elements")


def _is_path(value: Value) -> bool:
    return isinstance(value, PathValue) or (isinstance(value, tuple) and any(map(_is_path, value)))


def _text(value: Value) -> Value:
    return value.path if isinstance(value, PathValue) else value


def _of_views(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """Views of keys and items are sets to ``&``, ``|``, ``-`` and ``^``, with anything that can be iterated over."""
    sides: list[set[Value]] = []
    for side in (left, right):
        if isinstance(side, ViewValue) and side.kind == "values":
            raise Refused("an operator on the values of a dictionary")
        elements = side.now() if isinstance(side, ViewValue) else side
        if not isinstance(elements, list | tuple | set | frozenset) or not plain.is_plain(elements):
            raise Refused("an operator on a view of a dictionary")
        sides.append(set(elements))
    if kind not in (ast.BitAnd, ast.BitOr, ast.Sub, ast.BitXor):
        raise Refused("an operator on a view of a dictionary")
    return own(plain.binary(kind, *sides))


def _join(left: Value, right: Value) -> Value:
    first, second = _text(left), _text(right)
    if not isinstance(first, str) or not isinstance(second, str):
        if plain.is_plain(first) and plain.is_plain(second):
            raise TypeError("unsupported operand type(s) for /")
        raise Refused("the parts of the path are not text")
    return PathValue(str(PurePosixPath(str(first), str(second))))


def equal(left: Value, right: Value, depth: int = 12) -> bool | None:
    """``left == right``: ``None`` when that cannot be known."""
    left, right = unwrap(left)[0], unwrap(right)[0]
    if isinstance(left, _ATOMS) and isinstance(right, _ATOMS):
        return bool(left == right)
    if depth == 0 or isinstance(left, Opaque) or isinstance(right, Opaque):
        return None
    if isinstance(left, PathValue) and isinstance(right, PathValue):
        return left == right
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return _equal_sequences(left, right, depth)
    if isinstance(left, dict) and isinstance(right, dict):
        return _equal_dicts(left, right, depth)
    if isinstance(left, set | frozenset) and isinstance(right, set | frozenset):
        return left == right if plain.is_plain(left) and plain.is_plain(right) else None
    return _apart(left, right)


def _equal_sequences(
    left: list[Value] | tuple[Value, ...], right: list[Value] | tuple[Value, ...], depth: int
) -> bool | None:
    if getattr(left, "poison", None) is not None or getattr(right, "poison", None) is not None:
        return None
    if isinstance(left, tuple) != isinstance(right, tuple) or len(left) != len(right):
        return False
    return _all(same_or_equal(one, other, depth - 1) for one, other in zip(left, right, strict=True))


def _equal_dicts(left: dict[Value, Value], right: dict[Value, Value], depth: int) -> bool | None:
    unread = [getattr(side, name, None) for side in (left, right) for name in ("poison", "unseen")]
    if any(mark is not None for mark in unread) or not plain.is_plain([*left, *right]):
        return None
    if left.keys() != right.keys():
        return False
    if (
        isinstance(left, OrderedDictValue)
        and isinstance(right, OrderedDictValue)
        and list(left) != list(right)
    ):
        return False
    return _all(same_or_equal(left[key], right[key], depth - 1) for key in left)


def same_or_equal(left: Value, right: Value, depth: int = 12) -> bool | None:
    """How containers compare their elements: the same object is equal to itself, whatever it says (not a number, too)."""
    left, right = unwrap(left)[0], unwrap(right)[0]
    if left is right and not isinstance(left, Opaque):
        return True if not isinstance(left, float) or left == left else None
    return equal(left, right, depth)


def _apart(left: Value, right: Value) -> bool | None:
    """Unlike things are unequal, unless one of them could define ``__eq__``."""
    if left is right:
        if isinstance(left, InstanceValue):
            return True if _are_members(left, left) else None
        return None if isinstance(left, External) else True
    if isinstance(left, InstanceValue) and isinstance(right, InstanceValue) and _are_members(left, right):
        return False
    for value in (left, right):
        if not isinstance(
            value, (*_ATOMS, tuple, list, dict, set, frozenset, PathValue, FunctionValue, ClassValue)
        ):
            return None
    return False


def _are_members(left: InstanceValue, right: InstanceValue) -> bool:
    """Members of one enum class, and not the same: unequal."""
    bases = left.cls.mro if left.cls is right.cls else ()
    hooked = any(isinstance(base, ClassValue) and "__eq__" in base.namespace for base in bases)
    return not hooked and any(
        isinstance(base, External) and base.dotted.startswith("enum.") for base in bases
    )


def _all(answers: Iterable[bool | None]) -> bool | None:
    known: bool | None = True
    for answer in answers:
        if answer is False:
            return False
        if answer is None:
            known = None
    return known
