"""Items and slices: ``value[key]``, ``value[low:high:step]``."""

from __future__ import annotations

import ast
import operator
from typing import cast

from bridgekit.check.settings.expressions.literals import hashable
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    Input,
    ListValue,
    Namespace,
    Opaque,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassMethod,
    ClassValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    NativeFunction,
)
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS
from bridgekit.check.settings.objects.class_attributes import find_in_class


def item(m: Machine, node: ast.Subscript, frame: Frame) -> Value:
    """``value[key]`` as an expression."""
    return subscript(m, m.evaluate(node.value, frame), m.evaluate(node.slice, frame), node, frame)


def subscript(m: Machine, value: Value, key: Value, node: ast.AST, frame: Frame) -> Value:
    """``value[key]``."""
    value, first = unwrap(m.force(value))
    key, second = unwrap(m.force(key))
    value = m.read(value)
    if isinstance(value, Opaque):
        m.may_raise(value, LookupError, TypeError)
        return value.derive(f"[{key!r}]" if isinstance(key, str | int) else "[]")
    if isinstance(value, External):
        return m.library.item(value, key)
    if isinstance(value, Model):
        found = value.item(m, key)
        return (
            found if found is not NOT_IMPLEMENTED else m.opaque("an item that is not modelled", node, frame)
        )
    if isinstance(value, InstanceValue):
        return _of_object(m, value, key)
    if isinstance(value, ClassValue):
        return _of_class(m, value, key)
    if isinstance(value, NativeFunction) and (value.kind is type or hasattr(value.kind, "__class_getitem__")):
        return value  # ``dict[str, str]`` (PEP 585) is called and inherited from as ``dict`` is
    if isinstance(value, NativeFunction):
        raise m.fault(TypeError, "object is not subscriptable")
    key = as_data(key)
    if isinstance(key, Opaque):
        m.may_raise(key, LookupError, TypeError)
        return key.derive(".item")
    if isinstance(key, InstanceValue):
        key = hashable(m, key)
        if isinstance(key, Opaque) or not isinstance(value, dict):
            return m.refuse("an item at an object of the project", value, key)
    if not isinstance(value, str | bytes | int | float | list | tuple | dict | range | None):
        return m.refuse("an item of something that is not plain data", value)
    if (
        isinstance(value, Namespace)
        and isinstance(key, str)
        and key not in value
        and value.unseen is not None
    ):
        return value.unseen
    try:
        result: Value = operator.getitem(cast("dict[Value, Value]", value), key)
    except NATIVE_ERRORS as error:
        if "sys.argv" in first and isinstance(error, IndexError):
            return Input(Text(""), first)
        if first and value is None:
            return m.unfit_default(first, node, frame)
        raise m.native_error(error) from None
    if type(result) is list:
        result = ListValue(result)
    if type(result) is str and isinstance(value, str):
        result = Text.at(result, m.locate(node, frame))
    inputs = first | second
    return Input(result, inputs) if inputs and not isinstance(result, Input | Opaque) else result


def _of_object(m: Machine, value: InstanceValue, key: Value) -> Value:
    hook = special(m, value, "__getitem__")
    if hook is None:
        raise m.fault(TypeError, "object is not subscriptable")
    if isinstance(hook, Opaque):
        return m.refuse(hook.reason, value, key)
    return m.call(hook, [key], {})


def _of_class(m: Machine, value: ClassValue, key: Value) -> Value:
    """``Color["RED"]`` of an enumeration; ``Base[int]`` of a generic class is the class itself."""
    if m.library.is_enum(value):
        return m.library.member_by_name(value, key)
    hook = find_in_class(value, "__class_getitem__")
    if isinstance(hook, ClassMethod | FunctionValue):
        return m.call(hook.function if isinstance(hook, ClassMethod) else hook, [value, key], {})
    generic = any(
        isinstance(base, External) and base.dotted.startswith(("typing.Generic", "typing.Protocol"))
        for base in value.mro
    )
    return value if generic else m.refuse(f"{value.name}[...] is not followed", value, key)


def slice_(m: Machine, node: ast.Slice, frame: Frame) -> Value:
    """``low:high:step``."""
    parts = [
        m.evaluate(part, frame) if part is not None else None for part in (node.lower, node.upper, node.step)
    ]
    plain = [unwrap(part)[0] for part in parts]
    for part in plain:
        if isinstance(part, Opaque):
            return part
        if not isinstance(part, int | None):
            return m.refuse("a slice by something that is not a number", *plain)
    return slice(*plain)
