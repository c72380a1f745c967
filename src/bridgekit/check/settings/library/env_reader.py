"""Packages that read environment variables with a type and a default: what django-environ, environs and decouple share.

They differ where it matters. django-environ and environs hand a default out as it is written, so that
``env.bool("DEBUG", default="False")`` is a text and true; decouple casts it. django-environ guesses a type from the
default where none is given, and takes the type as second argument where the others take the default.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

from bridgekit.check.settings.interpreter.data import (
    NOT_IMPLEMENTED,
    UNSET,
    DictValue,
    ListValue,
    Text,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.pure import adopt
from bridgekit.check.settings.interpreter.values import ErrorValue, External, NativeFunction
from bridgekit.check.settings.library.environment import (
    Environ,
    required,
    unset_or,
    with_inputs,
)

Arguments: TypeAlias = Sequence[Value]
Keywords: TypeAlias = dict[str, Value]
Parser: TypeAlias = Callable[[str], Value]

_TRUE_WORDS = frozenset(("y", "yes", "t", "true", "on", "1"))
_FALSE_WORDS = frozenset(("n", "no", "f", "false", "off", "0"))


def word(text: str) -> bool:
    """One of the words for yes and no, in any case: nothing else, blanks included (decouple, environs)."""
    if text.lower() not in _TRUE_WORDS | _FALSE_WORDS:
        raise ValueError(f"Invalid truth value: {text}")
    return text.lower() in _TRUE_WORDS


def pairs(text: str) -> Value:
    """``key=value,key=value``. :raises ValueError: for anything else."""
    found = [part.strip().split("=", 1) for part in text.split(",") if part]
    if any(len(pair) != 2 for pair in found):
        raise ValueError(f"{text!r} holds something else than key=value")
    return DictValue({Text(key.strip()): Text(value) for key, value in found})


def data(text: str) -> Value:
    """What JSON says."""
    return adopt(json.loads(text))


def _suggest(interpreter: Interpreter, name: str, kind: str | None) -> None:
    """A switch is worth trying both ways."""
    if kind == "bool":
        for word in ("true", "false"):
            interpreter.suggest(frozenset((f"env:{name}",)), word)


class Reader(Model):
    """What the three have in common: a variable by name, or the default."""

    __slots__ = ("prefix",)

    missing = "django.core.exceptions.ImproperlyConfigured"
    """The exception for a variable that is not set and has no default."""

    def __init__(self) -> None:
        self.prefix = ""

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name in ("read_env", "read_envfile"):
            return NativeFunction(f"env.{name}", self.read_file)
        if name == "seal":
            return NativeFunction("env.seal", lambda interpreter, args, kwargs: None)
        if name in (
            "smart_cast",
            "escape_proxy",
            "parser_for",
            "add_parser",
            "parse_value",
            "get_value_from",
        ):
            return NOT_IMPLEMENTED
        if name == "ENVIRON":
            return Environ()
        if name.startswith("_"):
            return NOT_IMPLEMENTED
        return NativeFunction(
            f"env.{name}", lambda interpreter, args, kwargs: self.typed(interpreter, name, args, kwargs)
        )

    def read_file(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        """``env.read_env(path)``."""
        raise NotImplementedError

    def typed(self, interpreter: Interpreter, kind: str, args: Arguments, kwargs: Keywords) -> Value:
        """``env.kind(name, ...)``."""
        raise NotImplementedError

    def item(self, interpreter: Interpreter, key: Value) -> Value:
        return self.call(interpreter, [key], {})

    def contains(self, interpreter: Interpreter, key: Value) -> Value:
        return Environ().contains(interpreter, key)

    def fetch(
        self, interpreter: Interpreter, name: Value, default: Value, kind: str | None
    ) -> tuple[Value, bool]:
        """The variable's text (or the unknown), and whether it is the default in its place."""
        plain = unwrap(name)[0]
        if not isinstance(plain, str):
            return interpreter.opaque("the name of an environment variable is not known"), False
        variable = self.prefix + plain
        _suggest(interpreter, variable, kind)
        value = unset_or(interpreter, variable)
        if value is not UNSET:
            return value, False
        if default is UNSET:
            error = ErrorValue(External(self.missing), (Text(f"{variable} is not set"),))
            return required(interpreter, variable, error), False
        return with_inputs(default, frozenset((f"env:{variable}",))), True


def is_in_file(interpreter: Interpreter, prefix: str, name: Value) -> bool:
    """``FileAwareEnv``: whether ``NAME_FILE`` is set, to the file that holds the value."""
    plain = unwrap(name)[0]
    return isinstance(plain, str) and unset_or(interpreter, f"{prefix}{plain}_FILE") is not UNSET


def each(interpreter: Interpreter, items: Value, cast: ListValue) -> Value:
    """``cast=[int]``: every part through the one function."""
    plain, inputs = unwrap(items)
    if not isinstance(plain, ListValue) or not cast:
        return items
    made = ListValue(element(interpreter, item, cast[0]) for item in plain)
    return with_inputs(made, inputs) if inputs else made


def element(interpreter: Interpreter, item: Value, cast: Value) -> Value:
    """One part, cast; a text is one already."""
    return item if cast_name(cast) == "str" else interpreter.call(cast, [item], {})


def cast_name(cast: Value) -> str | None:
    """``"bool"``, for that text and for the type."""
    if isinstance(cast, str):
        return cast
    return cast.name if isinstance(cast, NativeFunction) and cast.kind is not None else None


def with_any(value: Value, inputs: frozenset[str]) -> Value:
    """``value``, as depending on ``inputs`` if there are some."""
    return with_inputs(value, inputs) if inputs else value
