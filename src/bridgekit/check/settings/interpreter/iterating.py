"""The elements of values, drawn one by one: what a list holds is seen when it is drawn, and so are the hooks of an object."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    IteratorValue,
    ListValue,
    Opaque,
    SetValue,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.elements import iterable_items
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, ErrorValue, InstanceValue, NativeFunction


def is_followed(value: Value) -> bool:
    """Whether iterating over the value is followed at all (or raises TypeError as it does in Python)."""
    return isinstance(
        value,
        str | bytes | int | float | list | tuple | dict | set | frozenset | range | ViewValue | IteratorValue | InstanceValue | None,
    )  # fmt: skip


def drawn(m: Machine, value: Value) -> Iterator[Value]:
    """The elements in order. Raises `TypeError` for what is not iterable, `Refused` where they are not known."""
    value = m.read(m.force(unwrap(value)[0]))
    if isinstance(value, Opaque):
        raise Refused(value.reason)
    if isinstance(value, ListValue):
        return _of_list(m, value)
    if isinstance(value, DictValue | ViewValue):
        return _of_dict(m, value)
    if isinstance(value, IteratorValue):
        return _of_iterator(m, value)
    if isinstance(value, InstanceValue):
        return _of_object(m, value)
    if isinstance(value, ClassValue):
        found = m.library.members(value)
        if found is None:
            raise Refused("iterating over a class")
        return iter(list(dict.fromkeys(found.values())))
    items = iterable_items(value)
    m.spend(len(items))
    return _of_set(m, value, items) if isinstance(value, SetValue) else iter(items)


def _of_list(m: Machine, value: ListValue) -> Iterator[Value]:
    position = 0
    while position < len(value):
        m.spend()
        if value.poison is not None:
            raise Refused(value.poison.reason)
        yield value[position]
        position += 1


def _of_dict(m: Machine, value: DictValue | ViewValue) -> Iterator[Value]:
    mapping = value if isinstance(value, DictValue) else value.mapping
    items = list(value) if isinstance(value, DictValue) else value.now()
    for position, item in enumerate(items):
        m.spend()
        if mapping.poison is not None:
            raise Refused(mapping.poison.reason)
        _same_size(m, mapping, items)
        yield item if position == 0 or isinstance(value, DictValue) else value.now()[position]
    _same_size(m, mapping, items)


def _same_size(m: Machine, mapping: DictValue, items: list[Value]) -> None:
    if len(mapping) != len(items):
        raise m.fault(RuntimeError, "dictionary changed size during iteration")


def _of_set(m: Machine, value: SetValue, items: list[Value]) -> Iterator[Value]:
    for item in items:
        yield item
        if len(value) != len(items):
            raise m.fault(RuntimeError, "Set changed size during iteration")


def _of_iterator(m: Machine, value: IteratorValue) -> Iterator[Value]:
    while True:
        m.spend()
        if value.lost is not None:
            raise Refused(value.lost.reason)
        try:
            item = next(value.items)
        except StopIteration:
            return
        yield item


def _of_object(m: Machine, value: InstanceValue) -> Iterator[Value]:
    hook = special(m, value, "__iter__")
    if isinstance(hook, Opaque):
        raise Refused(hook.reason)
    if hook is None:
        yield from _by_position(m, value)
        return
    iterator = m.read(unwrap(m.call(hook, [], {}))[0])
    if not isinstance(iterator, InstanceValue):
        if not isinstance(iterator, IteratorValue):
            raise Refused("__iter__ gives something that is not followed")
        yield from drawn(m, iterator)
        return
    step = special(m, iterator, "__next__")
    if step is None or isinstance(step, Opaque):
        raise Refused("__next__ is not followed")
    while True:
        try:
            item = m.call(step, [], {})
        except Raised as raised:
            if _is(raised.error, StopIteration):
                return
            raise
        yield item


def _by_position(m: Machine, value: InstanceValue) -> Iterator[Value]:
    getter = special(m, value, "__getitem__")
    if isinstance(getter, Opaque):
        raise Refused(getter.reason)
    if getter is None:
        raise TypeError("object is not iterable")
    position = 0
    while True:
        try:
            item = m.call(getter, [position], {})
        except Raised as raised:
            if _is(raised.error, IndexError):
                return
            raise
        yield item
        position += 1


def _is(error: ErrorValue, kind: type[BaseException]) -> bool:
    return isinstance(error.kind, NativeFunction) and error.kind.kind is kind
