"""Attributes of classes and of their instances: what the MRO holds, descriptors, and what an object has itself."""

from __future__ import annotations

from abc import ABCMeta

from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import MISSING, NOT_IMPLEMENTED, Opaque, Text, Value
from bridgekit.check.settings.interpreter.enumerations import enum_attribute, is_member
from bridgekit.check.settings.interpreter.errors import matches
from bridgekit.check.settings.interpreter.hooks import (
    TRANSPARENT,
    answer_missing,
    may_be_registered,
    special,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    External,
    FunctionValue,
    InstanceValue,
    NativeFunction,
    PropertyValue,
    StaticMethod,
)

_ATTRIBUTE_ERROR = NativeFunction("AttributeError", None, AttributeError)


def find_in_class(cls: ClassValue, name: str, after: ClassValue | None = None) -> Value:
    """The raw attribute in the MRO, or the base that is not read and hides it, or `MISSING`."""
    started = after is None
    for base in cls.mro:
        if not started:
            started = base is after
        elif isinstance(base, External):
            # django-configurations gives its classes all of Django's defaults.
            has_defaults = name.isupper() and base.dotted.startswith("configurations.")
            if has_defaults or not base.dotted.startswith(TRANSPARENT):
                return base
        elif isinstance(base, NativeFunction):
            if base.kind is not object and hasattr(base.kind, name):
                return base
        elif base.namespace.poison is not None:
            return base.namespace.poison
        elif name in base.namespace:
            return base.namespace[name]
    return MISSING


def of_class(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    if name == "__dict__":
        return cls.namespace
    if name in ("__name__", "__mro__", "__bases__"):
        return _of_class_itself(interpreter, cls, name)
    raw = find_in_class(cls, name)
    if isinstance(raw, External | Opaque):
        made = enum_attribute(interpreter, cls, name)
        if made is not NOT_IMPLEMENTED:
            return made
        return raw if isinstance(raw, Opaque) else interpreter.library.inherited(cls, raw, name)
    if isinstance(raw, NativeFunction) and raw in cls.mro:
        return interpreter.opaque(f"{name} comes from {raw.name}, which {cls.name} derives from")
    if raw is MISSING:
        if hasattr(ABCMeta if may_be_registered(cls) else type, name) or (
            name.startswith("__") and name.endswith("__")
        ):
            return interpreter.opaque(f"the attribute {name} of a class is not modelled")
        return MISSING
    if isinstance(raw, ClassMethod):
        return BoundMethod(raw.function, cls)
    if isinstance(raw, StaticMethod):
        return raw.function
    return _described(interpreter, raw, None, cls, name)


def _of_class_itself(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    if name == "__name__":
        return Text(cls.name)
    if name == "__mro__":
        return (*cls.mro, interpreter.builtin("object"))
    return tuple(cls.bases) or (interpreter.builtin("object"),)


def _described(interpreter: Interpreter, raw: Value, instance: Value, cls: ClassValue, name: str) -> Value:
    """An attribute of a class that may be a descriptor of the project's."""
    getter = special(interpreter, raw, "__get__")
    if isinstance(getter, Opaque):
        return raw if is_member(raw) else interpreter.refuse(getter.reason, raw, instance)
    if getter is not None:
        return interpreter.call(getter, [instance, cls], {})
    return interpreter.library.class_attribute(cls, name, raw)


def bind(interpreter: Interpreter, raw: Value, receiver: Value, cls: ClassValue, name: str) -> Value:
    if isinstance(raw, FunctionValue):
        return BoundMethod(raw, receiver)
    if isinstance(raw, PropertyValue):
        if raw.getter is None:
            raise interpreter.fault(AttributeError, f"property {name!r} has no getter")
        return interpreter.call(raw.getter, [receiver], {})
    if isinstance(raw, ClassMethod):
        return BoundMethod(raw.function, cls)
    if isinstance(raw, StaticMethod):
        return raw.function
    return _described(interpreter, raw, receiver, cls, name)


def of_instance(interpreter: Interpreter, instance: InstanceValue, name: str) -> Value:
    hook = special(interpreter, instance, "__getattribute__")
    if isinstance(hook, BoundMethod):
        return _asked(interpreter, instance, hook, name)
    found = find_plainly(interpreter, instance, name)
    if found is not MISSING:
        return found
    answer = answer_missing(interpreter, instance, name)
    if answer is not NOT_IMPLEMENTED:
        return answer
    if hasattr(object, name):
        return interpreter.refuse(f"the attribute {name} of an object is not modelled", instance)
    return MISSING


def _asked(interpreter: Interpreter, instance: InstanceValue, hook: BoundMethod, name: str) -> Value:
    """What ``__getattribute__`` answers; an AttributeError of it is ``__getattr__``'s affair (Objects/typeobject.c, slot_tp_getattr_hook)."""
    depth = len(interpreter.frames)
    try:
        return interpreter.call(hook, [Text(name)], {})
    except Raised as raised:
        caught = matches(raised.error, _ATTRIBUTE_ERROR)
        if caught is False or special(interpreter, instance, "__getattr__") is None:
            raise
        if caught is None:
            return interpreter.refuse("whether an attribute is there is not known", instance)
        del interpreter.frames[depth:]
        return answer_missing(interpreter, instance, name)


def find_plainly(interpreter: Interpreter, instance: InstanceValue, name: str) -> Value:
    """What `object.__getattribute__` finds."""
    if name == "__class__":
        return instance.cls
    if name == "__dict__":
        return instance.attributes
    attributes = interpreter.read(instance.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    raw = find_in_class(instance.cls, name)
    cached = isinstance(raw, PropertyValue) and raw.cached
    if name in instance.attributes and not _is_data_descriptor(interpreter, raw):
        return instance.attributes[name]
    if isinstance(raw, Opaque):
        return raw
    if cached:
        instance.attributes[Text(name)] = made = bind(interpreter, raw, instance, instance.cls, name)
        return made
    if isinstance(raw, External | NativeFunction) and raw in instance.cls.mro:
        base = raw if isinstance(raw, External) else External(raw.name)
        return interpreter.library.inherited(instance, base, name)
    return MISSING if raw is MISSING else bind(interpreter, raw, instance, instance.cls, name)


def _is_data_descriptor(interpreter: Interpreter, raw: Value) -> bool:
    """Whether what the class has wins over what the instance has."""
    if isinstance(raw, PropertyValue):
        return not raw.cached
    return isinstance(raw, InstanceValue) and special(interpreter, raw, "__set__") is not None
