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
from bridgekit.check.settings.interpreter.enumerations import as_data, by_name, is_enum
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
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


def item(interpreter: Interpreter, node: ast.Subscript, frame: Frame) -> Value:
    """``value[key]`` as an expression."""
    return subscript(
        interpreter,
        interpreter.evaluate(node.value, frame),
        interpreter.evaluate(node.slice, frame),
        node,
        frame,
    )


def subscript(interpreter: Interpreter, value: Value, key: Value, node: ast.AST, frame: Frame) -> Value:
    """``value[key]``."""
    value, first = unwrap(interpreter.force(value))
    key, second = unwrap(interpreter.force(key))
    value = interpreter.read(value)
    if isinstance(value, Opaque):
        interpreter.may_raise(value, LookupError, TypeError)
        return value.derive(f"[{key!r}]" if isinstance(key, str | int) else "[]")
    if isinstance(value, External):
        return interpreter.library.item(value, key)
    if isinstance(value, Model):
        found = value.item(interpreter, key)
        return (
            found
            if found is not NOT_IMPLEMENTED
            else interpreter.opaque("an item that is not modelled", node, frame)
        )
    if isinstance(value, InstanceValue):
        return _of_object(interpreter, value, key)
    if isinstance(value, ClassValue):
        return _of_class(interpreter, value, key)
    if isinstance(value, NativeFunction) and (value.kind is type or hasattr(value.kind, "__class_getitem__")):
        return value  # ``dict[str, str]`` (PEP 585) is called and inherited from as ``dict`` is
    if isinstance(value, NativeFunction):
        raise interpreter.fault(TypeError, "object is not subscriptable")
    key = as_data(key)
    if isinstance(key, Opaque):
        interpreter.may_raise(key, LookupError, TypeError)
        return key.derive(".item")
    if isinstance(key, InstanceValue):
        key = hashable(interpreter, key)
        if isinstance(key, Opaque) or not isinstance(value, dict):
            return interpreter.refuse("an item at an object of the project", value, key)
    if not isinstance(value, str | bytes | int | float | list | tuple | dict | range | None):
        return interpreter.refuse("an item of something that is not plain data", value)
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
            return interpreter.unfit_default(first, node, frame)
        raise interpreter.native_error(error) from None
    if type(result) is list:
        result = ListValue(result)
    if type(result) is str and isinstance(value, str):
        result = Text.at(result, interpreter.locate(node, frame))
    inputs = first | second
    return Input(result, inputs) if inputs and not isinstance(result, Input | Opaque) else result


def _of_object(interpreter: Interpreter, value: InstanceValue, key: Value) -> Value:
    hook = special(interpreter, value, "__getitem__")
    if hook is None:
        raise interpreter.fault(TypeError, "object is not subscriptable")
    if isinstance(hook, Opaque):
        return interpreter.refuse(hook.reason, value, key)
    return interpreter.call(hook, [key], {})


def _of_class(interpreter: Interpreter, value: ClassValue, key: Value) -> Value:
    """``Color["RED"]`` of an enumeration; ``Base[int]`` of a generic class is the class itself."""
    if is_enum(value):
        return by_name(interpreter, value, key)
    hook = find_in_class(value, "__class_getitem__")
    if isinstance(hook, ClassMethod | FunctionValue):
        return interpreter.call(hook.function if isinstance(hook, ClassMethod) else hook, [value, key], {})
    generic = any(
        isinstance(base, External) and base.dotted.startswith(("typing.Generic", "typing.Protocol"))
        for base in value.mro
    )
    return value if generic else interpreter.refuse(f"{value.name}[...] is not followed", value, key)


def slice_(interpreter: Interpreter, node: ast.Slice, frame: Frame) -> Value:
    """``low:high:step``."""
    parts = [
        interpreter.evaluate(part, frame) if part is not None else None
        for part in (node.lower, node.upper, node.step)
    ]
    plain = [unwrap(part)[0] for part in parts]
    for part in plain:
        if isinstance(part, Opaque):
            return part
        if not isinstance(part, int | None):
            return interpreter.refuse("a slice by something that is not a number", *plain)
    return slice(*plain)
