"""``environ.Env``, of django-environ."""

from __future__ import annotations

import re

from bridgekit.check.settings.interpreter.data import UNSET, DictValue, ListValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.addresses import address, url_kind
from bridgekit.check.settings.library.env_reader import (
    Arguments,
    Keywords,
    Parser,
    Reader,
    cast_name,
    data,
    each,
    is_in_file,
    pairs,
    with_any,
)
from bridgekit.check.settings.library.environment import parsed
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS
from bridgekit.check.settings.library.settings_files import read_django_environ

_TRUE = frozenset(("true", "on", "ok", "y", "yes", "1"))


def _number_or_word(text: str) -> bool:
    """django-environ: a number that is not zero, or a word for yes; everything else is no."""
    try:
        return int(text) != 0
    except ValueError:
        return text.lower().strip() in _TRUE


def _number(text: str) -> float:
    """django-environ: digits, signs and separators alone; the last comma or point parts what is behind it."""
    *whole, last = re.split("[,.]", re.sub(r"[^\d,.-]", "", text))
    return float(f"{''.join(whole)}.{last}" if whole else last)


def _parts(text: str) -> list[Value]:
    return [Text(part) for part in text.split(",") if part]


def _list(text: str) -> Value:
    return ListValue(_parts(text))


def _in_brackets(text: str) -> Value:
    return ListValue(_parts(text.strip("(").strip(")")))


_LISTS: dict[str, Parser] = {"tuple": _in_brackets}
_ENVIRON_PARSERS: dict[str, Parser] = {
    "bool": _number_or_word,
    "int": int,
    "float": _number,
    "str": Text,
    "list": _list,
    "tuple": lambda text: tuple(_parts(text.strip("(").strip(")"))),
    "dict": pairs,
    "json": data,
}
_CAST_SECOND = ("list", "tuple", "dict", "get_value")
"""Methods whose second argument is the type of the elements."""


class DjangoEnviron(Reader):
    """``environ.Env(DEBUG=(bool, False))``."""

    __slots__ = ("guesses", "reads_files", "scheme")

    def __init__(self, scheme: Keywords, *, reads_files: bool = False) -> None:
        super().__init__()
        self.scheme, self.reads_files, self.guesses = scheme, reads_files, True

    def read_file(self, interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
        return read_django_environ(interpreter, args, kwargs)

    def call(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        return self.typed(interpreter, "get_value", args, kwargs)

    def set_attribute(self, interpreter: Interpreter, name: str, value: Value) -> bool:
        """``env.prefix = "APP_"``."""
        plain = unwrap(value)[0]
        if name == "prefix" and isinstance(plain, str):
            self.prefix = str(plain)
            return True
        if name == "smart_cast" and isinstance(plain, bool):
            self.guesses = plain
            return True
        return name in ("escape_proxy", "warn_on_default")

    def typed(self, interpreter: Interpreter, kind: str, args: Arguments, kwargs: Keywords) -> Value:
        names = ("var", "cast", "default") if kind in _CAST_SECOND else ("var", "default", "multiline")
        given: Keywords = dict(zip(names, args, strict=False)) | kwargs
        name, default = given.get("var"), given.get("default", UNSET)
        cast = given.get("cast")
        url = url_kind(kind)
        if kind in ("list", "tuple") and cast is not None:
            cast = ListValue([cast])
        elif cast is None and kind in _ENVIRON_PARSERS:
            cast = kind
        plain = unwrap(name)[0]
        scheme = self.scheme.get(self.prefix + plain) if isinstance(plain, str) else None
        if scheme is not None:
            cast, default = _from_scheme(scheme, cast, default)
        if cast is None and default is not UNSET and self.guesses:
            cast = _type_of(unwrap(default)[0])
        if self.reads_files and is_in_file(interpreter, self.prefix, name):
            return interpreter.opaque("a variable of the environment that names a file")
        value, is_default = self.fetch(interpreter, name, default, cast_name(cast))
        refused = _refused(interpreter, unwrap(value)[0], given, kind) if url is None else None
        if refused is not None:
            return refused
        if url is not None:
            return address(interpreter, url, value) if value is not None else None
        if is_default:
            return value
        if default is None and unwrap(value)[0] == "":
            return with_any(None, unwrap(value)[1])
        return _environ_cast(interpreter, value, cast, kind)


def _refused(interpreter: Interpreter, text: Value, given: Keywords, kind: str) -> Value:
    """What stands for another variable (``$NAME``), or is read with an argument that has no model here."""
    if isinstance(text, str) and text.startswith(("$", "\\$")):
        return interpreter.opaque("a variable of the environment that stands for another one")
    if set(given) - {"var", "cast", "default", *(("multiline",) if kind == "str" else ())}:
        return interpreter.opaque(f"env.{kind}() with these arguments")
    is_plain = given.get("multiline", False) is False or (isinstance(text, str) and "\\" not in text)
    return None if is_plain or not isinstance(text, str) else interpreter.opaque("a text of several lines")


def _environ_cast(interpreter: Interpreter, value: Value, cast: Value, kind: str) -> Value:
    if isinstance(cast, ListValue):
        made = each(interpreter, parsed(interpreter, value, _LISTS.get(kind, _list), "list"), cast)
        return interpreter.call(interpreter.builtin("tuple"), [made], {}) if kind == "tuple" else made
    name = cast_name(cast)
    if name in _ENVIRON_PARSERS:
        return parsed(interpreter, value, _ENVIRON_PARSERS[name], name)
    if cast is None:
        return value if kind == "get_value" else parsed(interpreter, value, None, kind)
    return interpreter.call(interpreter.force(cast), [value], {})


def _type_of(default: Value) -> str | None:
    """The type that is guessed from a default."""
    for kind, name in (
        (bool, "bool"),
        (int, "int"),
        (float, "float"),
        (ListValue, "list"),
        (tuple, "tuple"),
        (DictValue, "dict"),
    ):
        if isinstance(default, kind):
            return name
    return None


def _from_scheme(scheme: Value, cast: Value, default: Value) -> tuple[Value, Value]:
    """``Env(DEBUG=(bool, False))``: the type and the default of one variable."""
    if isinstance(scheme, tuple) and len(scheme) == 2:
        return (cast or scheme[0]), (scheme[1] if default is UNSET else default)
    return cast or scheme, default


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["environ.Env.read_env"] = lambda interpreter: NativeFunction("read_env", read_django_environ)
    CALLS["environ.Env"] = lambda interpreter, args, kwargs: DjangoEnviron(kwargs)
    CALLS["environ.FileAwareEnv"] = lambda interpreter, args, kwargs: DjangoEnviron(kwargs, reads_files=True)
