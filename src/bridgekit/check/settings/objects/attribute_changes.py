"""``target.name = value`` and ``del target.name``, with the hooks that the project's classes have for them."""

from __future__ import annotations

import dataclasses

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Opaque, Text, Value
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    ErrorValue,
    External,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    PropertyValue,
)
from bridgekit.check.settings.objects.class_attributes import find_in_class


def set_attribute(m: Machine, target: Value, name: str, value: Value, *, plainly: bool = False) -> None:
    """``target.name = value``; ``plainly``: as `object.__setattr__` does it. What is not of the project keeps what this run gave it."""
    target = m.force(target)
    if isinstance(target, InstanceValue):
        _set_on_instance(m, target, name, value, plainly=plainly)
    elif isinstance(target, ClassValue):
        _set_on_class(m, target, name, value)
    elif isinstance(target, ModuleValue):
        if name in target.namespace:
            # What was read of it before, and waits, is what it was.
            m.externals.setdefault(f"{target.name}.{name}", target.namespace[name])
        target.namespace[name] = value
        target.namespace.bound[name] = m.here()
    elif isinstance(target, FunctionValue):
        if name.startswith("__") and name not in ("__name__", "__doc__", "__wrapped__"):
            m.refuse(f"{name} of a function is set", target)
            target.attributes.poison = m.opaque(f"{name} of a function is set")
            target.changed = True
        target.attributes[name] = value
    elif isinstance(target, ErrorValue):
        target.attributes[name] = value
    elif isinstance(target, Model):
        if not target.set_attribute(m, name, value):
            m.refuse(f"{type(target).__name__}.{name} = ... is not modelled", target, value)
    elif isinstance(target, External):
        m.patched[f"{target.dotted}.{name}"] = value
    elif isinstance(target, str | int | float | bytes | list | tuple | dict | set | None):
        raise m.fault(AttributeError, f"no attribute {name!r} can be set")
    else:
        m.refuse(f"an attribute {name} is set on something that is not followed", target, value)


def _set_on_instance(m: Machine, target: InstanceValue, name: str, value: Value, *, plainly: bool) -> None:
    if not plainly:
        hook = special(m, target, "__setattr__")
        if isinstance(hook, Opaque):
            if any(
                isinstance(base, ClassValue) and (base.dataclass or {}).get("frozen")
                for base in target.cls.mro
            ):
                raise m.error(dataclasses.FrozenInstanceError)
            if not _comes_from_object(target.cls):
                m.refuse(hook.reason, target, value)
                return
        elif hook is not None:
            m.call(hook, [Text(name), value], {})
            return
    raw = find_in_class(target.cls, name)
    if isinstance(raw, PropertyValue) and not raw.cached:
        if raw.setter is None:
            raise m.fault(AttributeError, f"property {name!r} has no setter")
        m.call(raw.setter, [target, value], {})
        return
    setter = special(m, raw, "__set__")
    if isinstance(setter, BoundMethod):
        m.call(setter, [target, value], {})
        return
    if isinstance(setter, Opaque) and not m.library.is_member(raw):
        m.refuse(setter.reason, raw, target, value)
        return
    if name == "__class__":
        m.refuse("the class of an object is changed", target)
        return
    if not _has_room(m, target.cls, name):
        raise m.fault(AttributeError, f"no attribute {name!r}: its class has __slots__")
    target.attributes[name] = value


def _comes_from_object(cls: ClassValue) -> bool:
    """Whether the unread bases are such that attributes of their instances are set as on any object."""
    return not any(isinstance(base, NativeFunction) for base in cls.mro)


def _has_room(m: Machine, cls: ClassValue, name: str) -> bool:
    """Whether an instance takes the attribute: one of its classes has no ``__slots__``, or they name it."""
    named: list[Value] = []
    for base in cls.mro:
        if not isinstance(base, ClassValue):
            return True
        if (base.dataclass or {}).get("slots"):
            named.extend(base.annotations)
        elif "__slots__" not in base.namespace:
            return True
        else:
            slots = base.namespace["__slots__"]
            if not isinstance(slots, str | tuple | list) or not all(isinstance(one, str) for one in slots):
                return True
            named.extend([slots] if isinstance(slots, str) else slots)
    return name in named or "__dict__" in named


def _set_on_class(m: Machine, target: ClassValue, name: str, value: Value) -> None:
    if name.startswith("__") and name in ("__bases__", "__class__", "__mro__"):
        m.refuse(f"{name} of a class is changed", target)
        return
    if m.library.enum_attribute(target, name) is not NOT_IMPLEMENTED:
        raise m.fault(AttributeError, "a member of an enumeration cannot be replaced")
    target.namespace[name] = value


def delete_attribute(m: Machine, target: Value, name: str, *, plainly: bool = False) -> None:
    """``del target.name``."""
    target = m.force(target)
    if isinstance(target, InstanceValue):
        _delete_on_instance(m, target, name, plainly=plainly)
    elif isinstance(target, ClassValue | ModuleValue):
        if name not in target.namespace:
            raise m.fault(AttributeError, f"no attribute {name!r}")
        del target.namespace[name]
    elif isinstance(target, External):
        m.patched[f"{target.dotted}.{name}"] = m.opaque(f"{target.dotted}.{name} is deleted")
    else:
        m.refuse(f"an attribute {name} is deleted of something that is not followed", target)


def _delete_on_instance(m: Machine, target: InstanceValue, name: str, *, plainly: bool) -> None:
    hook = None if plainly else special(m, target, "__delattr__")
    if isinstance(hook, Opaque):
        m.refuse(hook.reason, target)
        return
    if hook is not None:
        m.call(hook, [Text(name)], {})
        return
    raw = find_in_class(target.cls, name)
    if isinstance(raw, PropertyValue) and not raw.cached:
        if raw.deleter is None:
            raise m.fault(AttributeError, f"property {name!r} has no deleter")
        m.call(raw.deleter, [target], {})
        return
    if isinstance(raw, InstanceValue):
        m.refuse("an attribute is deleted that may be a descriptor", target, raw)
        return
    if isinstance(m.read(target.attributes), Opaque):
        return
    if name not in target.attributes:
        raise m.fault(AttributeError, f"no attribute {name!r}")
    del target.attributes[name]
