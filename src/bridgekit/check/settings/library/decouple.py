"""python-decouple: ``config`` over a repository of options (``settings.ini``, ``.env``, or a file by name), and ``Csv``."""

from __future__ import annotations

import os
import shlex
import string
from collections.abc import Sequence
from configparser import ConfigParser, Error
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import UNSET, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.env_casts import WORDS, words
from bridgekit.check.settings.library.env_files import Located, folder, named, upward, variables
from bridgekit.check.settings.library.env_grammars import DECOUPLE
from bridgekit.check.settings.library.env_reader import Keywords, Library, Reader, each
from bridgekit.check.settings.library.environment import with_any
from bridgekit.check.settings.library.files import text_of
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS
from bridgekit.middleware_chain.facts import Location

_MAX_INI = 64 * 1024
"""Bytes; a settings.ini holds a few dozen lines."""
_NAMES = ("settings.ini", ".env")


class Repository(Model):
    """The options of one file. ``cause``: the file is not known, and so is each option."""

    __slots__ = ("cause", "folds", "options")

    def __init__(
        self, options: dict[str, Value], cause: Opaque | None = None, *, folds: bool = False
    ) -> None:
        self.options, self.cause, self.folds = options, cause, folds

    def get(self, name: str, default: Value) -> Value:
        """An option; those of an ini file have no case."""
        found = self.options.get(name.lower() if self.folds else name, UNSET)
        return found if found is not UNSET else default if self.cause is None else self.cause


_DECOUPLE = Library(
    missing="decouple.UndefinedValueError",
    casts={"bool": words(*WORDS, empty_is_no=True)},
    arguments={"": ("option", "default", "cast")},
    casts_default=True,
)


class Decouple(Reader):
    """``decouple.config``: a variable, else the project's ``settings.ini`` or ``.env``, else the default; all cast."""

    __slots__ = ("repository", "search_path")

    def __init__(self, repository: Repository | None = None, search_path: Value = None) -> None:
        super().__init__(_DECOUPLE)
        self.repository, self.search_path = repository, search_path

    def typed(self, interpreter: Interpreter, kind: str, args: Sequence[Value], kwargs: Keywords) -> Value:
        return super().typed(interpreter, "", args, kwargs)

    def default(self, interpreter: Interpreter, variable: str | None, given: Value) -> Value:
        self.repository = self.repository or _found(interpreter, self.search_path)
        return given if variable is None else self.repository.get(variable, given)


def _found(interpreter: Interpreter, search_path: Value) -> Repository:
    """What ``AutoConfig`` finds: beside the code that asks, or in the directory that it is given, and above."""
    start = folder(interpreter)
    if search_path is not None:
        path = text_of(search_path)
        if path is None or not path.startswith("/"):
            near = [named(interpreter, Text(Path(path or "") / name)) for name in _NAMES]
            return _read(interpreter, Located(tuple(p for one in near for p in one.paths), is_certain=False))
        start = Path(os.path.normpath(path))
    return _read(interpreter, upward(interpreter, start, _NAMES))


def _of_file(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    """``RepositoryEnv(path)`` and ``RepositoryIni(path)``: a missing file raises, so that it is somewhere else."""
    located = named(interpreter, unwrap(args[0] if args else kwargs.get("source"))[0])
    if not located.paths or len(args) != 1 or kwargs:
        return Repository({}, interpreter.opaque("the file that decouple reads is not in the project"))
    return _read(interpreter, located)


def _read(interpreter: Interpreter, located: Located) -> Repository:
    if not any(path.endswith(".ini") for path in located.paths):
        return Repository(variables(interpreter, located, DECOUPLE))
    if located.path is None:
        return Repository({}, interpreter.opaque("which settings.ini is read is not known"))
    parser, path = ConfigParser(), located.path
    try:
        parser.read_string(read_bounded(path, _MAX_INI).decode("utf-8"))
        interpreter.files[path] = None
        section = dict(parser["settings"]) if "settings" in parser else {}
    except (UnreadableError, UnicodeDecodeError, Error):
        return Repository({}, interpreter.opaque(f"{path} cannot be read"))
    return Repository({name: Text.at(text, Location(path, 1)) for name, text in section.items()}, folds=True)


class Csv(Model):
    """``decouple.Csv(cast=str, delimiter=",", post_process=list)``."""

    __slots__ = ("cast", "delimiter", "post", "strip")

    def __init__(self, given: Keywords) -> None:
        self.cast, self.post = given.get("cast"), given.get("post_process")
        self.delimiter = unwrap(given.get("delimiter", ","))[0]
        self.strip = unwrap(given.get("strip", string.whitespace))[0]

    def call(self, interpreter: Interpreter, args: Sequence[Value], kwargs: Keywords) -> Value:
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
        value: Value = made if self.cast is None else each(interpreter, made, self.cast)
        value = value if self.post is None else interpreter.call(self.post, [value], {})
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


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["decouple.config"] = lambda interpreter: Decouple()
    CONSTANTS["prettyconf.config"] = lambda interpreter: Decouple()
    CALLS["decouple.Config"] = _config
    CALLS["decouple.AutoConfig"] = lambda interpreter, args, kwargs: Decouple(
        search_path=args[0] if args else kwargs.get("search_path")
    )
    for name in ("RepositoryEnv", "RepositoryIni"):
        CALLS[f"decouple.{name}"] = _of_file
    CALLS["decouple.RepositoryEmpty"] = lambda interpreter, args, kwargs: Repository({})
    CALLS["decouple.Csv"] = _csv
