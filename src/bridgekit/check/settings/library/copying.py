"""`copy.copy` and `copy.deepcopy`: one copy of each object, whichever ways lead to it."""

from __future__ import annotations

from bridgekit.check.python.plain import Refused, is_plain
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    ListValue,
    Namespace,
    Opaque,
    PathValue,
    SetValue,
    Value,
)
from bridgekit.check.settings.interpreter.enumerations import is_member
from bridgekit.check.settings.interpreter.interpreter import MAX_CALLS, Interpreter
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    FunctionValue,
    InstanceValue,
    NativeFunction,
)
from bridgekit.check.settings.library.registry import Args, Kwargs


def shallow_copy(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return _copied(interpreter, args[0], {}, deep=False)


def deep_copy(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    if len(args) != 1 or kwargs:
        raise Refused("deepcopy() with a memory of its own")
    return _copied(interpreter, args[0], {}, deep=True)


def _copied(interpreter: Interpreter, value: Value, memory: dict[int, Value], *, deep: bool) -> Value:
    """As `copy` does it: one copy of each object, whichever ways lead to it."""
    interpreter.spend()
    value = interpreter.read(value)
    if id(value) in memory:
        return memory[id(value)]
    if isinstance(value, Input):
        return Input(_copied(interpreter, value.value, memory, deep=deep), value.inputs)
    if len(memory) > 5_000 or interpreter.calls > MAX_CALLS:
        raise Refused("a copy of very many objects")

    def inner(item: Value) -> Value:
        return _copied(interpreter, item, memory, deep=True) if deep else item

    if isinstance(value, ListValue | DictValue | SetValue) and not isinstance(value, Namespace):
        made: ListValue | DictValue | SetValue = type(value)()
        memory[id(value)] = made
        if isinstance(made, ListValue):
            made.extend(inner(item) for item in value)
        elif isinstance(made, SetValue):
            made.update(value)
        elif isinstance(value, DictValue) and isinstance(made, DictValue):
            made.update({key: inner(item) for key, item in value.items()})
        return made
    if isinstance(value, tuple) and deep:
        copied = tuple(inner(item) for item in value)
        return value if all(one is other for one, other in zip(value, copied, strict=True)) else copied
    if isinstance(value, InstanceValue):
        return _copied_object(interpreter, value, memory, deep=deep)
    if is_plain(value) or isinstance(value, ClassValue | FunctionValue | PathValue | NativeFunction | tuple):
        return value
    return interpreter.refuse("a copy of something that is not followed", value)


def _copied_object(
    interpreter: Interpreter, value: InstanceValue, memory: dict[int, Value], *, deep: bool
) -> Value:
    if is_member(value):
        return value
    own = (
        "__copy__",
        "__deepcopy__",
        "__reduce__",
        "__reduce_ex__",
        "__getstate__",
        "__setstate__",
        "__slots__",
        "__new__",
    )
    for base in value.cls.mro:
        unread = not isinstance(base, ClassValue) or base.namespace.poison is not None
        if unread or (isinstance(base, ClassValue) and any(name in base.namespace for name in own)):
            return interpreter.refuse("a copy of an object that says itself how it is copied", value)
    attributes = interpreter.read(value.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(".copy")
    made = InstanceValue(value.cls)
    memory[id(value)] = made
    for name, item in value.attributes.items():
        made.attributes[name] = _copied(interpreter, item, memory, deep=True) if deep else item
    return made
