"""``.env`` files: which one a package means, what it sets, and what the package does with that.

Only files of the project are read, and one outside is taken as absent.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Literal

from bridgekit._dataclass import dataclass
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.settings.interpreter.data import UNSET, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.env_grammars import Grammar
from bridgekit.check.settings.library.environment import unset_or, with_any, with_inputs
from bridgekit.check.settings.library.files import changed_on_disk, text_of
from bridgekit.middleware_chain.facts import Location

_MAX_DOTENV = 64 * 1024
"""Bytes; such a file holds a few dozen lines."""
_REFERENCE = re.compile(r"\$\{(?P<name>[^}:]*)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class EnvFile:
    """How a package reads a ``.env`` file: ``arguments`` by position, the first of them the path.

    ``override``: the one by which the file goes over the environment. ``plainly``: those that change how it is read, and
    with which values they do not. ``climbs``: it looks in the directories above where no path is given, or ``always``.
    ``expands``: python-dotenv's references, those to the environment before those to earlier lines if that is first.
    """

    grammar: Grammar
    arguments: Sequence[str]
    override: str = ""
    plainly: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    climbs: Literal["", "unnamed", "always"] = ""
    expands: bool = False
    environment_first: bool = False

    def read(
        self, interpreter: Interpreter, args: Sequence[Value], kwargs: dict[str, Value]
    ) -> tuple[Located, dict[str, Value], dict[str, Value]]:
        """The file that is meant, what it sets, and the arguments by name."""
        given = dict(zip(self.arguments, args, strict=False)) | kwargs
        located = self._located(interpreter, given)
        if any(given.get(name, plain[0]) not in plain for name, plain in self.plainly.items()):
            located = Located(located.paths, is_certain=False)
        own_first: bool | None = None
        if self.expands and given.get("interpolate", True) is not False:
            own_first = not self.environment_first or unwrap(given.get(self.override, False))[0] is True
        return located, variables(interpreter, located, self.grammar, own_first=own_first), given

    def load(
        self, interpreter: Interpreter, args: Sequence[Value], kwargs: dict[str, Value]
    ) -> tuple[Located, dict[str, Value]]:
        """Read it, and set what is unset, or all that it sets."""
        located, found, given = self.read(interpreter, args, kwargs)
        set_variables(interpreter, found, given.get(self.override, False))
        return located, found

    def _located(self, interpreter: Interpreter, given: dict[str, Value]) -> Located:
        path = unwrap(given.get(self.arguments[0]))[0]
        text = text_of(path)
        if text == "":
            return Located(())
        if path is not None and (text is None or not text.startswith("/")):
            return named(interpreter, path)
        start = folder(interpreter) / ".env" if text is None else Path(os.path.normpath(text))
        if (self.climbs == "always" or (self.climbs and path is None)) and given.get("recurse", True) is True:
            return upward(interpreter, start.parent, (start.name,))
        return _existing(interpreter, [str(start)])


@dataclass(frozen=True, slots=True)
class Located:
    """The files that may be meant. ``is_certain``: this one is."""

    paths: tuple[str, ...]
    is_certain: bool = True

    @property
    def path(self) -> str | None:
        """The one file that is read for certain."""
        return self.paths[0] if self.is_certain and self.paths else None


def folder(interpreter: Interpreter) -> Path:
    """The directory of the code that asks."""
    return Path(interpreter.frames[-1].path).parent


def upward(interpreter: Interpreter, start: Path, names: Iterable[str]) -> Located:
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


def variables(
    interpreter: Interpreter, located: Located, grammar: Grammar, *, own_first: bool | None = None
) -> dict[str, Value]:
    """What the file sets. Where it is not certain which one is read, all that one of them may set is unknown.

    ``own_first``: references are followed, to the file's earlier lines before the environment or behind it.
    """
    found: dict[str, Value] = {}
    for path in located.paths:
        try:
            text = read_bounded(path, _MAX_DOTENV).decode("utf-8")
        except (UnreadableError, UnicodeDecodeError):
            # Too large, or not to be opened or read: whatever is read of the environment may stand there.
            lost_file = interpreter.opaque(f"{Path(path).name} cannot be read")
            interpreter.lost_environ = interpreter.lost_environ or lost_file
            continue
        interpreter.files[path] = None
        is_known = located.is_certain and changed_on_disk(interpreter, path) is None
        for name, value, number in grammar(text):
            place = Location(path, number)
            if value is None or not is_known:
                reason = f"what {Path(path).name} sets {name} to is not known"
                found[name] = interpreter.opaque(reason, key=f"dotenv:{place}:{name}")
            else:
                made = Text.at(value, place)
                found[name] = (
                    made if own_first is None else _expanded(interpreter, made, found, own_first=own_first)
                )
    return found


def _expanded(interpreter: Interpreter, value: Text, before: dict[str, Value], *, own_first: bool) -> Value:
    """python-dotenv's ``${NAME}`` and ``${NAME:-default}``."""
    text, end, inputs = "", 0, frozenset[str]()
    for reference in _REFERENCE.finditer(value):
        name = reference["name"]
        order = [before.get(name, UNSET), unset_or(interpreter, name)]
        chosen = next((one for one in (order if own_first else order[::-1]) if one is not UNSET), UNSET)
        if chosen is UNSET:
            chosen = with_inputs(Text(reference["default"] or ""), frozenset((f"env:{name}",)))
        plain, more = unwrap(chosen)
        if not isinstance(plain, str):
            return interpreter.opaque(f"the variable {name} in a .env file is not known")
        text, end, inputs = text + value[end : reference.start()] + plain, reference.end(), inputs | more
    return with_any(Text.at(text + value[end:], value.location), inputs)


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
