"""The elements of plain data, in order, where there is an order to be known."""

from __future__ import annotations

from bridgekit.check.python.plain import MAX_SIZE, Refused
from bridgekit.check.settings.interpreter.data import IteratorValue, SetValue, Text, Value, ViewValue


def iterable_items(value: Value) -> list[Value]:
    """The elements in order. Raises `TypeError` for what is not iterable, `Refused` where the order is unknowable."""
    if isinstance(value, SetValue | frozenset):
        if len(value) > 1:
            raise Refused("the order of a set of strings differs from one process to the next")
        return list(value)
    if isinstance(value, Text):
        return list(str(value))
    if isinstance(value, list | tuple | dict | str | bytes):
        return list(value)
    if isinstance(value, range):
        if len(value) > MAX_SIZE:
            raise Refused(f"the range has more than {MAX_SIZE:,} elements")
        return list(value)
    if isinstance(value, IteratorValue):
        if value.lost is not None:
            raise Refused(value.lost.reason)
        return list(value.items)
    if isinstance(value, ViewValue):
        return value.now()
    if value is None or isinstance(value, int | float):
        raise TypeError(f"{type(value).__name__!r} object is not iterable")
    raise Refused("this is not plain data to iterate over")
