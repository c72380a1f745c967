"""The elements of values, drawn one by one: what a list holds is seen when it is drawn, and so are the hooks of an object."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.python.plain import Refused
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
from bridgekit.check.settings.interpreter.enumerations import members
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import BoundMethod, ClassValue, InstanceValue


def is_followed(value: Value) -> bool:
    """Whether iterating over the value is followed at all (or raises TypeError as it does in Python)."""
    if isinstance(value, Model):
        return value.is_iterable
    return isinstance(
        value,
        str | bytes | int | float | list | tuple | dict | set | frozenset | range | ViewValue | IteratorValue | InstanceValue | None,
    )  # fmt: skip


def drawn(interpreter: Interpreter, value: Value) -> Iterator[Value]:
    """The elements in order. Raises `TypeError` for what is not iterable, `Refused` where they are not known."""
    value = interpreter.read(interpreter.force(unwrap(value)[0]))
    if isinstance(value, Model) and value.is_iterable:
        value = value.drawn(interpreter)
    if isinstance(value, Opaque):
        raise Refused(value.reason)
    if isinstance(value, ListValue):
        return _of_list(interpreter, value)
    if isinstance(value, DictValue | ViewValue):
        return _of_dict(interpreter, value)
    if isinstance(value, IteratorValue):
        return _of_iterator(interpreter, value)
    if isinstance(value, InstanceValue):
        return _of_object(interpreter, value)
    if isinstance(value, ClassValue):
        found = members(interpreter, value)
        if found is None:
            raise Refused("iterating over a class")
        return iter(list(dict.fromkeys(found.values())))
    items = iterable_items(value)
    interpreter.spend(len(items))
    return _of_set(interpreter, value, items) if isinstance(value, SetValue) else iter(items)


def _of_list(interpreter: Interpreter, value: ListValue) -> Iterator[Value]:
    position = 0
    while position < len(value):
        interpreter.spend()
        if value.poison is not None:
            raise Refused(value.poison.reason)
        yield value[position]
        position += 1


def _of_dict(interpreter: Interpreter, value: DictValue | ViewValue) -> Iterator[Value]:
    mapping = value if isinstance(value, DictValue) else value.mapping
    items = list(value) if isinstance(value, DictValue) else value.now()
    for position, item in enumerate(items):
        interpreter.spend()
        if mapping.poison is not None:
            raise Refused(mapping.poison.reason)
        _same_size(interpreter, mapping, items)
        yield item if position == 0 or isinstance(value, DictValue) else value.now()[position]
    _same_size(interpreter, mapping, items)


def _same_size(interpreter: Interpreter, mapping: DictValue, items: list[Value]) -> None:
    if len(mapping) != len(items):
        raise interpreter.fault(RuntimeError, "dictionary changed size during iteration")


def _of_set(interpreter: Interpreter, value: SetValue, items: list[Value]) -> Iterator[Value]:
    for item in items:
        yield item
        if len(value) != len(items):
            raise interpreter.fault(RuntimeError, "Set changed size during iteration")


def _of_iterator(interpreter: Interpreter, value: IteratorValue) -> Iterator[Value]:
    while True:
        interpreter.spend()
        if value.lost is not None:
            raise Refused(value.lost.reason)
        try:
            item = next(value.items)
        except StopIteration:
            return
        yield item


def _of_object(interpreter: Interpreter, value: InstanceValue) -> Iterator[Value]:
    """An object whose ``__iter__`` gives an iterator of Python's own; one that draws its items itself is not followed."""
    hook = special(interpreter, value, "__iter__")
    if not isinstance(hook, BoundMethod):
        raise Refused(hook.reason if hook is not None else "iterating over an object without __iter__")
    iterator = interpreter.read(unwrap(interpreter.call(hook, [], {}))[0])
    if not isinstance(iterator, IteratorValue):
        raise Refused("__iter__ gives something that is not followed")
    yield from drawn(interpreter, iterator)
