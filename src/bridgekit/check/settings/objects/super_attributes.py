"""Attributes of `super()`: what the MRO holds after a class, and what `object` and exceptions do at its end."""

from __future__ import annotations

from bridgekit.check.python.cause import Cause
from bridgekit.check.settings.interpreter.data import MISSING, Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    ErrorValue,
    External,
    FunctionValue,
    NativeFunction,
    PropertyValue,
    SuperValue,
)
from bridgekit.check.settings.objects.class_attributes import bind, find_in_class
from bridgekit.check.settings.objects.native_attributes import of_object

_HOOKS = ("setup", "pre_setup", "post_setup")
"""What django-configurations calls in turn, and its class answers."""


def of_super(interpreter: Interpreter, value: SuperValue, name: str) -> Value:
    receiver = value.receiver
    if isinstance(receiver, ErrorValue):
        return interpreter.refuse(f"super().{name} of an exception is not modelled", receiver)
    cls = receiver if isinstance(receiver, ClassValue) else getattr(receiver, "cls", None)
    if not isinstance(cls, ClassValue):
        cause = interpreter.opaque("super() of something that is not read", cause=Cause.SUPER_NOT_FOLLOWED)
        interpreter.hand_over([receiver], cause)
        return cause
    raw = find_in_class(cls, name, value.after)
    if isinstance(raw, Opaque):
        return raw
    if isinstance(raw, External | NativeFunction) and raw in cls.mro:
        base = raw if isinstance(raw, External) else External(raw.name)
        return interpreter.library.inherited(receiver, base, name)
    if raw is MISSING:
        return _of_super_object(interpreter, receiver, cls, name)
    if receiver is not cls:
        return bind(interpreter, raw, receiver, cls, name)
    if isinstance(raw, FunctionValue) and name in ("__class_getitem__", "__init_subclass__"):
        raw = ClassMethod(raw)  # by their names (data model, sections 3.3.3.1 and 3.3.5.1)
    # What a class is asked for itself: functions are not bound, properties are themselves.
    return raw if isinstance(raw, FunctionValue | PropertyValue) else bind(interpreter, raw, None, cls, name)


def _of_super_object(interpreter: Interpreter, receiver: Value, cls: ClassValue, name: str) -> Value:
    if name == "__init_subclass__" or (name in _HOOKS and any(map(_is_configuration, cls.mro))):
        return NativeFunction(name, lambda interpreter, args, kwargs: None)
    if name in ("__setattr__", "__delattr__", "__getattribute__", "__init__"):
        return BoundMethod(of_object(interpreter, name), receiver)
    if name == "__new__":
        return of_object(interpreter, name)
    return interpreter.opaque(f"{name} of object is not modelled") if hasattr(object, name) else MISSING


def _is_configuration(base: Value) -> bool:
    return isinstance(base, External) and base.dotted.startswith("configurations.")
