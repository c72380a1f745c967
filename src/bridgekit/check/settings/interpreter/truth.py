"""Whether a value is true: known, or decided and remembered as a decision."""

from __future__ import annotations

import ast

from bridgekit.check.python.plain import is_plain, size_of
from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    Input,
    IteratorValue,
    Opaque,
    PathValue,
    UnorderedList,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.enumerations import as_data, is_member
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    ErrorValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    NativeMethod,
)

_ALWAYS_TRUE = (
    PathValue,
    ClassValue,
    FunctionValue,
    BoundMethod,
    NativeFunction,
    NativeMethod,
    ModuleValue,
    ErrorValue,
    IteratorValue,
    Model,
    UnorderedList,
)


def truth(interpreter: Interpreter, value: Value, node: ast.expr, frame: Frame) -> bool:
    """``bool(value)``, where ``node`` is the expression that is asked."""
    value = interpreter.read(value)
    if isinstance(value, Input):
        location = interpreter.locate(node, frame)
        natural = bool(interpreter.read(value.value)) if not isinstance(value.value, Opaque) else None
        key = f"input@{location}:{','.join(sorted(value.inputs))}"
        return interpreter.decide(key, node, location, natural, inputs=value.inputs)
    if isinstance(value, External):
        if value.is_module or value.dotted.rpartition(".")[2] == "TYPE_CHECKING":
            return value.is_module
        reason, key = f"{value.dotted} is not read", f"external:{value.dotted}"
        return interpreter.decide(key, node, interpreter.locate(node, frame), None, reason=reason)
    if isinstance(value, InstanceValue):
        return _instance_truth(interpreter, value, node, frame)
    if isinstance(value, ViewValue):
        value = value.mapping if value.mapping.poison is None else value.mapping.poison
    if isinstance(value, ErrorValue) and isinstance(value.kind, ClassValue):
        mro = [base.namespace for base in value.kind.mro if isinstance(base, ClassValue)]
        if any(name in names for names in mro for name in ("__bool__", "__len__")):
            value = interpreter.refuse("the truth of an exception that answers itself", value)
    if value is NOT_IMPLEMENTED or (not isinstance(value, (Opaque, *_ALWAYS_TRUE)) and not _is_data(value)):
        value = interpreter.opaque("the truth of a value that is not followed", node, frame)
    if isinstance(value, Opaque):
        location = interpreter.locate(node, frame)
        if value.truth is not None and not value.inputs:
            return value.truth
        key = interpreter.question_keys.about(value, location)
        return interpreter.decide(key, node, location, value.truth, inputs=value.inputs, reason=value.reason)
    return True if isinstance(value, _ALWAYS_TRUE) else bool(value)


def _is_data(value: Value) -> bool:
    return (
        value is Ellipsis or isinstance(value, int | float | complex | slice | None) or _is_container(value)
    )


def _is_container(value: Value) -> bool:
    return size_of(value) > 0 or isinstance(
        value, str | bytes | list | tuple | dict | set | frozenset | range
    )


def _instance_truth(interpreter: Interpreter, value: InstanceValue, node: ast.expr, frame: Frame) -> bool:
    data = as_data(value)
    written = any(isinstance(base, ClassValue) and "__bool__" in base.namespace for base in value.cls.mro)
    if data is not value and not written:
        return bool(data)
    if is_member(value) and not written:
        return truth(
            interpreter,
            interpreter.opaque("the truth of a member of an enumeration", node, frame),
            node,
            frame,
        )
    for name in ("__bool__", "__len__"):
        hook = special(interpreter, value, name)
        if isinstance(hook, Opaque):
            return truth(interpreter, interpreter.refuse(hook.reason, value), node, frame)
        if hook is not None:
            answer = interpreter.call(hook, [], {})
            plain = unwrap(answer)[0]
            if is_plain(plain) and not isinstance(plain, bool if name == "__bool__" else int):
                raise interpreter.fault(TypeError, f"{name} returns something else")
            if isinstance(plain, int) and plain < 0:
                raise interpreter.fault(ValueError, f"{name} returns less than nothing")
            return truth(interpreter, answer, node, frame)
    return True


def negated(interpreter: Interpreter, value: Value, node: ast.expr, frame: Frame) -> Value:
    """``not value``: keeps the inputs of a default without deciding anything."""
    value = interpreter.read(value)
    if isinstance(value, Input) and not isinstance(value.value, Opaque | InstanceValue | External):
        return Input(not interpreter.read(value.value), value.inputs)
    return not truth(interpreter, value, node, frame)
