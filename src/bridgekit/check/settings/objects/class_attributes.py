"""Attributes of classes and of their instances: what the MRO holds, descriptors, and what an object has itself."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import MISSING, NOT_IMPLEMENTED, Opaque, Text, Value
from bridgekit.check.settings.interpreter.hooks import TRANSPARENT, answer_missing, special
from bridgekit.check.settings.interpreter.machine import Machine
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


def of_class(m: Machine, cls: ClassValue, name: str) -> Value:
    if name == "__dict__":
        return cls.namespace
    if name in ("__name__", "__mro__", "__bases__"):
        return _of_class_itself(m, cls, name)
    raw = find_in_class(cls, name)
    if isinstance(raw, External | Opaque):
        made = m.library.enum_attribute(cls, name)
        if made is not NOT_IMPLEMENTED:
            return made
        return raw if isinstance(raw, Opaque) else m.library.inherited(cls, raw, name)
    if isinstance(raw, NativeFunction) and raw in cls.mro:
        return m.opaque(f"{name} comes from {raw.name}, which {cls.name} derives from")
    if raw is MISSING:
        if hasattr(type, name) or (name.startswith("__") and name.endswith("__")):
            return m.opaque(f"the attribute {name} of a class is not modelled")
        return MISSING
    if isinstance(raw, ClassMethod):
        return BoundMethod(raw.function, cls)
    if isinstance(raw, StaticMethod):
        return raw.function
    return _described(m, raw, None, cls, name)


def _of_class_itself(m: Machine, cls: ClassValue, name: str) -> Value:
    if name == "__name__":
        return Text(cls.name)
    if name == "__mro__":
        return (*cls.mro, m.builtin("object"))
    return tuple(cls.bases) or (m.builtin("object"),)


def _described(m: Machine, raw: Value, instance: Value, cls: ClassValue, name: str) -> Value:
    """An attribute of a class that may be a descriptor of the project's."""
    getter = special(m, raw, "__get__")
    if isinstance(getter, Opaque):
        return raw if m.library.is_member(raw) else m.refuse(getter.reason, raw, instance)
    if getter is not None:
        return m.call(getter, [instance, cls], {})
    return m.library.class_attribute(cls, name, raw)


def bind(m: Machine, raw: Value, receiver: Value, cls: ClassValue, name: str) -> Value:
    if isinstance(raw, FunctionValue):
        return BoundMethod(raw, receiver)
    if isinstance(raw, PropertyValue):
        return m.call(raw.getter, [receiver], {})
    if isinstance(raw, ClassMethod):
        return BoundMethod(raw.function, cls)
    if isinstance(raw, StaticMethod):
        return raw.function
    return _described(m, raw, receiver, cls, name)


def of_instance(m: Machine, instance: InstanceValue, name: str) -> Value:
    hook = special(m, instance, "__getattribute__")
    if isinstance(hook, BoundMethod):
        return m.call(hook, [Text(name)], {})
    found = find_plainly(m, instance, name)
    if found is not MISSING:
        return found
    answer = answer_missing(m, instance, name)
    if answer is not NOT_IMPLEMENTED:
        return answer
    if hasattr(object, name):
        return m.refuse(f"the attribute {name} of an object is not modelled", instance)
    return MISSING


def find_plainly(m: Machine, instance: InstanceValue, name: str) -> Value:
    """What `object.__getattribute__` finds."""
    if name == "__class__":
        return instance.cls
    if name == "__dict__":
        return instance.attributes
    attributes = m.read(instance.attributes)
    if isinstance(attributes, Opaque):
        return attributes.derive(f".{name}")
    raw = find_in_class(instance.cls, name)
    cached = isinstance(raw, PropertyValue) and raw.cached
    if name in instance.attributes and not _is_data_descriptor(m, raw):
        return instance.attributes[name]
    if isinstance(raw, Opaque):
        return raw
    if cached:
        instance.attributes[Text(name)] = made = bind(m, raw, instance, instance.cls, name)
        return made
    if isinstance(raw, External | NativeFunction) and raw in instance.cls.mro:
        base = raw if isinstance(raw, External) else External(raw.name)
        return m.library.inherited(instance, base, name)
    return MISSING if raw is MISSING else bind(m, raw, instance, instance.cls, name)


def _is_data_descriptor(m: Machine, raw: Value) -> bool:
    """Whether what the class has wins over what the instance has."""
    if isinstance(raw, PropertyValue):
        return not raw.cached
    return isinstance(raw, InstanceValue) and special(m, raw, "__set__") is not None
