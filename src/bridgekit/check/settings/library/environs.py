"""``environs.Env``."""

from __future__ import annotations

from functools import partial

from bridgekit.check.settings.interpreter.control import Raised
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
    is_in_file,
    pairs,
    word,
)
from bridgekit.check.settings.library.environment import parsed
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS
from bridgekit.check.settings.library.settings_files import read_environs


def _parts(text: str, *, delimiter: str) -> Value:
    return ListValue(Text(part) for part in text.split(delimiter)) if text else ListValue()


_ENVIRONS_PARSERS: dict[str, Parser] = {
    "bool": word,
    "int": int,
    "float": float,
    "str": Text,
    "json": data,
    "dict": pairs,
}


_ARGUMENTS = {"name", "default", "subcast", "delimiter"}


class Environs(Reader):
    """``environs.Env()``: the default is the second argument of every method."""

    __slots__ = ("expands", "reads_files")

    missing = "environs.EnvError"

    def __init__(self, given: Keywords, *, reads_files: bool = False) -> None:
        super().__init__()
        self.expands = given.get("expand_vars", False) is not False
        self.reads_files = reads_files
        prefix = unwrap(given.get("prefix"))[0]
        self.prefix = str(prefix) if isinstance(prefix, str) else ""

    def read_file(self, interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
        return read_environs(interpreter, args, kwargs)

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
        name = given.get("name")
        if self.reads_files and is_in_file(interpreter, self.prefix, name):
            return interpreter.opaque("a variable of the environment that names a file")
        value, is_default = self.fetch(interpreter, name, given.get("default", UNSET), kind)
        url = url_kind(kind)
        if url is not None and value is not None:
            return address(interpreter, url, value)
        text = unwrap(value)[0]
        if self.expands and isinstance(text, str) and "$" in text:
            return interpreter.opaque("a variable of the environment that refers to others")
        if is_default:
            return value
        if set(given) - _ARGUMENTS or (kind != "list" and "delimiter" in given) or len(args) > 2:
            return interpreter.opaque(f"env.{kind}() with these arguments")
        parse = _ENVIRONS_PARSERS.get(kind)
        delimiter = unwrap(given.get("delimiter", ","))[0]
        if kind == "list" and isinstance(delimiter, str):
            parse = partial(_parts, delimiter=str(delimiter))
        try:
            made = parsed(interpreter, value, parse, kind)
        except Raised:
            # The package's own exception, which derives from ValueError in some of its versions.
            return interpreter.refuse(f"environs does not take the value of a variable for a {kind}")
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
    CONSTANTS["environs.env"] = lambda interpreter: Environs({})
    CALLS["environs.Env"] = lambda interpreter, args, kwargs: Environs(kwargs)
    CALLS["environs.FileAwareEnv"] = lambda interpreter, args, kwargs: Environs(kwargs, reads_files=True)
