"""``target.name = value`` and ``del target.name``, with the hooks that the project's classes have for them."""

from __future__ import annotations

import dataclasses

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Opaque, Text, Value
from bridgekit.check.settings.interpreter.enumerations import enum_attribute, is_enum, is_member
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled_in
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


def set_attribute(
    interpreter: Interpreter, target: Value, name: str, value: Value, *, plainly: bool = False
) -> None:
    """``target.name = value``; ``plainly``: as `object.__setattr__` does it. What is not of the project keeps what this run gave it."""
    target = interpreter.force(target)
    if isinstance(target, InstanceValue):
        _set_on_instance(interpreter, target, name, value, plainly=plainly)
    elif isinstance(target, ClassValue):
        _set_on_class(interpreter, target, name, value)
    elif isinstance(target, ModuleValue):
        if name in target.namespace:
            # What was read of it before, and waits, is what it was.
            interpreter.externals.setdefault(f"{target.name}.{name}", target.namespace[name])
        target.namespace[name] = value
        target.namespace.bound[name] = interpreter.here()
    elif isinstance(target, FunctionValue):
        if name.startswith("__") and name not in ("__name__", "__doc__", "__wrapped__"):
            interpreter.refuse(f"{name} of a function is set", target)
            target.attributes.poison = interpreter.opaque(f"{name} of a function is set")
            target.changed = True
        target.attributes[name] = value
    elif isinstance(target, ErrorValue):
        if name == "args":  # the text of an exception is made of them
            value = interpreter.refuse("the arguments of an exception are set", value)
            target.arguments = (value,)
        target.attributes[name] = value
    elif isinstance(target, Model):
        if not target.set_attribute(interpreter, name, value):
            interpreter.refuse(f"{type(target).__name__}.{name} = ... is not modelled", target, value)
    elif isinstance(target, External):
        interpreter.patched[f"{target.dotted}.{name}"] = value
    elif isinstance(target, str | int | float | bytes | list | tuple | dict | set | None):
        raise interpreter.fault(AttributeError, f"no attribute {name!r} can be set")
    else:
        interpreter.refuse(f"the attribute {name} of something that is not followed is set", target, value)


def _set_on_instance(
    interpreter: Interpreter, target: InstanceValue, name: str, value: Value, *, plainly: bool
) -> None:
    if not plainly:
        hook = special(interpreter, target, "__setattr__")
        if isinstance(hook, Opaque):
            if any(
                isinstance(base, ClassValue) and (base.dataclass or {}).get("frozen")
                for base in target.cls.mro
            ):
                raise interpreter.error(dataclasses.FrozenInstanceError)
            if not _comes_from_object(target.cls):
                interpreter.refuse(hook.reason, target, value)
                return
        elif hook is not None:
            interpreter.call(hook, [Text(name), value], {})
            return
    raw = find_in_class(target.cls, name)
    if isinstance(raw, PropertyValue) and not raw.cached:
        if raw.setter is None:
            raise interpreter.fault(AttributeError, f"property {name!r} has no setter")
        interpreter.call(raw.setter, [target, value], {})
        return
    setter = special(interpreter, raw, "__set__")
    if isinstance(setter, BoundMethod):
        interpreter.call(setter, [target, value], {})
        return
    if isinstance(setter, Opaque) and not is_member(raw):
        interpreter.refuse(setter.reason, raw, target, value)
        return
    if name in ("__class__", "__dict__") or (is_member(target) and name in ("_name_", "_value_")):
        interpreter.refuse(f"{name} of an object is changed", target)
        return
    if is_member(target) and name in ("name", "value"):
        raise interpreter.fault(AttributeError, f"the {name} of a member cannot be set")
    if not _has_room(interpreter, target.cls, name):
        raise interpreter.fault(AttributeError, f"no attribute {name!r}: its class has __slots__")
    target.attributes[name] = value


def _comes_from_object(cls: ClassValue) -> bool:
    """Whether the unread bases are such that attributes of their instances are set as on any object."""
    return not any(isinstance(base, NativeFunction) for base in cls.mro)


def _has_room(interpreter: Interpreter, cls: ClassValue, name: str) -> bool:
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
            names = [slots] if isinstance(slots, str) else slots
            named.extend(mangled_in(base.name, str(one)) for one in names)
    return name in named or "__dict__" in named


def _set_on_class(interpreter: Interpreter, target: ClassValue, name: str, value: Value) -> None:
    if name.startswith("__") and name in ("__bases__", "__class__", "__mro__"):
        interpreter.refuse(f"{name} of a class is changed", target)
        return
    if enum_attribute(interpreter, target, name) is not NOT_IMPLEMENTED:
        raise interpreter.fault(AttributeError, "a member of an enumeration cannot be replaced")
    if is_enum(target):  # its members are those of its body
        interpreter.refuse("an attribute of an enumeration is set", target)
        return
    target.namespace[name] = value


def delete_attribute(interpreter: Interpreter, target: Value, name: str, *, plainly: bool = False) -> None:
    """``del target.name``."""
    target = interpreter.force(target)
    if isinstance(target, InstanceValue):
        _delete_on_instance(interpreter, target, name, plainly=plainly)
    elif isinstance(target, ClassValue | ModuleValue):
        if name not in target.namespace or (
            isinstance(target, ClassValue)
            and enum_attribute(interpreter, target, name) is not NOT_IMPLEMENTED
        ):
            raise interpreter.fault(AttributeError, f"no attribute {name!r} that can be deleted")
        del target.namespace[name]
    elif isinstance(target, FunctionValue) and name in target.attributes:
        del target.attributes[name]
    elif isinstance(target, External):
        interpreter.patched[f"{target.dotted}.{name}"] = interpreter.opaque(
            f"{target.dotted}.{name} is deleted"
        )
    else:
        interpreter.refuse(f"the attribute {name} of something that is not followed is deleted", target)


def _delete_on_instance(interpreter: Interpreter, target: InstanceValue, name: str, *, plainly: bool) -> None:
    hook = None if plainly else special(interpreter, target, "__delattr__")
    if isinstance(hook, Opaque):
        interpreter.refuse(hook.reason, target)
        return
    if hook is not None:
        interpreter.call(hook, [Text(name)], {})
        return
    raw = find_in_class(target.cls, name)
    if isinstance(raw, PropertyValue) and not raw.cached:
        if raw.deleter is None:
            raise interpreter.fault(AttributeError, f"property {name!r} has no deleter")
        interpreter.call(raw.deleter, [target], {})
        return
    if isinstance(raw, InstanceValue):
        interpreter.refuse("an attribute that may be a descriptor is deleted", target, raw)
        return
    if isinstance(interpreter.read(target.attributes), Opaque):
        return
    if name not in target.attributes:
        raise interpreter.fault(AttributeError, f"no attribute {name!r}")
    del target.attributes[name]
