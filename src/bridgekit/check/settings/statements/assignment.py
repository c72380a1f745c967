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
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, Frame, InstanceValue, NativeFunction
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS
from bridgekit.check.settings.statements.names import bind


def assignment(m: Machine, node: ast.Assign, frame: Frame) -> None:
    """``first = second = value``."""
    value = m.evaluate(node.value, frame)
    for target in node.targets:
        assign(m, target, value, frame)


def annotated_assignment(m: Machine, node: ast.AnnAssign, frame: Frame) -> None:
    """``target: kind = value``; a class remembers the annotation."""
    if node.value is not None:
        assign(m, node.target, m.evaluate(node.value, frame), frame)
    if frame.kind == "class" and isinstance(node.target, ast.Name):
        m.annotate(frame, node.target.id, node.annotation)
    elif frame.kind != "function":
        annotation_effects(m, node.annotation, frame)


def annotation_effects(m: Machine, node: ast.expr | None, frame: Frame) -> None:
    """An annotation that calls something does so where it stands, before Python 3.14 (PEP 649)."""
    if node is None or m.finder.environment.python_version >= (3, 14):
        return
    if any(isinstance(part, ast.Call | ast.NamedExpr | ast.Await | ast.Yield) for part in walk(node)):
        m.evaluate(node, frame)


def assign(m: Machine, target: ast.expr, value: Value, frame: Frame) -> None:
    """``target = value`` for any kind of target."""
    if isinstance(target, ast.Name):
        bind(m, frame, target.id, value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(m, target, value, frame)
    elif isinstance(target, ast.Starred):
        assign(m, target.value, value, frame)
    elif isinstance(target, ast.Attribute):
        owner = m.force(m.evaluate(target.value, frame))
        m.setattr(owner, mangled(target.attr, frame), value)
    elif isinstance(target, ast.Subscript):
        key = m.force(m.evaluate(target.slice, frame))
        set_item(m, m.force(m.evaluate(target.value, frame)), key, value, frame)


def _unpack(m: Machine, target: ast.Tuple | ast.List, value: Value, frame: Frame) -> None:
    items = iterate(m, value, target, frame)
    if isinstance(items, Opaque):
        m.may_raise(items, TypeError, ValueError)
        for element in target.elts:
            assign(m, element, items.derive(".unpacked"), frame)
        return
    starred = [position for position, element in enumerate(target.elts) if isinstance(element, ast.Starred)]
    count = len(target.elts)
    if starred:
        after = count - starred[0] - 1
        if len(items) < count - 1:
            raise m.fault(ValueError, "not enough values to unpack")
        middle: list[Value] = [ListValue(items[starred[0] : len(items) - after])]
        items = [*items[: starred[0]], *middle, *items[len(items) - after :]]
    if len(items) != count:
        raise m.fault(ValueError, f"expected {count} values to unpack, got {len(items)}")
    for element, item in zip(target.elts, items, strict=True):
        assign(m, element, item, frame)


def set_item(m: Machine, container: Value, key: Value, value: Value, frame: Frame) -> None:
    """``container[key] = value``."""
    container, key = m.read(unwrap(container)[0]), unwrap(key)[0]
    if isinstance(container, Model):
        if not container.set_item(m, key, value):
            m.refuse(f"an item of a {type(container).__name__} is set", container, value)
        return
    if isinstance(container, InstanceValue):
        hook = special(m, container, "__setitem__")
        if hook is None:
            raise m.fault(TypeError, "object does not support item assignment")
        if isinstance(hook, Opaque):
            m.refuse(hook.reason, container, key, value)
        else:
            m.call(hook, [key, value], {})
        return
    if isinstance(container, str | bytes | int | float | tuple | set | frozenset | range | None):
        raise m.fault(TypeError, "object does not support item assignment")
    if not isinstance(container, DictValue | ListValue):
        m.refuse("an item of something that is not plain data is set", container, key, value)
        return
    key = hashable(m, key) if isinstance(container, DictValue) else as_data(key)
    if isinstance(key, Opaque) or not isinstance(key, str | int | float | bytes | tuple | slice | None | InstanceValue | PathValue | NativeFunction | ClassValue | frozenset):  # fmt: skip
        m.hand_over([container, value], key if isinstance(key, Opaque) else m.opaque("the key is not known"))
        return
    if isinstance(key, slice):
        items = iterate(m, value, ast.Pass(), frame)
        if isinstance(items, Opaque) or not isinstance(container, ListValue):
            cause = items if isinstance(items, Opaque) else m.opaque("a slice of no list")
            m.hand_over([container, value], cause)
            return
        value = ListValue(items)
    try:
        operator.setitem(cast("dict[Value, Value]", container), key, value)
    except NATIVE_ERRORS as error:
        raise m.native_error(error) from None
    if isinstance(container, Namespace):
        container.bound[key] = m.here()
