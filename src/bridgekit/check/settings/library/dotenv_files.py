"""Which ``.env`` file is meant, and what it sets: only files of the project are read, and one outside is taken as absent."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import UNSET, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.dotenv import Syntax
from bridgekit.check.settings.library.environment import unset_or, with_inputs
from bridgekit.check.settings.library.files import changed_on_disk, text_of
from bridgekit.middleware_chain.facts import Location

_MAX_DOTENV = 64 * 1024
"""Bytes; such a file holds a few dozen lines."""
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class Located:
    """The files that may be meant. ``is_certain``: this one is."""

    paths: tuple[str, ...]
    is_certain: bool = True

    @property
    def path(self) -> str | None:
        """The one file that is read for certain."""
        return self.paths[0] if self.is_certain and self.paths else None


def beside(interpreter: Interpreter, name: str = ".env") -> Located:
    """The file in the directory of the code that asks."""
    return _existing(interpreter, [str(Path(interpreter.frames[-1].path).with_name(name))])


def upward(interpreter: Interpreter, start: Path, names: Iterable[str] = (".env",)) -> Located:
    """The nearest file of one of these names in ``start`` and the directories above it, within the project."""
    names = tuple(names)
    for directory in (start, *start.parents):
        if not interpreter.surroundings.in_project(str(directory)):
            break
        found = _existing(interpreter, [str(directory / name) for name in names])
        if found.paths:
            return Located(found.paths[:1])
    return Located(())


def named(interpreter: Interpreter, given: Value) -> Located:
    """The file at a path. Where a process stands is not known: of a relative path those are told that it may mean."""
    path = text_of(given)
    if path is not None and path.startswith("/"):
        return _existing(interpreter, [os.path.normpath(path)])
    name = path or ".env"
    folders = dict.fromkeys([*interpreter.finder.roots, *map(str, Path(interpreter.frames[-1].path).parents)])
    near = [os.path.normpath(Path(folder) / name) for folder in folders]
    return Located(_existing(interpreter, near).paths, is_certain=False)


def _existing(interpreter: Interpreter, paths: list[str]) -> Located:
    return Located(
        tuple(path for path in paths if interpreter.surroundings.in_project(path) and Path(path).is_file())
    )


def variables(interpreter: Interpreter, located: Located, syntax: Syntax) -> dict[str, Value]:
    """What the file sets. Where it is not certain which one is read, all that one of them may set is unknown."""
    found: dict[str, Value] = {}
    for path in located.paths:
        try:
            text = read_bounded(path, _MAX_DOTENV).decode("utf-8-sig", "replace")
        except UnreadableError:
            # Too large, or not to be opened: whatever is read of the environment may stand there.
            lost_file = interpreter.opaque(f"{Path(path).name} cannot be read")
            interpreter.lost_environ = interpreter.lost_environ or lost_file
            continue
        interpreter.files[path] = None
        lost = changed_on_disk(interpreter, path)
        for name, value, number in syntax(text):
            if value is not None and located.is_certain and lost is None:
                found[name] = Text.at(value, Location(path, number))
            else:
                found[name] = _unread(interpreter, name, Location(path, number))
    return found


def _unread(interpreter: Interpreter, name: str, place: Location) -> Opaque:
    return interpreter.opaque(
        f"what {Path(place.path).name} sets {name} to is not known", key=f"dotenv:{place}:{name}"
    )


def expanded(interpreter: Interpreter, found: dict[str, Value], *, override: bool) -> dict[str, Value]:
    """python-dotenv's ``${NAME}`` and ``${NAME:-default}``, from the environment and the file's earlier lines."""
    made: dict[str, Value] = {}
    for name, value in found.items():
        made[name] = _expanded(interpreter, value, made, override=override)
    return made


def _expanded(interpreter: Interpreter, value: Value, before: dict[str, Value], *, override: bool) -> Value:
    if not isinstance(value, Text) or "${" not in value:
        return value
    text, end, inputs = "", 0, frozenset[str]()
    for reference in _REFERENCE.finditer(value):
        name = reference["name"]
        given, own = unset_or(interpreter, name), before.get(name, UNSET)
        order = [own, given] if override else [given, own]
        chosen = next((one for one in order if one is not UNSET), UNSET)
        if chosen is UNSET:
            chosen = with_inputs(Text(reference["default"] or ""), frozenset((f"env:{name}",)))
        plain, more = unwrap(chosen)
        if not isinstance(plain, str):
            return interpreter.opaque(f"the variable {name} in a .env file is not known")
        text, end, inputs = text + value[end : reference.start()] + plain, reference.end(), inputs | more
    made = Text.at(text + value[end:], value.location)
    return with_inputs(made, inputs) if inputs else made


def set_variables(interpreter: Interpreter, found: dict[str, Value], override: Value = False) -> None:
    """Set what is unset, or everything with ``override``."""
    plain, inputs = unwrap(override)
    is_known = (plain is None or isinstance(plain, bool | int)) and not inputs
    for name, value in found.items():
        if unset_or(interpreter, name) is UNSET or (is_known and plain):
            interpreter.written_environ[name] = value
        elif not is_known:
            interpreter.written_environ[name] = interpreter.opaque(
                f"whether a .env file overrides {name} is not known"
            )
