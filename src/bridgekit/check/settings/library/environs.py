"""``environs.Env``."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import UNSET, ListValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.addresses import address, url_kind
from bridgekit.check.settings.library.env_reader import (
    Arguments,
    Keywords,
    Parser,
    Reader,
    data,
    each,
    pairs,
    word,
)
from bridgekit.check.settings.library.environment import parsed
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS

_ENVIRONS_PARSERS: dict[str, Parser] = {
    "bool": word,
    "int": int,
    "float": float,
    "str": Text,
    "list": lambda text: ListValue(Text(part) for part in text.split(",")) if text else ListValue(),
    "json": data,
    "dict": pairs,
}


class Environs(Reader):
    """``environs.Env()``: the default is the second argument of every method."""

    __slots__ = ()

    missing = "environs.EnvError"

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name == "prefixed":
            return NativeFunction(
                "env.prefixed", lambda interpreter, args, kwargs: Prefixed(self, unwrap(args[0])[0])
            )
        return super().attribute(interpreter, name)

    def call(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        return self.typed(interpreter, "str", args, kwargs)

    def typed(self, interpreter: Interpreter, kind: str, args: Arguments, kwargs: Keywords) -> Value:
        given: Keywords = dict(zip(("name", "default"), args, strict=False)) | kwargs
        value, is_default = self.fetch(interpreter, given.get("name"), given.get("default", UNSET), kind)
        url = url_kind(kind)
        if url is not None and value is not None:
            return address(interpreter, url, value)
        if is_default:
            return value
        made = parsed(interpreter, value, _ENVIRONS_PARSERS.get(kind), kind)
        subcast = given.get("subcast")
        return made if subcast is None else each(interpreter, made, ListValue([subcast]))


class Prefixed(Model):
    """``with env.prefixed("APP_"):``."""

    __slots__ = ("before", "prefix", "reader")

    def __init__(self, reader: Reader, prefix: Value) -> None:
        self.reader, self.prefix, self.before = reader, prefix, ""

    def enter(self, interpreter: Interpreter) -> Value:
        self.before = self.reader.prefix
        if isinstance(self.prefix, str):
            self.reader.prefix += str(self.prefix)
        return self.reader

    def leave(self) -> None:
        self.reader.prefix = self.before


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["environs.env"] = lambda interpreter: Environs()
    for dotted in ("environs.Env", "environs.FileAwareEnv"):
        CALLS[dotted] = lambda interpreter, args, kwargs: Environs()
