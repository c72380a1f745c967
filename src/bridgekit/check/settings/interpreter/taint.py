"""What code that cannot be read may have done with what it got hold of: the one place that answers for it.

Whatever a value reaches may have changed, and whatever it can call may have been called: containers and attributes are unknown from
there on, and so is what the reachable functions of the project change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    DictValue,
    ErrorValue,
    FunctionValue,
    Input,
    InstanceValue,
    IteratorValue,
    ListValue,
    Model,
    ModuleValue,
    Namespace,
    NativeMethod,
    Opaque,
    PropertyValue,
    SetValue,
    StaticMethod,
    SuperValue,
    Value,
    ViewValue,
    poison,
)
from bridgekit.check.settings.slicing.effects import EVERYTHING, names_affected, names_rebound

if TYPE_CHECKING:
    from bridgekit.check.settings.interpreter.frames import Frame
    from bridgekit.check.settings.interpreter.machine import Machine

__all__ = ["callables_in", "functions_of", "taint", "visible"]

_READING = frozenset(
    ("__contains__", "__getitem__", "copy", "count", "get", "index", "items", "keys", "values")
)
"""Methods that leave their receiver as it is, whoever calls them."""

_FUNCTIONS = (
    FunctionValue,
    BoundMethod,
    NativeMethod,
    IteratorValue,
    PropertyValue,
    StaticMethod,
    ClassMethod,
)


def taint(m: Machine, values: Iterable[Value], cause: Opaque) -> None:
    """Code that cannot be read, for the reason ``cause``, had its hands on these values."""
    waiting = list(values)
    seen: set[int] = set()
    kept: list[Value] = []  # so that no id is given to another value meanwhile
    while waiting:
        value = waiting.pop()
        if value is None or isinstance(value, str | int | float | bytes) or id(value) in seen:
            continue
        seen.add(id(value))
        kept.append(value)
        m.spend()
        waiting.extend(_reached(m, value, cause))


def _reached(m: Machine, value: Value, cause: Opaque) -> Iterable[Value]:
    """What can be reached from one value, which is spoilt itself."""
    if isinstance(value, Namespace):
        m.taint(value, cause)
        return ()
    if isinstance(value, ListValue | SetValue | DictValue):
        inner = _inside(value)
        poison(value, cause)
        return inner
    if isinstance(value, tuple | frozenset):
        return value
    if isinstance(value, Input):
        return (value.value,)
    if isinstance(value, ModuleValue):
        poison(value.namespace, cause)
        return ()
    if isinstance(value, InstanceValue | ClassValue | ErrorValue):
        return _of_object(value, cause)
    if isinstance(value, FunctionValue):
        return _called(m, value, cause)
    if isinstance(value, Model):
        value.spoil(m, cause)
        return value.held()
    return _of_wrapper(value, cause)


def _of_wrapper(value: Value, cause: Opaque) -> Iterable[Value]:
    if isinstance(value, BoundMethod):
        return (value.receiver, value.function)
    if isinstance(value, NativeMethod):
        return () if value.name in _READING else (value.receiver,)
    if isinstance(value, PropertyValue):
        return (value.getter, value.setter, value.deleter)
    if isinstance(value, StaticMethod | ClassMethod):
        return (value.function,)
    if isinstance(value, SuperValue):
        return (value.receiver,)
    if isinstance(value, IteratorValue):
        value.lost = value.lost or cause
        return value.held
    if isinstance(value, ViewValue):
        return _inside(value.mapping)
    return ()


def _inside(value: ListValue | SetValue | DictValue) -> list[Value]:
    return list(value.values()) if isinstance(value, DictValue) else list(value)


def _of_object(value: InstanceValue | ClassValue | ErrorValue, cause: Opaque) -> Iterable[Value]:
    if isinstance(value, ClassValue):
        inner = _inside(value.namespace)
        poison(value.namespace, cause)
        return [*inner, *functions_of(value)]
    held = _inside(value.attributes)
    poison(value.attributes, cause)
    if isinstance(value, ErrorValue):
        return [*value.arguments, *held]
    return [*held, *functions_of(value.cls)]


def functions_of(cls: ClassValue) -> Iterator[Value]:
    """What a class of the project has in its body that can be called or changed, its bases' included."""
    for base in cls.mro or (cls,):
        if isinstance(base, ClassValue):
            yield from (one for one in base.namespace.values() if not isinstance(one, ClassValue))


def _called(m: Machine, function: FunctionValue, cause: Opaque) -> list[Value]:
    """What a function of the project may change beyond itself: it may have been called, any number of times."""
    found: list[Value] = [
        *function.defaults,
        *function.keyword_defaults.values(),
        *function.attributes.values(),
    ]
    for name in names_affected(function.node):
        if name == EVERYTHING:
            m.taint(function.frame.module.namespace, cause)
            continue
        value = visible(function.frame, name.removesuffix("()"))
        if isinstance(value, ClassValue) and name.endswith("()"):
            found.extend(functions_of(value))
        elif isinstance(value, FunctionValue | BoundMethod) or not name.endswith("()"):
            found.append(value)
    for name, is_global in names_rebound(function.node).items():
        _rebind(function.frame, name, cause, is_global=is_global)
    return found


def _rebind(frame: Frame, name: str, cause: Opaque, *, is_global: bool) -> None:
    if is_global:
        namespace = frame.module.namespace
        namespace[name] = cause.derive(f".{name}")
        namespace.bound[name] = cause.location
        return
    at: Frame | None = frame
    while at is not None:
        if at.kind == "function" and name in at.local_names:
            at.names[name] = cause.derive(f".{name}")
            return
        at = at.parent


def visible(frame: Frame, name: str) -> Value:
    """What a name stands for where a function was defined; None where it stands for nothing."""
    at: Frame | None = frame
    while at is not None:
        if at.kind != "class" and name in at.names:
            return at.names[name]
        at = at.parent
    return frame.module.namespace.get(name)


def callables_in(values: Iterable[Value]) -> Iterator[Value]:
    """What even a function that changes nothing may call: functions among its arguments, and objects with methods of their own."""
    waiting, seen = list(values), set[int]()
    while waiting:
        value = waiting.pop()
        if value is None or isinstance(value, str | int | float | bytes) or id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Input):
            waiting.append(value.value)
        elif isinstance(value, ListValue | SetValue | DictValue):
            waiting.extend(_inside(value))
            waiting.extend(value if isinstance(value, DictValue) else ())
        elif isinstance(value, tuple | frozenset):
            waiting.extend(value)
        elif isinstance(value, _FUNCTIONS) or (isinstance(value, InstanceValue) and _has_hooks(value.cls)):
            yield value
        elif isinstance(value, Model):
            waiting.extend(value.held())


def _has_hooks(cls: ClassValue) -> bool:
    return any(
        isinstance(name, str) and name.startswith("__") and isinstance(one, _FUNCTIONS) and name != "__init__"
        for base in cls.mro
        if isinstance(base, ClassValue)
        for name, one in base.namespace.items()
    )
