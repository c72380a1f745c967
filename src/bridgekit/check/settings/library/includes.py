"""django-split-settings (``include``, ``optional``) and dynaconf, which no static reader can follow."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch
from pathlib import Path

from bridgekit.check.settings.interpreter.data import DictValue, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.included_files import include_file
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.files import text_of
from bridgekit.check.settings.library.registry import CALLS


class OptionalFile(Model):
    """``optional("local.py")``."""

    __slots__ = ("path",)

    def __init__(self, path: Value) -> None:
        self.path = path


def _optional(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    return OptionalFile(args[0] if args else kwargs.get("filename"))


def _include(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """Each pattern's files in sorted order, executed in ``scope`` (by default the caller's own globals)."""
    frame = interpreter.frames[-1]
    scope = unwrap(kwargs.get("scope", frame.module.namespace))[0]
    for argument in args:
        is_optional = isinstance(argument, OptionalFile)
        given = argument.path if isinstance(argument, OptionalFile) else argument
        if given is None or given == "":
            continue
        path = text_of(given)
        if path is None or not isinstance(scope, DictValue):
            value = unwrap(given)[0]
            reason = value.reason if isinstance(value, Opaque) else "which file include() reads is not known"
            _taint(interpreter, scope, interpreter.opaque(reason))
            continue
        _include_pattern(
            interpreter,
            posixpath.normpath(posixpath.join(posixpath.dirname(frame.path), path)),
            scope,
            is_optional=is_optional,
        )
    return None


def _include_pattern(interpreter: Interpreter, pattern: str, scope: DictValue, *, is_optional: bool) -> None:
    if not (interpreter.surroundings.in_project(pattern) or interpreter.surroundings.is_installed(pattern)):
        if is_optional or any(mark in pattern for mark in "*?["):
            interpreter.note(f"{pattern} is outside the project: taken as absent")
        else:
            _taint(interpreter, scope, interpreter.opaque(f"{pattern} is outside the project"))
        return
    found = _matching(pattern)
    if not found and not is_optional and not any(mark in pattern for mark in "*?["):
        raise interpreter.fault(OSError, f"No such file: {pattern}")
    if not found:
        interpreter.note(f"{pattern} does not exist in the project: taken as absent")
    included = scope.setdefault("__included_files__", ListValue())
    for path in found:
        if isinstance(included, ListValue) and path in included:
            continue  # Once for each namespace, as its own list says.
        if isinstance(included, ListValue):
            included.append(Text(path))
        if not include_file(interpreter, path, scope):
            _taint(interpreter, scope, interpreter.opaque(f"{path} cannot be read"))


def _matching(pattern: str) -> list[str]:
    """Files that match, sorted; patterns are looked at in the last part, as includes write them."""
    directory, name = Path(pattern).parent, Path(pattern).name
    try:
        entries = [entry for entry in directory.iterdir() if fnmatch(entry.name, name) and entry.is_file()]
    except OSError:
        return []
    return sorted(str(entry) for entry in entries)


def _taint(interpreter: Interpreter, scope: Value, cause: Opaque) -> None:
    interpreter.hand_over([scope], cause)


def register() -> None:
    """Add this module's models to the registry."""
    CALLS["split_settings.tools.include"] = _include
    CALLS["split_settings.tools.optional"] = _optional
    CALLS["split_settings.include"] = _include
    CALLS["split_settings.optional"] = _optional
