"""``decouple.config`` and ``decouple.Csv``, of python-decouple."""

from __future__ import annotations

from bridgekit.check.settings.interpreter.data import UNSET, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.env_reader import (
    Arguments,
    Keywords,
    Reader,
    cast_name,
    element,
    with_any,
    word,
)
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS
from bridgekit.check.settings.library.settings_files import repository


class Decouple(Reader):
    """``decouple.config``: a variable, else the project's ``settings.ini`` or ``.env``, else the default; all cast."""

    __slots__ = ("repository",)

    missing = "decouple.UndefinedValueError"

    def __init__(self) -> None:
        super().__init__()
        self.repository: dict[str, Value] | None = None

    def typed(self, interpreter: Interpreter, kind: str, args: Arguments, kwargs: Keywords) -> Value:
        return self.call(interpreter, args, kwargs)

    def call(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        given: Keywords = dict(zip(("option", "default", "cast"), args, strict=False)) | kwargs
        if self.repository is None:
            self.repository = repository(interpreter)
        cast = given.get("cast")
        kind = cast_name(cast)
        option = given.get("option")
        default = self.repository.get(str(unwrap(option)[0]), given.get("default", UNSET))
        value, _ = self.fetch(interpreter, option, default, kind)
        if cast is None:
            return value
        plain, inputs = unwrap(value)
        if isinstance(plain, Opaque):
            return plain.derive(".cast")
        if kind == "bool":
            return with_any(_decoupled(interpreter, plain), inputs)
        return with_any(interpreter.call(interpreter.force(cast), [plain], {}), inputs)


def _decoupled(interpreter: Interpreter, value: Value) -> Value:
    """decouple casts ``str(value)`` of anything, ``""`` to false."""
    text = str(value)
    try:
        return bool(text) and word(text)
    except ValueError as error:
        raise interpreter.native_error(error) from None


class Csv(Model):
    """``decouple.Csv(cast=str, delimiter=",", post_process=list)``."""

    __slots__ = ("cast", "delimiter", "post")

    def __init__(self, given: Keywords) -> None:
        self.cast, self.post = given.get("cast"), given.get("post_process")
        self.delimiter = unwrap(given.get("delimiter", ","))[0]

    def call(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        text, inputs = unwrap(args[0])
        if isinstance(text, Opaque):
            return text.derive(".csv")
        if not isinstance(text, str) or not isinstance(self.delimiter, str):
            return interpreter.opaque("Csv() of something else than text")
        made = ListValue(Text(part.strip()) for part in text.split(self.delimiter) if part.strip())
        if self.cast is not None:
            made = ListValue(element(interpreter, item, self.cast) for item in made)
        value: Value = made if self.post is None else interpreter.call(self.post, [made], {})
        return with_any(value, inputs)


def _csv(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    return Csv(dict(zip(("cast", "delimiter"), args, strict=False)) | kwargs)


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["decouple.config"] = lambda interpreter: Decouple()
    for dotted in ("decouple.Config", "decouple.AutoConfig", "prettyconf.config"):
        CALLS[dotted] = lambda interpreter, args, kwargs: Decouple()
    CALLS["decouple.Csv"] = _csv
