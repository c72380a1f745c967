"""Paths of `pathlib`: what is pure by `pathlib` itself, and what asks the disk."""

from __future__ import annotations

from pathlib import PurePosixPath

from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import Input, PathValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import flat
from bridgekit.check.settings.interpreter.pure import adopt
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.files import (
    Call,
    change_on_disk,
    exists,
    is_directory,
    is_file,
    is_there,
    open_file,
    read_text,
    resolved,
    text_of,
)
from bridgekit.check.settings.library.registry import CALLS


def _make_path(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    plain, inputs, unknown = flat(args)
    if unknown is not None:
        return unknown.derive(".path")
    texts = [text_of(value) for value in plain]
    if None in texts or kwargs:
        return interpreter.opaque("a path is not known")
    path = PathValue(str(PurePosixPath(*[text or "" for text in texts])))
    return Input(path, inputs) if inputs else path


_PROPERTIES = ("anchor", "drive", "name", "parent", "parts", "root", "stem", "suffix", "suffixes")


_METHODS = (
    "as_posix",
    "as_uri",
    "is_absolute",
    "is_relative_to",
    "joinpath",
    "match",
    "relative_to",
    "with_name",
    "with_stem",
    "with_suffix",
)


def path_attribute(interpreter: Interpreter, path: PathValue, name: str) -> Value:
    """An attribute or method of a `pathlib.Path`: what is pure by `pathlib.PurePosixPath` itself."""
    text = path.path
    pure = PurePosixPath(text)
    if name in _PROPERTIES:
        return adopt(getattr(pure, name))
    if name == "parents":
        return tuple(PathValue(str(parent)) for parent in pure.parents)
    if name in _METHODS:
        return NativeFunction(
            f"Path.{name}", lambda interpreter, a, k: _of_pure_path(interpreter, pure, name, a, k)
        )
    methods: dict[str, Call] = {
        "resolve": lambda interpreter, a, k: _as_path(resolved(interpreter, [path], {})),
        "absolute": lambda interpreter, a, k: path if text.startswith("/") else interpreter.opaque(_CWD),
        "expanduser": lambda interpreter, a, k: (
            path if not text.startswith("~") else interpreter.opaque("the home directory")
        ),
        "__str__": lambda interpreter, a, k: Text(text),
        "__fspath__": lambda interpreter, a, k: Text(text),
        "exists": lambda interpreter, a, k: exists(is_there)(interpreter, [path], {}),
        "is_file": lambda interpreter, a, k: exists(is_file)(interpreter, [path], {}),
        "is_dir": lambda interpreter, a, k: exists(is_directory)(interpreter, [path], {}),
        "open": lambda interpreter, a, k: open_file(interpreter, [path, *a], k),
        "read_text": lambda interpreter, a, k: _read_path(interpreter, path, a, k),
        "read_bytes": lambda interpreter, a, k: read_text(interpreter, text, as_bytes=True),
    }
    if name in methods:
        return NativeFunction(f"Path.{name}", methods[name])
    if name in _CHANGING:
        return NativeFunction(f"Path.{name}", lambda interpreter, a, k: _changing(interpreter, path, name))
    return interpreter.opaque(f"Path.{name} is not modelled")


_CWD = "the directory that a process is started in"


_CHANGING = frozenset(
    [
        "chmod",
        "hardlink_to",
        "lchmod",
        "mkdir",
        "rename",
        "replace",
        "rmdir",
        "symlink_to",
        "touch",
        "unlink",
        "write_bytes",
        "write_text",
    ]
)


def _changing(interpreter: Interpreter, path: PathValue, name: str) -> Value:
    change_on_disk(interpreter, path if name not in ("rename", "replace") else None)
    cause = interpreter.opaque(f"whether Path.{name}() can be done")
    interpreter.may_raise(cause, OSError)
    return None if name in ("mkdir", "touch", "unlink", "rmdir", "chmod") else cause


def _as_path(value: Value) -> Value:
    return PathValue(value) if isinstance(value, str) else value


def _read_path(
    interpreter: Interpreter, path: PathValue, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    file = open_file(interpreter, [path], {**dict(zip(("encoding", "errors"), args, strict=False)), **kwargs})
    return interpreter.call(interpreter.getattr(file, "read"), [], {})


def _of_pure_path(
    interpreter: Interpreter, pure: PurePosixPath, name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    plain, inputs, unknown = flat(args)
    if unknown is not None:
        return unknown.derive(".path")
    texts = [text_of(value) for value in plain]
    if None in texts or kwargs:
        raise Refused("the argument is not known")
    made = adopt(getattr(pure, name)(*texts))
    return Input(made, inputs) if inputs else made


def register() -> None:
    """Add this module's models to the registry."""
    for name in ("Path", "PurePath", "PosixPath", "PurePosixPath"):
        CALLS[f"pathlib.{name}"] = _make_path
