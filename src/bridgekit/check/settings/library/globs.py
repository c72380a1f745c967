"""``glob.glob`` within the project; what lies outside it is taken as absent, as a question."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path

from bridgekit.check.settings.interpreter.data import (
    IteratorValue,
    ListValue,
    Opaque,
    Text,
    UnorderedList,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.files import changed_on_disk, text_of
from bridgekit.check.settings.library.registry import CALLS

_MAX_ENTRIES = 5_000
"""Directory entries looked at for one pattern: settings gather a few files, not a tree."""


def _glob(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Paths that match. The order is the file system's: that of more than one is not known until they are sorted."""
    given = unwrap(args[0] if args else kwargs.get("pathname"))[0]
    pattern = text_of(given)
    if pattern is None:
        return (
            given.derive(".glob")
            if isinstance(given, Opaque)
            else interpreter.opaque("which files are looked for")
        )
    if set(kwargs) - {"pathname"} or "**" in pattern:
        return interpreter.opaque("glob() over a whole tree is not followed")
    lost = changed_on_disk(interpreter, pattern.split("*")[0].rstrip("/"))
    if lost is not None:
        return lost.derive(".glob")
    if not interpreter.surroundings.in_project(pattern):
        label = f"{pattern} has files"
        if interpreter.decide(
            f"glob:{pattern}", None, interpreter.here(), False, inputs=frozenset((label,)), reason=label
        ):
            return interpreter.opaque(f"the files of {pattern} are not known")
        return ListValue()
    found = _matching(pattern, interpreter.surroundings.in_project)
    if found is None:
        return interpreter.opaque(f"{pattern} has too many files, or leads out of the project")
    texts = [Text(path) for path in found]
    return ListValue(texts) if len(texts) < 2 else UnorderedList(tuple(texts))


def _iglob(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    made = _glob(interpreter, args, kwargs)
    return IteratorValue(iter(made), (made,)) if isinstance(made, ListValue) else made


def _matching(pattern: str, in_project: Callable[[str], bool]) -> list[str] | None:
    """Existing paths that match part by part; None where there is too much to look at, or a link leads out of the project."""
    paths, looked_at = [Path("/")], 0
    for part in Path(pattern).parts[1:]:
        found: list[Path] = []
        for directory in paths:
            if directory != Path("/") and directory.is_symlink() and not in_project(str(directory)):
                return None
            if not any(mark in part for mark in "*?["):
                found += [directory / part] if (directory / part).exists() else []
                continue
            try:
                names = [entry.name for entry in directory.iterdir()]
            except OSError:
                continue
            looked_at += len(names)
            if looked_at > _MAX_ENTRIES:
                return None
            found += [
                directory / name
                for name in names
                if fnmatchcase(name, part) and (part.startswith(".") or not name.startswith("."))
            ]
        paths = found
    return sorted(str(path) for path in paths)


def register() -> None:
    """Add this module's models to the registry."""
    CALLS["glob.glob"] = _glob
    CALLS["glob.iglob"] = _iglob
