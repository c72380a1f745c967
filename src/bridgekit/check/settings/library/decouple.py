"""python-decouple: ``config`` over a repository of options (``settings.ini``, ``.env``, or a file by name), and ``Csv``."""

from __future__ import annotations

import os
import shlex
import string
from collections.abc import Sequence
from configparser import ConfigParser, Error
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library import env_grammars
from bridgekit.check.settings.library.env_casts import WORDS, words
from bridgekit.check.settings.library.env_files import Located, folder, named, upward, variables
from bridgekit.check.settings.library.env_reader import Keywords, Library, Reader, called_with, each
from bridgekit.check.settings.library.environment import with_any
from bridgekit.check.settings.library.files import text_of
from bridgekit.check.settings.library.registry import CALLS, CONSTANTS
from bridgekit.middleware_chain.facts import Location

_MAX_INI = 64 * 1024
"""Bytes; a settings.ini holds a few dozen lines."""
_NAMES = ("settings.ini", ".env")


DECOUPLE = Library(
    missing="decouple.UndefinedValueError",
    casts={"bool": words(*WORDS, empty_is_no=True)},
    arguments={"": ("option", "default", "cast")},
    casts_default=True,
)


class Decouple(Reader):
    """``decouple.config``: a variable, else an option of the project's file, else the default; all cast.

    ``options`` are those of the file, None where it is looked for yet. ``cause``: it is not known, and so is each option.
    """

    __slots__ = ("cause", "folds", "options", "search_path")

    def __init__(
        self,
        options: dict[str, Value] | None = None,
        cause: Opaque | None = None,
        *,
        folds: bool = False,
        search_path: Value = None,
    ) -> None:
        super().__init__(DECOUPLE)
        self.options, self.cause, self.folds, self.search_path = options, cause, folds, search_path

    def typed(self, interpreter: Interpreter, kind: str, args: Sequence[Value], kwargs: Keywords) -> Value:
        return super().typed(interpreter, "", args, kwargs)

    def default(self, interpreter: Interpreter, variable: str | None, given: Value) -> Value:
        if self.options is None:
            found = _found(interpreter, self.search_path)
            self.options, self.cause, self.folds = found.options, found.cause, found.folds
        option = str(variable).lower() if self.folds else str(variable)  # Those of an ini file have no case.
        return (self.options or {}).get(option, given if self.cause is None else self.cause)


def _found(interpreter: Interpreter, search_path: Value) -> Decouple:
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
        return Decouple({}, interpreter.opaque("the file that decouple reads is not in the project"))
    return _read(interpreter, located)


def _read(interpreter: Interpreter, located: Located) -> Decouple:
    if not any(path.endswith(".ini") for path in located.paths):
        return Decouple(variables(interpreter, located, env_grammars.DECOUPLE))
    if located.path is None:
        return Decouple({}, interpreter.opaque("which settings.ini is read is not known"))
    parser, path = ConfigParser(), located.path
    try:
        parser.read_string(read_bounded(path, _MAX_INI).decode("utf-8"))
        interpreter.files[path] = None
        section = dict(parser["settings"]) if "settings" in parser else {}
    except (UnreadableError, UnicodeDecodeError, Error):
        return Decouple({}, interpreter.opaque(f"{path} cannot be read"))
    return Decouple({name: Text.at(text, Location(path, 1)) for name, text in section.items()}, folds=True)


def _csv(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    """``decouple.Csv(cast=str, delimiter=",", strip=string.whitespace, post_process=list)``."""
    given = dict(zip(("cast", "delimiter", "strip", "post_process"), args, strict=False)) | kwargs
    delimiter = unwrap(given.get("delimiter", ","))[0]
    strip = unwrap(given.get("strip", string.whitespace))[0]

    def call(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
        text, inputs = unwrap(args[0])
        if isinstance(text, Opaque):
            return text.derive(".csv")
        if not (isinstance(text, str) and isinstance(delimiter, str) and isinstance(strip, str)):
            return interpreter.opaque("Csv() of something else than text")
        # As a shell parts words: quotes hold together, and ``#`` begins a comment.
        words = shlex.shlex(text, posix=True)
        words.whitespace, words.whitespace_split = delimiter, True
        try:
            made: Value = ListValue(Text(part.strip(strip)) for part in words)
        except ValueError as error:
            raise interpreter.native_error(error) from None
        if given.get("cast") is not None:
            made = each(made, called_with(interpreter, given["cast"]))
        if given.get("post_process") is not None:
            made = interpreter.call(given["post_process"], [made], {})
        return with_any(made, inputs)

    return NativeFunction("decouple.Csv", call)


def _config(interpreter: Interpreter, args: list[Value], kwargs: Keywords) -> Value:
    """``Config(RepositoryEnv(path))``."""
    given = args[0] if args else kwargs.get("repository")
    if isinstance(given, Decouple):
        return given
    return Decouple({}, interpreter.opaque("where decouple looks is not known"))


def register() -> None:
    """Add this module's models to the registry."""
    CONSTANTS["decouple.config"] = lambda interpreter: Decouple()
    CALLS["decouple.Config"] = _config
    CALLS["decouple.AutoConfig"] = lambda interpreter, args, kwargs: Decouple(
        search_path=args[0] if args else kwargs.get("search_path")
    )
    for name in ("RepositoryEnv", "RepositoryIni"):
        CALLS[f"decouple.{name}"] = _of_file
    CALLS["decouple.RepositoryEmpty"] = lambda interpreter, args, kwargs: Decouple({})
    CALLS["decouple.Csv"] = _csv
