"""From interpreted values to plain Python data for whoever reads a result."""

from __future__ import annotations

from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.result import Known, Unknown
from bridgekit.check.settings.values import (
    DictValue,
    External,
    FunctionValue,
    Input,
    ListValue,
    Model,
    Opaque,
    PathValue,
    SetValue,
    Text,
    Value,
)
from bridgekit.middleware_chain.facts import Location

__all__ = ["to_plain"]

_MAX_DEPTH = 8


def to_plain(m: Machine, value: Value, bound: Location | None) -> Known | Unknown:
    """The value with its unknown parts marked; the whole is unknown where nothing of it is known."""
    where = bound or Location("", 1)
    inputs: set[str] = set()
    plain = _convert(m, value, where, inputs, _MAX_DEPTH)
    if isinstance(plain, Unknown):
        return plain
    return Known(plain, bound, tuple(sorted(name.removeprefix("env:") for name in inputs)))


def _convert(m: Machine, value: Value, where: Location, inputs: set[str], depth: int) -> object:
    value = m.read(value)
    if isinstance(value, Input):
        inputs.update(value.inputs)
        return _convert(m, value.value, where, inputs, depth)
    if isinstance(value, Opaque):
        return Unknown(value.reason, value.location)
    if depth == 0:
        return Unknown("nested too deeply", where)
    if isinstance(value, Text):
        return str(value)
    if isinstance(value, ListValue):
        return [_convert(m, item, where, inputs, depth - 1) for item in value]
    if isinstance(value, tuple):
        return tuple(_convert(m, item, where, inputs, depth - 1) for item in value)
    if isinstance(value, DictValue):
        items = value.items()
        return {
            _convert(m, key, where, inputs, 2): _convert(m, item, where, inputs, depth - 1)
            for key, item in items
        }
    if isinstance(value, SetValue | frozenset):
        return {_convert(m, item, where, inputs, 2) for item in value}
    if isinstance(value, PathValue):
        return value.path
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return value
    return Unknown(_described(value), where)


def _described(value: Value) -> str:
    if isinstance(value, External):
        return f"{value.dotted} is not read"
    if isinstance(value, FunctionValue):
        return f"{value.name} is a function"
    if isinstance(value, Model):
        return f"a {type(value).__name__} of a package that is not read"
    return f"a {type(value).__name__.removesuffix('Value').lower()}, no plain data"
