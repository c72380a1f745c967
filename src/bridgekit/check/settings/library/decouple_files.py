"""Where python-decouple looks for what the environment does not hold: ``settings.ini``, ``.env``, or a file by name."""

from __future__ import annotations

import os
from configparser import ConfigParser, Error
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import UNSET, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.dotenv import decouple
from bridgekit.check.settings.library.dotenv_files import Located, named, upward, variables
from bridgekit.check.settings.library.files import text_of
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


def found_by(interpreter: Interpreter, search_path: Value = None) -> Repository:
    """What ``AutoConfig`` finds: beside the code that asks, or in the directory that it is given, and above."""
    start = Path(interpreter.frames[-1].path).parent
    if search_path is not None:
        path = text_of(search_path)
        if path is None or not path.startswith("/"):
            near = [named(interpreter, Text(Path(path or "") / name)) for name in _NAMES]
            return _read(interpreter, Located(tuple(p for one in near for p in one.paths), is_certain=False))
        start = Path(os.path.normpath(path))
    return _read(interpreter, upward(interpreter, start, _NAMES))


def of_file(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``RepositoryEnv(path)`` and ``RepositoryIni(path)``: a missing file raises, so that it is somewhere else."""
    located = named(interpreter, unwrap(args[0] if args else kwargs.get("source"))[0])
    if not located.paths or len(args) != 1 or kwargs:
        return Repository({}, interpreter.opaque("the file that decouple reads is not in the project"))
    return _read(interpreter, located)


def _read(interpreter: Interpreter, located: Located) -> Repository:
    inis = [path for path in located.paths if path.endswith(".ini")]
    if not inis:
        return Repository(variables(interpreter, located, decouple))
    if located.path is None:
        return Repository({}, interpreter.opaque("which settings.ini is read is not known"))
    return _ini(interpreter, located.path)


def _ini(interpreter: Interpreter, path: str) -> Repository:
    parser = ConfigParser()
    try:
        parser.read_string(read_bounded(path, _MAX_INI).decode("utf-8"))
        interpreter.files[path] = None
        section = dict(parser["settings"]) if "settings" in parser else {}
    except (UnreadableError, UnicodeDecodeError, Error):
        return Repository({}, interpreter.opaque(f"{path} cannot be read"))
    options: dict[str, Value] = {name: Text.at(text, Location(path, 1)) for name, text in section.items()}
    return Repository(options, folds=True)
