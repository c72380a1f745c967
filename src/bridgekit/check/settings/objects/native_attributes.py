"""Attributes of Python's own types: unbound methods, and what `object` does under the hooks of a class."""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.check.settings.interpreter.data import MISSING, DictValue, Input, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import (
    ClassValue,
    InstanceValue,
    NativeFunction,
    NativeMethod,
)
from bridgekit.check.settings.methods import has_method
from bridgekit.check.settings.objects.class_attributes import find_plainly


def of_native(interpreter: Interpreter, value: NativeFunction, name: str) -> Value:
    if value.kind is None:
        return interpreter.opaque(f"the attribute {name} of {value.name} is not modelled")
    if name == "__name__":
        return Text(value.kind.__name__)
    if not hasattr(value.kind, name):
        return MISSING
    if name in ("fromkeys", "maketrans", "fromhex", "from_bytes") or not callable(getattr(value.kind, name)):
        if value.kind is dict and name == "fromkeys":
            return NativeFunction("dict.fromkeys", _fromkeys)
        return interpreter.opaque(f"{value.name}.{name} is not modelled")
    if value.kind is object and name in (
        "__setattr__",
        "__delattr__",
        "__getattribute__",
        "__new__",
        "__init__",
    ):
        return of_object(interpreter, name)
    return NativeFunction(f"{value.name}.{name}", _unbound(name, value.kind))


def _fromkeys(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return interpreter.call(NativeMethod(DictValue(), "fromkeys"), args, kwargs)


def _unbound(name: str, kind: type) -> Callable[..., Value]:
    """``str.upper``, ``list.append``: the method, called with its receiver."""

    def call(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        receiver = interpreter.read(
            args[0].value if args and isinstance(args[0], Input) else args[0] if args else None
        )
        if isinstance(receiver, Opaque):
            interpreter.hand_over(args[1:], receiver)
            return receiver.derive(f".{name}()")
        if not isinstance(receiver, kind) or not has_method(receiver, name):
            return interpreter.refuse(f"{kind.__name__}.{name}() is not modelled", *args, *kwargs.values())
        return interpreter.call(NativeMethod(args[0], name), args[1:], kwargs)

    return call


def of_object(interpreter: Interpreter, name: str) -> Value:
    """What `object` itself does for attributes and instances, under the hooks of the project's classes."""
    calls: dict[str, Callable[..., Value]] = {
        "__setattr__": lambda interpreter, args, kwargs: interpreter.setattr(
            args[0], str(args[1]), args[2], plainly=True
        ),
        "__delattr__": lambda interpreter, args, kwargs: interpreter.delattr(
            args[0], str(args[1]), plainly=True
        ),
        "__getattribute__": lambda interpreter, args, kwargs: _plainly(interpreter, args[0], str(args[1])),
        "__new__": _new_object,
        "__init__": lambda interpreter, args, kwargs: None,
    }
    return NativeFunction(f"object.{name}", calls[name])


def _new_object(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    cls = args[0] if args else None
    if not isinstance(cls, ClassValue) or any(isinstance(base, NativeFunction) for base in cls.mro):
        return interpreter.opaque("object.__new__() of something that is not read")
    return InstanceValue(cls)


def _plainly(interpreter: Interpreter, instance: Value, name: str) -> Value:
    if not isinstance(instance, InstanceValue):
        return interpreter.opaque("object.__getattribute__() of something that is not read")
    found = find_plainly(interpreter, instance, name)
    if found is MISSING:
        raise interpreter.fault(AttributeError, f"no attribute {name!r}")
    return found
