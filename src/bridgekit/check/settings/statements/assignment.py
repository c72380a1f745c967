"""Assignment to targets of every kind: names, attributes, items, unpacking."""

from __future__ import annotations

import ast
import operator
from typing import cast

from bridgekit.check.python.tree import walk
from bridgekit.check.settings.expressions.iteration import iterate
from bridgekit.check.settings.expressions.literals import hashable
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    ListValue,
    Namespace,
    Opaque,
    PathValue,
    Value,
)
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, Frame, InstanceValue, NativeFunction
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS
from bridgekit.check.settings.statements.names import bind


def assignment(interpreter: Interpreter, node: ast.Assign, frame: Frame) -> None:
    """``first = second = value``."""
    value = interpreter.evaluate(node.value, frame)
    for target in node.targets:
        assign(interpreter, target, value, frame)


def annotated_assignment(interpreter: Interpreter, node: ast.AnnAssign, frame: Frame) -> None:
    """``target: kind = value``; a class remembers the annotation."""
    if node.value is not None:
        assign(interpreter, node.target, interpreter.evaluate(node.value, frame), frame)
    if frame.kind == "class" and isinstance(node.target, ast.Name):
        interpreter.annotate(frame, node.target.id, node.annotation)
    elif frame.kind != "function":
        annotation_effects(interpreter, node.annotation, frame)


def annotation_effects(interpreter: Interpreter, node: ast.expr | None, frame: Frame) -> None:
    """An annotation that calls something does so where it stands, before Python 3.14 (PEP 649)."""
    if node is None or interpreter.finder.environment.python_version >= (3, 14):
        return
    if any(isinstance(part, ast.Call | ast.NamedExpr | ast.Await | ast.Yield) for part in walk(node)):
        interpreter.evaluate(node, frame)


def assign(interpreter: Interpreter, target: ast.expr, value: Value, frame: Frame) -> None:
    """``target = value`` for any kind of target."""
    if isinstance(target, ast.Name):
        bind(interpreter, frame, target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(interpreter, target, value, frame)
    elif isinstance(target, ast.Starred):
        assign(interpreter, target.value, value, frame)
    elif isinstance(target, ast.Attribute):
        owner = interpreter.force(interpreter.evaluate(target.value, frame))
        interpreter.setattr(owner, mangled(target.attr, frame), value)
    elif isinstance(target, ast.Subscript):
        key = interpreter.force(interpreter.evaluate(target.slice, frame))
        set_item(interpreter, interpreter.force(interpreter.evaluate(target.value, frame)), key, value, frame)


def _unpack(interpreter: Interpreter, target: ast.Tuple | ast.List, value: Value, frame: Frame) -> None:
    items = iterate(interpreter, value, target, frame)
    if isinstance(items, Opaque):
        interpreter.may_raise(items, TypeError, ValueError)
        for element in target.elts:
            assign(interpreter, element, items.derive(".unpacked"), frame)
        return
    starred = [position for position, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
    count = len(target.elts)
    if starred:
        after = count - starred[0] - 1
        if len(items) < count - 1:
            raise interpreter.fault(ValueError, "not enough values to unpack")
        middle: list[Value] = [ListValue(items[starred[0] : len(items) - after])]
        items = [*items[: starred[0]], *middle, *items[len(items) - after :]]
    if len(items) != count:
        raise interpreter.fault(ValueError, f"expected {count} values to unpack, got {len(items)}")
    for element, item in zip(target.elts, items, strict=True):
        assign(interpreter, element, item, frame)


def set_item(interpreter: Interpreter, container: Value, key: Value, value: Value, frame: Frame) -> None:
    """``container[key] = value``."""
    container, key = interpreter.read(unwrap(container)[0]), unwrap(key)[0]
    if isinstance(container, Model):
        if not container.set_item(interpreter, key, value):
            interpreter.refuse(f"an item of a {type(container).__name__} is set", container, value)
        return
    if isinstance(container, InstanceValue):
        hook = special(interpreter, container, "__setitem__")
        if hook is None:
            raise interpreter.fault(TypeError, "object does not support item assignment")
        if isinstance(hook, Opaque):
            interpreter.refuse(hook.reason, container, key, value)
        else:
            interpreter.call(hook, [key, value], {})
        return
    if isinstance(container, str | bytes | int | float | tuple | set | frozenset | range | None):
        raise interpreter.fault(TypeError, "object does not support item assignment")
    if not isinstance(container, DictValue | ListValue):
        interpreter.refuse("an item of something that is not plain data is set", container, key, value)
        return
    key = hashable(interpreter, key) if isinstance(container, DictValue) else as_data(key)
    if isinstance(key, Opaque) or not isinstance(key, str | int | float | bytes | tuple | slice | None | InstanceValue | PathValue | NativeFunction | ClassValue | frozenset):  # fmt: skip
        interpreter.hand_over(
            [container, value], key if isinstance(key, Opaque) else interpreter.opaque("the key is not known")
        )
        return
    if isinstance(key, slice):
        items = iterate(interpreter, value, ast.Pass(), frame)
        if isinstance(items, Opaque) or not isinstance(container, ListValue):
            cause = (
                items
                if isinstance(items, Opaque)
                else interpreter.opaque("a slice of something that is not a list")
            )
            interpreter.hand_over([container, value], cause)
            return
        value = ListValue(items)
    try:
        operator.setitem(cast("dict[Value, Value]", container), key, value)
    except NATIVE_ERRORS as error:
        raise interpreter.native_error(error) from None
    if isinstance(container, Namespace):
        container.bound[key] = interpreter.here()
