"""From interpreted values to plain Python data for whoever reads a result."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    ListValue,
    Opaque,
    PathValue,
    SetValue,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import External, FunctionValue
from bridgekit.check.settings.result import Known, Unknown
from bridgekit.middleware_chain.facts import Location

_MAX_DEPTH = 8


def to_plain(interpreter: Interpreter, value: Value, bound: Location | None) -> Known | Unknown:
    """The value with its unknown parts marked; the whole is unknown where nothing of it is known."""
    conversion = _Conversion(interpreter, bound or Location("", 1))
    plain = conversion.of(value, _MAX_DEPTH)
    if isinstance(plain, Unknown):
        return plain
    inputs = tuple(sorted(name.removeprefix("env:") for name in conversion.inputs))
    return Known(plain, bound, inputs, conversion.places)


class _Conversion:
    """One value made plain, and what was met on the way: the inputs it is made of, the places of keys."""

    def __init__(self, interpreter: Interpreter, where: Location) -> None:
        self.interpreter = interpreter
        self.where = where
        self.inputs: set[str] = set()
        self.places: dict[tuple[object, ...], Location] = {}

    def of(self, value: Value, depth: int, path: tuple[object, ...] = ()) -> object:
        value = self.interpreter.read(value)
        if isinstance(value, Input):
            self.inputs.update(value.inputs)
            return self.of(value.value, depth, path)
        if isinstance(value, Opaque):
            return Unknown(value.reason, value.location)
        if depth == 0:
            return Unknown("nested too deeply", self.where)
        if isinstance(value, Text):
            return str(value)
        if isinstance(value, ListValue):
            return [self.of(item, depth - 1) for item in value]
        if isinstance(value, tuple):
            return tuple(self.of(item, depth - 1) for item in value)
        if isinstance(value, DictValue):
            return {self.of(key, 2): self._item(key, item, depth, path) for key, item in value.items()}
        if isinstance(value, SetValue | frozenset):
            return {self.of(item, 2) for item in value}
        if isinstance(value, PathValue):
            return value.path
        if value is None or isinstance(value, bool | int | float | complex | str | bytes):
            return value
        return Unknown(_described(value), self.where)

    def _item(self, key: Value, item: Value, depth: int, path: tuple[object, ...]) -> object:
        inside = (*path, self.of(key, 2))
        place = getattr(key, "location", None)
        if isinstance(key, Text) and isinstance(place, Location):
            self.places[inside] = place
        return self.of(item, depth - 1, inside)


def _described(value: Value) -> str:
    if isinstance(value, External):
        return f"{value.dotted} is not read"
    if isinstance(value, FunctionValue):
        return f"{value.name} is a function"
    if isinstance(value, Model):
        return f"a {type(value).__name__} of a package that is not read"
    return f"a {type(value).__name__.removesuffix('Value').lower()}, no plain data"
