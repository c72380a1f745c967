"""Comparisons, three-valued: with an unknown among the operands the answer is unknown, never no."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from typing import Any

from bridgekit.check.settings.frames import Frame
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.operators import equal, unwrap
from bridgekit.check.settings.values import (
    DictValue,
    External,
    Input,
    InstanceValue,
    Model,
    ModuleValue,
    Namespace,
    Opaque,
    SetValue,
    Value,
)

__all__ = ["compare"]

_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compare(m: Machine, op: ast.cmpop, left: Value, right: Value, node: ast.expr, frame: Frame) -> Value:
    """``left <op> right`` as True, False, an input or the unknown."""
    left, first = unwrap(m.force(left))
    right, second = unwrap(m.force(right))
    left, right = m.read(left), m.read(right)
    inputs = first | second
    if _is_unset(op, left, right, first, second):
        return m.unfit_default(inputs, node, frame)
    _suggest(m, inputs | _inputs_of(left) | _inputs_of(right), left, right)
    if isinstance(op, ast.In | ast.NotIn):
        answer = _contains(m, right, left)
        if isinstance(answer, Input):
            inputs, answer = inputs | answer.inputs, answer.value
        if isinstance(answer, bool) and isinstance(op, ast.NotIn):
            answer = not answer
    elif isinstance(op, ast.Is | ast.IsNot):
        answer = _same(left, right)
        if answer is not None and isinstance(op, ast.IsNot):
            answer = not answer
    elif isinstance(op, ast.Eq | ast.NotEq):
        answer = equal(left, right)
        if answer is not None and isinstance(op, ast.NotEq):
            answer = not answer
    else:
        answer = _order(m, op, left, right)
    if answer is None and _is_some_text(left, right, op):
        # "Set to some text" stands for a text that the settings do not name.
        return Input(isinstance(op, ast.NotEq | ast.NotIn), inputs | _inputs_of(left) | _inputs_of(right))
    if isinstance(answer, bool):
        return Input(answer, inputs) if inputs else answer
    return _unknown(m, op, left, right, answer, node, frame)


def _is_unset(
    op: ast.cmpop, left: Value, right: Value, first: frozenset[str], second: frozenset[str]
) -> bool:
    """An input's default of None where Python would raise TypeError: whoever runs this has set the input."""
    if isinstance(op, ast.Eq | ast.NotEq | ast.Is | ast.IsNot):
        return False
    ordered = not isinstance(op, ast.In | ast.NotIn)
    return (right is None and bool(second)) or (ordered and left is None and bool(first))


def _is_some_text(left: Value, right: Value, op: ast.cmpop) -> bool:
    if isinstance(op, ast.In | ast.NotIn):
        return (
            isinstance(left, Opaque)
            and _is_set_text(left)
            and isinstance(right, list | tuple | set | frozenset | dict)
        )
    if isinstance(op, ast.Eq | ast.NotEq):
        return any(
            _is_set_text(one) and isinstance(other, str) for one, other in ((left, right), (right, left))
        )
    return False


def _is_set_text(value: Value) -> bool:
    return (
        isinstance(value, Opaque)
        and value.truth is True
        and any(name.startswith("env:") for name in value.inputs)
    )


def _inputs_of(value: Value) -> frozenset[str]:
    return value.inputs if isinstance(value, Opaque) else frozenset()


def _suggest(m: Machine, inputs: frozenset[str], left: Value, right: Value) -> None:
    if not inputs:
        return
    for value in (left, right):
        if isinstance(value, list | tuple | set | frozenset):
            for item in list(value)[:6]:
                m.suggest(inputs, item)
        else:
            m.suggest(inputs, value)


def _same(left: Value, right: Value) -> bool | None:
    if isinstance(left, Opaque | External) or isinstance(right, Opaque | External):
        if isinstance(left, Opaque | External) and isinstance(right, Opaque | External):
            return None
        known = right if isinstance(left, Opaque | External) else left
        other = left if known is right else right
        # Something set to a text that is not empty is not None; a module or class is not None either.
        if known is None and (getattr(other, "truth", None) is True or isinstance(other, External)):
            return False if not isinstance(other, External) or other.is_module else None
        return None
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str | int | float | tuple) and isinstance(right, str | int | float | tuple):
        return None if equal(left, right) else False
    return left is right


def _order(m: Machine, op: ast.cmpop, left: Value, right: Value) -> bool | None:
    scalars = (str, bytes, int, float, tuple, SetValue, frozenset, list)
    if not isinstance(left, scalars) or not isinstance(right, scalars):
        if isinstance(left, Opaque | External | InstanceValue) or isinstance(
            right, Opaque | External | InstanceValue
        ):
            return None
        raise m.error(TypeError, "values that cannot be ordered")
    for side in (left, right):
        if isinstance(side, tuple | list) and not all(isinstance(item, str | int | float) for item in side):
            return None
    try:
        return bool(_ORDERS[type(op)](left, right))
    except TypeError as error:
        raise m.error(TypeError, *error.args) from None


def _contains(m: Machine, container: Value, item: Value) -> Value:
    if isinstance(container, Model):
        found = container.contains(m, item)
        return None if found is NotImplemented or isinstance(found, Opaque) else found
    if isinstance(container, ModuleValue | External | Opaque | InstanceValue) or isinstance(item, Opaque):
        return None
    if isinstance(container, str | bytes):
        if not isinstance(item, str | bytes):
            raise m.error(TypeError, "'in <string>' requires string as left operand")
        return item in container  # type: ignore[operator]  # str in str, bytes in bytes
    if isinstance(container, DictValue | SetValue | frozenset):
        return _contains_hashed(m, container, item)
    if isinstance(container, range):
        return item in container
    if isinstance(container, list | tuple):
        m.spend(len(container))
        return _any(equal(one, item) for one in container)
    items = getattr(container, "items", None)
    if items is not None and type(container).__name__ == "IteratorValue":
        return _any(equal(one, item) for one in items)
    raise m.error(TypeError, "argument is not iterable")


def _contains_hashed(m: Machine, container: Value, item: Value) -> bool | None:
    assert isinstance(container, dict | set | frozenset)
    try:
        if item in container:
            return True
    except TypeError as error:
        raise m.error(TypeError, *error.args) from None
    if isinstance(container, Namespace) and container.unseen is not None:
        return None
    return None if any(isinstance(member, Opaque) for member in container) else False


def _any(answers: Iterable[bool | None]) -> bool | None:
    known: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            known = None
    return known


def _unknown(
    m: Machine, op: ast.cmpop, left: Value, right: Value, answer: Value, node: ast.expr, frame: Frame
) -> Value:
    for side, other in ((left, right), (right, left)):
        if isinstance(side, Opaque):
            plain = (
                repr(str(other))
                if isinstance(other, str)
                else repr(other)
                if isinstance(other, int | None)
                else "?"
            )
            mark = type(op).__name__
            # One question, one answer: `x != 1` is the negation of `x == 1`, but asked apart it gets its own key.
            return Opaque(side.reason, side.location, f"{side.key}{mark}{plain}"[:200], None, side.inputs)
    return m.opaque("a comparison with a value that is not known", node, frame)
