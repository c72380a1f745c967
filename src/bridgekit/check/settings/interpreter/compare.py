"""Comparisons, three-valued: with an unknown among the operands the answer is unknown, never no."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bridgekit.check.python import plain
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    DictValue,
    Input,
    ListValue,
    Namespace,
    Opaque,
    PathValue,
    SetValue,
    UnorderedList,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.enumerations import as_data, is_member
from bridgekit.check.settings.interpreter.hooks import compare_objects, special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import equal, same_or_equal, unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
)

_ORDERS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compare(
    interpreter: Interpreter, op: ast.cmpop, left: Value, right: Value, node: ast.expr, frame: Frame
) -> Value:
    """``left <op> right`` as True, False, an input or the unknown."""
    left, first = unwrap(interpreter.force(left))
    right, second = unwrap(interpreter.force(right))
    left, right = interpreter.read(left), interpreter.read(right)
    left, right = as_data(left), as_data(right)
    inputs = first | second
    hooked = (
        compare_objects(interpreter, op, left, right)
        if not _are_members(interpreter, left, right)
        else NOT_IMPLEMENTED
    )
    if hooked is not NOT_IMPLEMENTED:
        return hooked
    if _is_unset(op, left, right, first, second):
        return interpreter.unfit_default(inputs, node, frame)
    _suggest(interpreter, inputs | _inputs_of(left) | _inputs_of(right), left, right)
    if isinstance(op, ast.In | ast.NotIn):
        answer = _contains(interpreter, right, left)
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
        answer = _order(interpreter, op, left, right)
    if answer is None and _is_some_text(left, right, op):
        # "Set to some text" stands for a text that the settings do not name.
        return Input(isinstance(op, ast.NotEq | ast.NotIn), inputs | _inputs_of(left) | _inputs_of(right))
    if isinstance(answer, bool):
        return Input(answer, inputs) if inputs else answer
    return _unknown(interpreter, op, left, right, answer, node, frame)


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


def _suggest(interpreter: Interpreter, inputs: frozenset[str], left: Value, right: Value) -> None:
    if not inputs:
        return
    for value in (left, right):
        if isinstance(value, list | tuple | set | frozenset):
            for item in list(value)[:6]:
                interpreter.suggest(inputs, item)
        else:
            interpreter.suggest(inputs, value)


def _are_members(interpreter: Interpreter, left: Value, right: Value) -> bool:
    """Members of enumerations that no ``__eq__`` of the project compares."""
    members = [side for side in (left, right) if is_member(side)]
    others = [side for side in (left, right) if not is_member(side)]
    hooked = any(
        isinstance(base, ClassValue) and "__eq__" in base.namespace
        for side in members
        if isinstance(side, InstanceValue)
        for base in side.cls.mro
    )
    return bool(members) and not hooked and all(plain.is_plain(other) for other in others)


_OBJECTS = (ListValue, DictValue, SetValue, ClassValue, FunctionValue, InstanceValue, ModuleValue)
"""What is one and the same here where it is one and the same in Python."""


def _same(left: Value, right: Value) -> bool | None:
    if isinstance(left, Opaque | External) or isinstance(right, Opaque | External):
        return _same_unread(left, right)
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if left is Ellipsis or left is NOT_IMPLEMENTED or right is Ellipsis or right is NOT_IMPLEMENTED:
        return left is right
    if isinstance(left, _OBJECTS) and isinstance(right, _OBJECTS):
        return left is right
    if isinstance(left, NativeFunction) and isinstance(right, NativeFunction):
        return (
            True
            if left is right
            else False
            if left.kind and right.kind and left.kind is not right.kind
            else None
        )
    if isinstance(left, _OBJECTS) or isinstance(right, _OBJECTS):
        other = right if isinstance(left, _OBJECTS) else left
        return False if isinstance(other, str | int | float | tuple | NativeFunction) else None
    return False if equal(left, right) is False else None


def _same_unread(left: Value, right: Value) -> bool | None:
    if isinstance(left, Opaque | External) and isinstance(right, Opaque | External):
        return None
    known = right if isinstance(left, Opaque | External) else left
    other = left if known is right else right
    # Something set to a text that is not empty is not None; a module or class is not None either.
    if known is None and (getattr(other, "truth", None) is True or isinstance(other, External)):
        return False if not isinstance(other, External) or other.is_module else None
    return None


def _order(interpreter: Interpreter, op: ast.cmpop, left: Value, right: Value) -> bool | None:
    if isinstance(left, PathValue) and isinstance(right, PathValue):
        left, right = tuple(left.path.split("/")), tuple(right.path.split("/"))
        return None if "" in (*left, *right) else bool(_ORDERS[type(op)](left, right))
    if isinstance(left, ViewValue) or isinstance(right, ViewValue):
        return None
    try:
        return bool(plain.compare(type(op), left, right))
    except plain.Refused:
        interpreter.hand_over([left, right], interpreter.opaque("an order of values that are not plain data"))
        return None
    except plain.ERRORS as error:
        raise interpreter.native_error(error) from None


def _contains(interpreter: Interpreter, container: Value, item: Value) -> Value:
    if isinstance(container, Model):
        found = container.contains(interpreter, item)
        return None if found is NOT_IMPLEMENTED or isinstance(found, Opaque) else found
    if isinstance(container, InstanceValue):
        return _contains_hooked(interpreter, container, item)
    if isinstance(container, ClassValue) and is_member(item):
        return True if getattr(item, "cls", None) is container else None
    if isinstance(item, Opaque) or not isinstance(
        container,
        str
        | bytes
        | list
        | tuple
        | dict
        | set
        | frozenset
        | range
        | ViewValue
        | UnorderedList
        | int
        | float
        | None,
    ):
        interpreter.hand_over(
            [container], interpreter.opaque("whether something is in a value that is not plain data")
        )
        return None
    if isinstance(container, str | bytes | range | int | float | None):
        try:
            return bool(plain.compare(ast.In, item, container))
        except plain.Refused:
            return None
        except plain.ERRORS as error:
            raise interpreter.native_error(error) from None
    if isinstance(container, DictValue | SetValue | frozenset):
        return _contains_hashed(interpreter, container, item)
    if isinstance(container, ViewValue | UnorderedList):
        elements: Sequence[Value] = container.now() if isinstance(container, ViewValue) else container.items
    else:
        assert isinstance(container, list | tuple)
        elements = container
    interpreter.spend(len(elements))
    if isinstance(item, InstanceValue) and special(interpreter, item, "__eq__") is not None:
        return True if any(one is item for one in elements) else None
    return _any(same_or_equal(one, item) for one in elements)


def _contains_hooked(interpreter: Interpreter, container: InstanceValue, item: Value) -> Value:
    hook = special(interpreter, container, "__contains__")
    if isinstance(hook, Opaque) or hook is None:
        interpreter.hand_over(
            [container, item], interpreter.opaque("whether something is in an object of the project")
        )
        return None
    return interpreter.test(interpreter.call(hook, [item], {}))


def _contains_hashed(interpreter: Interpreter, container: Value, item: Value) -> bool | None:
    assert isinstance(container, dict | set | frozenset)
    if isinstance(item, InstanceValue):
        hooked = (
            special(interpreter, item, "__eq__") is not None
            or special(interpreter, item, "__hash__") is not None
        )
        return None if hooked and not is_member(item) else item in container or None
    if isinstance(item, PathValue):
        return item in container
    if not plain.is_plain(item):
        return None
    try:
        if item in container:
            return True
    except TypeError as error:
        raise interpreter.native_error(error) from None
    if isinstance(container, Namespace) and container.unseen is not None:
        return None
    return None if any(isinstance(member, Opaque | InstanceValue) for member in container) else False


def _any(answers: Iterable[bool | None]) -> bool | None:
    known: bool | None = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            known = None
    return known


def _unknown(
    interpreter: Interpreter,
    op: ast.cmpop,
    left: Value,
    right: Value,
    answer: Value,
    node: ast.expr,
    frame: Frame,
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
            return Opaque(
                side.reason,
                side.location,
                f"{side.key}{mark}{plain}"[:200],
                None,
                side.inputs,
                is_exact=side.is_exact
                and plain != "?"
                and len(plain) < 80
                and isinstance(op, ast.Eq | ast.NotEq),
            )
    cause = interpreter.opaque("a comparison with a value that is not known", node, frame)
    interpreter.taint_callables([left, right], cause)
    return cause
