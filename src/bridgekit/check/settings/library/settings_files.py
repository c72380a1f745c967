"""Files beside the settings that stand in for environment variables, by the function that each package has for them."""

from __future__ import annotations

from pathlib import Path

from bridgekit.check.settings.interpreter.data import DictValue, Text, Value
from bridgekit.check.settings.interpreter.inputs import outside_value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.library.dotenv import django_environ, python_dotenv
from bridgekit.check.settings.library.dotenv_files import (
    Located,
    beside,
    expanded,
    named,
    set_variables,
    upward,
    variables,
)
from bridgekit.check.settings.library.files import text_of
from bridgekit.check.settings.library.registry import CALLS

_DOTENV = ("dotenv_path", "stream", "verbose", "override", "interpolate", "encoding")
_DJANGO_ENVIRON = ("env_file", "overwrite", "parse_comments", "encoding")


def _folder(interpreter: Interpreter) -> Path:
    return Path(interpreter.frames[-1].path).parent


def _dotenv_variables(
    interpreter: Interpreter, given: dict[str, Value], *, override: bool
) -> tuple[Located, dict[str, Value]]:
    """What python-dotenv finds: in the file that is named, or in the nearest one at or above the code that asks."""
    path = unwrap(given.get("dotenv_path"))[0]
    is_plain = given.get("stream") is None and given.get("encoding") in (None, "utf-8", "utf8")
    if path == "":
        located = Located(())
    elif path is None:
        located = upward(interpreter, _folder(interpreter))
    else:
        located = named(interpreter, path)
    if not is_plain:
        located = Located(located.paths, is_certain=False)
    found = variables(interpreter, located, python_dotenv)
    if given.get("interpolate", True) is not False:
        found = expanded(interpreter, found, override=override)
    return located, found


def _load_dotenv(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``load_dotenv(path)`` sets what is unset, and says whether there was anything."""
    given = dict(zip(_DOTENV, args, strict=False)) | kwargs
    override = given.get("override", False)
    located, found = _dotenv_variables(interpreter, given, override=unwrap(override)[0] is True)
    set_variables(interpreter, found, override)
    if located.is_certain:
        return True if found else outside_value(interpreter, "a .env file exists", False)
    return interpreter.opaque("whether a .env file is found")


def _dotenv_values(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``dotenv_values(path)``: a dictionary, the environment as it was."""
    names = ("dotenv_path", "stream", "verbose", "interpolate", "encoding")
    given = dict(zip(names, args, strict=False)) | kwargs
    located, found = _dotenv_variables(interpreter, given, override=True)
    if located.path is None:
        return interpreter.opaque(
            "the .env file that is read is not in the project, or it is not known which"
        )
    return DictValue({Text(name): value for name, value in found.items()})


def _find_dotenv(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``find_dotenv()``: the nearest file at or above the code that asks."""
    given = dict(zip(("filename", "raise_error_if_not_found", "usecwd"), args, strict=False)) | kwargs
    name = unwrap(given.get("filename", ".env"))[0]
    if not isinstance(name, str) or given.get("usecwd", False) is not False:
        return interpreter.opaque("the directory that a process is started in")
    path = upward(interpreter, _folder(interpreter), (name,)).path
    if path is None and given.get("raise_error_if_not_found", False) is not False:
        return interpreter.opaque(f"{name} is not in the project")
    return Text(path or "")


def read_django_environ(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``environ.Env.read_env(path, overwrite=False, NAME=value)``: of the code's own directory unless it is named."""
    given = dict(zip(_DJANGO_ENVIRON, args, strict=False)) | kwargs
    path = unwrap(given.get("env_file"))[0]
    located = beside(interpreter) if path is None else named(interpreter, path)
    if given.get("parse_comments", False) is not False or given.get("encoding", "utf8") not in (
        "utf8",
        "utf-8",
    ):
        located = Located(located.paths, is_certain=False)
    found = {
        name: interpreter.call(interpreter.builtin("str"), [value], {})
        for name, value in given.items()
        if name not in _DJANGO_ENVIRON and located.paths
    }
    found |= variables(interpreter, located, django_environ)
    set_variables(interpreter, found, given.get("overwrite", False))
    return None


def read_environs(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``env.read_env(path, recurse=True, override=False)`` of environs: in the directory, or in one above it."""
    given = dict(zip(("path", "recurse", "verbose", "override"), args, strict=False)) | kwargs
    path = unwrap(given.get("path"))[0]
    located = beside(interpreter) if path is None else named(interpreter, path)
    if not located.paths and given.get("recurse", True) is True:
        start = _folder(interpreter) / ".env" if path is None else Path(text_of(path) or "")
        if start.is_absolute():
            located = upward(interpreter, start.parent, (start.name,))
    found = expanded(interpreter, variables(interpreter, located, python_dotenv), override=True)
    set_variables(interpreter, found, given.get("override", False))
    return interpreter.opaque("what read_env() returns differs between versions of environs")


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in ("dotenv.load_dotenv", "dotenv.read_dotenv", "dotenv.main.load_dotenv"):
        CALLS[dotted] = _load_dotenv
    for package in ("dotenv", "dotenv.main"):
        CALLS[f"{package}.dotenv_values"] = _dotenv_values
        CALLS[f"{package}.find_dotenv"] = _find_dotenv
