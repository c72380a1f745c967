"""Several values that one expression may have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridgekit.check.middleware.evaluation.atoms import Const, Missing, ModuleValue, Native, Unknown
from bridgekit.check.middleware.evaluation.values import Choice, ClassValue, FunctionValue, Value

MAX_OPTIONS = 12
"""More alternatives than this for one value are no longer enumerated."""


def options(value: Value) -> Iterator[Value]:
    """Every alternative of a value; itself, if it is no choice."""
    if isinstance(value, Choice):
        yield from value.values
    else:
        yield value


def choose(values: Iterable[Value], why: Unknown) -> Value:
    """One value for several alternatives, nested choices flattened; ``why`` tells what would decide."""
    flat: list[Value] = []
    for value in values:
        for option in options(value):
            if not any(same_value(option, seen) for seen in flat):
                flat.append(option)
    if len(flat) == 1:
        return flat[0]
    if not flat or len(flat) > MAX_OPTIONS:
        return why
    return Choice(tuple(flat), why)


def same_value(one: Value, other: Value) -> bool:
    """Whether two values are certainly the same object or equal constants."""
    if isinstance(one, Const) and isinstance(other, Const):
        return type(one.value) is type(other.value) and bool(one.value == other.value)
    if isinstance(one, ClassValue) and isinstance(other, ClassValue):
        return one.node is other.node and one.frame is other.frame and one.attributes == other.attributes
    if isinstance(one, FunctionValue) and isinstance(other, FunctionValue):
        return one.node is other.node and one.frame is other.frame and one.attributes == other.attributes
    if isinstance(one, ModuleValue) and isinstance(other, ModuleValue):
        return one.name == other.name
    if isinstance(one, Native) and isinstance(other, Native):
        return one.name == other.name
    return one is other or (isinstance(one, Missing) and isinstance(other, Missing))
