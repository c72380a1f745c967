"""What code may call of what it is handed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    IteratorValue,
    ListValue,
    SetValue,
    Value,
)
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassMethod,
    ClassValue,
    FunctionValue,
    InstanceValue,
    Modelled,
    NativeMethod,
    PropertyValue,
    StaticMethod,
)

_FUNCTIONS = (
    FunctionValue,
    BoundMethod,
    NativeMethod,
    IteratorValue,
    PropertyValue,
    StaticMethod,
    ClassMethod,
)


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
            waiting.extend(inside(value))
            waiting.extend(value if isinstance(value, DictValue) else ())
        elif isinstance(value, tuple | frozenset):
            waiting.extend(value)
        elif isinstance(value, _FUNCTIONS) or (isinstance(value, InstanceValue) and _has_hooks(value.cls)):
            yield value
        elif isinstance(value, Modelled):
            waiting.extend(value.held())


def _has_hooks(cls: ClassValue) -> bool:
    return any(
        isinstance(name, str) and name.startswith("__") and isinstance(one, _FUNCTIONS) and name != "__init__"
        for base in cls.mro
        if isinstance(base, ClassValue)
        for name, one in base.namespace.items()
    )


def elements_of(values: Iterable[Value]) -> Iterator[Value]:
    """What the containers among the values hold."""
    for value in values:
        held = value.value if isinstance(value, Input) else value
        if isinstance(held, ListValue | SetValue | DictValue):
            yield from inside(held)
        elif isinstance(held, tuple | frozenset):
            yield from held


def inside(value: ListValue | SetValue | DictValue) -> list[Value]:
    """The elements of a list or set, the values of a dictionary."""
    return list(value.values()) if isinstance(value, DictValue) else list(value)
