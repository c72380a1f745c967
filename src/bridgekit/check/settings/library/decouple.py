"""``decouple.config`` and ``decouple.Csv``, of python-decouple."""

from __future__ import annotations

import shlex
import string

from bridgekit.check.settings.interpreter.data import UNSET, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.decouple_files import Repository, found_by, of_file
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


class Decouple(Reader):
    """``decouple.config``: a variable, else the project's ``settings.ini`` or ``.env``, else the default; all cast."""

    __slots__ = ("repository", "search_path")

    missing = "decouple.UndefinedValueError"

    def __init__(self, repository: Repository | None = None, search_path: Value = None) -> None:
        super().__init__()
        self.repository, self.search_path = repository, search_path

    def typed(self, interpreter: Interpreter, kind: str, args: Arguments, kwargs: Keywords) -> Value:
        return self.call(interpreter, args, kwargs)

    def call(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        given: Keywords = dict(zip(("option", "default", "cast"), args, strict=False)) | kwargs
        if set(given) - {"option", "default", "cast"} or len(args) > 3:
            return interpreter.opaque("config() with these arguments")
        if self.repository is None:
            self.repository = found_by(interpreter, self.search_path)
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

    __slots__ = ("cast", "delimiter", "post", "strip")

    def __init__(self, given: Keywords) -> None:
        self.cast, self.post = given.get("cast"), given.get("post_process")
        self.delimiter = unwrap(given.get("delimiter", ","))[0]
        self.strip = unwrap(given.get("strip", string.whitespace))[0]

    def call(self, interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        text, inputs = unwrap(args[0])
        if isinstance(text, Opaque):
            return text.derive(".csv")
        delimiter, strip = self.delimiter, self.strip
        if not (isinstance(text, str) and isinstance(delimiter, str) and isinstance(strip, str)):
            return interpreter.opaque("Csv() of something else than text")
        try:
            made = ListValue(Text(part.strip(strip)) for part in _split(text, delimiter))
        except ValueError as error:
            raise interpreter.native_error(error) from None
        if self.cast is not None:
            made = ListValue(element(interpreter, item, self.cast) for item in made)
        value: Value = made if self.post is None else interpreter.call(self.post, [made], {})
        return with_any(value, inputs)


def _csv(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    return Csv(dict(zip(("cast", "delimiter", "strip", "post_process"), args, strict=False)) | kwargs)


def _split(text: str, delimiter: str) -> shlex.shlex:
    """The parts between ``delimiter``, as a shell parts words: quotes hold together, ``#`` begins a comment."""
    words = shlex.shlex(text, posix=True)
    words.whitespace, words.whitespace_split = delimiter, True
    return words


def _config(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    """``Config(RepositoryEnv(path))``."""
    given = args[0] if args else kwargs.get("repository")
    if isinstance(given, Repository):
        return Decouple(given)
    return Decouple(Repository({}, interpreter.opaque("where decouple looks is not known")))


def _auto_config(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    return Decouple(search_path=args[0] if args else kwargs.get("search_path"))


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["decouple.config"] = lambda interpreter: Decouple()
    CONSTANTS["prettyconf.config"] = lambda interpreter: Decouple()
    CALLS["decouple.Config"] = _config
    CALLS["decouple.AutoConfig"] = _auto_config
    for name in ("RepositoryEnv", "RepositoryIni"):
        CALLS[f"decouple.{name}"] = of_file
    CALLS["decouple.RepositoryEmpty"] = lambda interpreter, args, kwargs: Repository({})
    CALLS["decouple.Csv"] = _csv
