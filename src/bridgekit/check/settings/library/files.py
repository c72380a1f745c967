"""Paths and files: pure path arithmetic, questions about the project's own tree, and nothing beyond it.

Whether a file exists outside the project is an input with the default "no": the answer would be this machine's, not the
server's.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.python.cause import Cause
from bridgekit.check.settings.interpreter.data import (
    Input,
    ListValue,
    Opaque,
    PathValue,
    Text,
    UnorderedList,
    Value,
)
from bridgekit.check.settings.interpreter.inputs import outside_value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.pure import pure_function
from bridgekit.check.settings.interpreter.values import NativeFunction
from bridgekit.check.settings.library.registry import CALLS

Call: TypeAlias = Callable[[Interpreter, list[Value], dict[str, Value]], Value]

_MAX_TEXT = 64 * 1024
"""Version files and the like; anything larger is no setting."""


def text_of(value: Value) -> str | None:
    """A path given as text or as a `pathlib.Path`."""
    plain = unwrap(value)[0]
    return plain.path if isinstance(plain, PathValue) else str(plain) if isinstance(plain, str) else None


def changed_on_disk(interpreter: Interpreter, path: str) -> Opaque | None:
    """The cause, where the settings themselves wrote or deleted this path, or something below or above it."""
    for changed, cause in interpreter.lost_disk.items():
        if not changed or path == changed or path.startswith(f"{changed}/") or changed.startswith(f"{path}/"):
            return cause
    return None


def change_on_disk(interpreter: Interpreter, given: Value) -> None:
    """The settings write or delete a path: nothing is known of what is there from now on."""
    cause = interpreter.opaque("the settings change what is on the disk")
    interpreter.lost_disk[text_of(given) or ""] = cause


def resolved(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``os.path.abspath`` and ``realpath`` of what is absolute already: where a process stands is not known."""
    value, inputs = unwrap(args[0])
    path = text_of(value)
    if path is None or kwargs or len(args) != 1:
        return (
            value.derive(".path") if isinstance(value, Opaque) else interpreter.opaque("a path is not known")
        )
    if not path.startswith("/"):
        return interpreter.opaque("the directory that a process is started in")
    result = posixpath.normpath(path)
    return Input(result, inputs) if inputs else result


def _expanded(mark: str) -> Call:
    """``expanduser`` and ``expandvars`` of what has nothing to expand."""

    def call(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        value, inputs = unwrap(args[0])
        path = text_of(value)
        if path is None or mark in path:
            return (
                value.derive(".path")
                if isinstance(value, Opaque)
                else interpreter.opaque("what a path is expanded to")
            )
        return Input(path, inputs) if inputs else path

    return call


def is_there(path: str) -> bool:
    return Path(path).exists()


def is_file(path: str) -> bool:
    return Path(path).is_file()


def is_directory(path: str) -> bool:
    return Path(path).is_dir()


def exists(test: Callable[[str], bool]) -> Call:
    def call(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        path = text_of(args[0])
        if path is None:
            value = unwrap(args[0])[0]
            return (
                value.derive(".exists")
                if isinstance(value, Opaque)
                else interpreter.opaque("whether a file exists")
            )
        lost = changed_on_disk(interpreter, path)
        if lost is not None:
            return lost.derive(".exists")
        if interpreter.surroundings.in_project(path):
            return test(path)
        return outside_value(interpreter, f"{path} exists", False)

    return call


_READING = ("r", "rb", "rt")


def open_file(interpreter: Interpreter, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """``open(path)``: a file object that can only be read; a missing project file raises where that is caught."""
    given = (
        dict(zip(("file", "mode", "buffering", "encoding", "errors", "newline"), args, strict=False)) | kwargs
    )
    path = text_of(given.get("file"))
    mode = unwrap(given.get("mode", "r"))[0]
    if mode not in _READING:
        change_on_disk(interpreter, given.get("file"))
        return interpreter.opaque("a file that is written")
    if path is None:
        return interpreter.opaque("the file that is opened is not known")
    lost = changed_on_disk(interpreter, path)
    if lost is not None:
        interpreter.may_raise(lost)
        return lost.derive(".open")
    if interpreter.catches(FileNotFoundError):
        if interpreter.surroundings.in_project(path):
            there = Path(path).is_file()
        else:
            label = f"{path} exists"
            there = interpreter.decide(
                f"exists:{path}", None, interpreter.here(), False, inputs=frozenset((label,)), reason=label
            )
        if not there:
            raise interpreter.fault(FileNotFoundError, path)
    encoding = unwrap(given.get("encoding", "utf-8"))[0] or "utf-8"
    plainly = set(given) <= {"file", "mode", "encoding"} and str(encoding).lower().replace("_", "-") in _UTF_8
    return OpenFile(path, str(mode), is_plain=plainly)


_UTF_8 = ("utf-8", "utf8")


class OpenFile(Model):
    """An open file of the project. ``is_plain``: read as text of UTF-8, with universal newlines."""

    __slots__ = ("is_plain", "mode", "path", "touched")

    def __init__(self, path: str, mode: str = "r", *, is_plain: bool = True) -> None:
        self.path, self.mode, self.is_plain, self.touched = path, mode, is_plain, False

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        if name == "close":
            return NativeFunction("close", lambda interpreter, args, kwargs: None)
        if name == "read":
            return NativeFunction(
                "file.read", lambda interpreter, args, kwargs: self._read(interpreter, args, kwargs)
            )
        if name == "readlines":
            return NativeFunction("file.readlines", self._lines)
        self.touched = True
        return interpreter.opaque(f"the file {self.path}")

    is_iterable = True

    def drawn(self, interpreter: Interpreter) -> Value:
        """Its lines. Each is read when the one before is done with: here all are, once and for all."""
        content = self.content(interpreter)
        if isinstance(content, str):
            parts = re.findall("[^\n]*\n|[^\n]+", content)
            return ListValue(Text.at(part, interpreter.here()) for part in parts)
        return content if isinstance(content, Opaque) else interpreter.opaque("the lines of a binary file")

    def content(self, interpreter: Interpreter) -> Value:
        """All of it, once."""
        return self._read(interpreter, [], {})

    def taint(self, interpreter: Interpreter, cause: Opaque) -> None:
        self.touched = True

    def _lines(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        if args or kwargs:
            self.touched = True
            return interpreter.opaque(f"some lines of the file {self.path}")
        return self.drawn(interpreter)

    def _read(self, interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        before, self.touched = self.touched, True
        if before or args or kwargs or not self.is_plain:
            return interpreter.opaque(f"the rest of the file {self.path}")
        return read_text(interpreter, self.path, as_bytes="b" in self.mode)


def read_text(interpreter: Interpreter, path: str, *, as_bytes: bool = False) -> Value:
    """The content of a small text file of the project; Python files are only ever included, not read as text."""
    if path.endswith(".py"):
        return interpreter.opaque(
            f"the content of {path}", key=f"file:{path}", cause=Cause.SOURCE_TEXT, subject=path
        )
    lost = changed_on_disk(interpreter, path)
    if lost is not None:
        return lost.derive(".read")
    if not interpreter.surroundings.in_project(path):
        return interpreter.opaque(f"the content of {path} is not known")
    try:
        content = read_bounded(path, _MAX_TEXT)
        if as_bytes:
            return content
        # Universal newlines, as `open` and `read_text` translate them.
        text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except (UnreadableError, UnicodeDecodeError) as error:
        cause = interpreter.opaque(
            f"{path} {error}" if isinstance(error, UnreadableError) else f"{path} is not UTF-8"
        )
        interpreter.may_raise(cause)
        return cause
    return Text.at(text, interpreter.here())


def _loaded(function: str, mode: str) -> Call:
    """``json.load(file)``: what the function for texts makes of the content."""

    def call(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        file = unwrap(args[0])[0] if len(args) == 1 and not kwargs else None
        if not isinstance(file, OpenFile) or mode not in file.mode:
            return interpreter.refuse(f"{function[:-1]}() of this is not followed", *args, *kwargs.values())
        content = file.content(interpreter)
        if isinstance(content, bytes):
            content = content.decode("utf-8", "surrogateescape")
        return interpreter.call(pure_function(function), [content], {})

    return call


def _list_directory(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    path = text_of(args[0]) if args else None
    if (
        path is None
        or not interpreter.surroundings.in_project(path)
        or changed_on_disk(interpreter, path) is not None
    ):
        return interpreter.opaque("the content of a directory outside the project")
    try:
        names = sorted(entry.name for entry in Path(path).iterdir())
    except OSError as error:
        raise interpreter.fault(FileNotFoundError, path) from error
    texts = [Text(name) for name in names]
    return ListValue(texts) if len(texts) < 2 else UnorderedList(tuple(texts))


def _written(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    change_on_disk(interpreter, args[0] if args else None)
    interpreter.may_raise(interpreter.opaque("whether a directory can be made"), OSError)
    return None


def register() -> None:
    """Add this module's models to the registry."""
    for name in ("abspath", "realpath"):
        CALLS[f"os.path.{name}"] = resolved
    CALLS["os.path.expanduser"] = _expanded("~")
    CALLS["os.path.expandvars"] = _expanded("$")
    CALLS["os.fspath"] = lambda interpreter, args, kwargs: interpreter.call(
        interpreter.builtin("str"), args, kwargs
    )
    CALLS["os.path.exists"] = exists(is_there)
    CALLS["os.path.isfile"] = exists(is_file)
    CALLS["os.path.isdir"] = exists(is_directory)
    CALLS["os.listdir"] = _list_directory
    CALLS["json.load"] = _loaded("json.loads", "r")
    CALLS["tomllib.load"] = _loaded("tomllib.loads", "b")
    for dotted in ("codecs.open", "io.open"):
        CALLS[dotted] = open_file
    for dotted in ("os.makedirs", "os.mkdir", "os.chmod"):
        CALLS[dotted] = _written
    for dotted in ("os.umask",):
        CALLS[dotted] = lambda interpreter, args, kwargs: None
