"""Files beside the settings that stand in for environment variables: ``.env`` and decouple's ``settings.ini``."""

from __future__ import annotations

from configparser import ConfigParser, Error
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import UNSET, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.dotenv import read_dotenv
from bridgekit.check.settings.library.environment import unset_or
from bridgekit.check.settings.library.registry import CALLS
from bridgekit.middleware_chain.facts import Location

_MAX_INI = 64 * 1024
"""Bytes; a settings.ini holds a few dozen lines."""


def read_settings_file(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``read_env(path)``: a ``.env`` file inside the project sets what is unset."""
    given = args[0] if args else kwargs.get("env_file", kwargs.get("path", kwargs.get("dotenv_path")))
    for name, text in read_dotenv(interpreter, unwrap(given)[0]).items():
        if unset_or(interpreter, name) is UNSET:
            interpreter.written_environ[name] = text
    return True


def repository(interpreter: Interpreter) -> dict[str, Value]:
    """What decouple finds for the file that asks: ``settings.ini`` or ``.env`` beside it or in a directory above."""
    for directory in Path(interpreter.frames[-1].path).parents:
        if not interpreter.surroundings.in_project(str(directory)):
            break
        ini = directory / "settings.ini"
        if ini.is_file() and interpreter.surroundings.in_project(str(ini)):
            return _ini(interpreter, str(ini))
        if (directory / ".env").is_file():
            return read_dotenv(interpreter, Text(directory / ".env"))
    return {}


def _ini(interpreter: Interpreter, path: str) -> dict[str, Value]:
    parser = ConfigParser()
    try:
        parser.read_string(read_bounded(path, _MAX_INI).decode("utf-8"))
        interpreter.files[path] = None
        section = dict(parser["settings"]) if "settings" in parser else {}
    except (UnreadableError, UnicodeDecodeError, Error):
        return {}
    return {name.upper(): Text.at(text, Location(path, 1)) for name, text in section.items()}


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in ("dotenv.load_dotenv", "dotenv.read_dotenv", "dotenv.main.load_dotenv"):
        CALLS[dotted] = read_settings_file
