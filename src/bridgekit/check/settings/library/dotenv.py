"""``.env`` files of the project: which variables they set."""

from __future__ import annotations

import os
from pathlib import Path

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import PathValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.middleware_chain.facts import Location

_MAX_DOTENV = 64 * 1024


def read_dotenv(interpreter: Interpreter, path: Value) -> dict[str, Value]:
    """The variables of a ``.env`` file of the project (by default beside the code that asks)."""
    text = path.path if isinstance(path, PathValue) else path
    if not isinstance(text, str):
        text = str(Path(interpreter.frames[-1].path).parent / ".env")
    text = os.path.normpath(text)
    if not interpreter.surroundings.in_project(text):
        return {}
    try:
        lines = read_bounded(text, _MAX_DOTENV).decode("utf-8-sig", "replace").splitlines()
    except UnreadableError:
        return {}
    interpreter.files[text] = None
    found: dict[str, Value] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#") and name.strip().isidentifier():
            found[name.strip()] = Text.at(value.strip().strip("'\""), Location(text, number))
    return found
