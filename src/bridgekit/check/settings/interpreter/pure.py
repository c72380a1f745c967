"""Functions and methods of the tables of `check.python`, called on interpreted values: inputs and unknowns pass through."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from bridgekit.check.python import plain
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    ListValue,
    Opaque,
    OrderedDictValue,
    PathValue,
    SetValue,
    Value,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import flat, own
from bridgekit.check.settings.interpreter.values import NativeFunction

_PATHS = ("os.path.", "posixpath.", "builtins.str")
"""Functions that take a path in place of its text."""


def pure_function(name: str) -> NativeFunction:
    """A function of the table by its dotted path."""

    def call(interpreter: Interpreter, args: list[Value], kwargs: dict[str, Value]) -> Value:
        return apply(interpreter, name, lambda a, k: plain.call_function(name, a, k), args, kwargs)

    return NativeFunction(name, call)


def apply(
    interpreter: Interpreter,
    name: str,
    function: Callable[[list[Value], dict[str, Value]], object],
    args: Sequence[Value],
    kwargs: dict[str, Value],
) -> Value:
    """``function`` of the arguments under the present inputs; unknown where one of them is, or where it is refused."""
    given, inputs, unknown = flat([*args, *kwargs.values()])
    given = [interpreter.read(value) for value in given]
    unknown = unknown or next((value for value in given if isinstance(value, Opaque)), None)
    if unknown is not None:
        interpreter.taint_callables([*args, *kwargs.values()], unknown)
        interpreter.may_raise(unknown, *plain.ERRORS)
        return unknown.derive(f".{name}()")
    if name.startswith(_PATHS):
        given = [value.path if isinstance(value, PathValue) else value for value in given]
    try:
        made = function(given[: len(args)], dict(zip(kwargs, given[len(args) :], strict=True)))
    except plain.Refused as refusal:
        cause = interpreter.opaque(f"{name}(): {refusal}", inputs=inputs)
        interpreter.taint_callables([*args, *kwargs.values()], cause)
        interpreter.may_raise(cause, *plain.ERRORS)
        return cause
    except plain.ERRORS as error:
        if inputs and None in given:
            return interpreter.unfit_default(
                inputs, interpreter.frames[-1].statement or ast.Pass(), interpreter.frames[-1]
            )
        raise interpreter.native_error(error) from None
    except (SyntaxError, MemoryError, RecursionError):
        return interpreter.opaque(f"{name}() of this is not followed", inputs=inputs)
    result = adopt(made)
    return Input(result, inputs) if inputs else result


def adopt(value: object, depth: int = 20) -> Value:
    """A result of the interpreter's own as an interpreted value: containers that can be poisoned."""
    if depth == 0:
        raise plain.Refused("nested too deeply")
    if isinstance(value, PurePosixPath):
        return PathValue(str(value))
    if isinstance(value, ListValue | DictValue | SetValue):
        return value
    if isinstance(value, list):
        return ListValue(_each(value, depth))
    if isinstance(value, dict):
        pairs = {key: adopt(item, depth - 1) for key, item in value.items()}
        return DictValue(pairs) if type(value) is dict else OrderedDictValue(pairs)
    if isinstance(value, set):
        return SetValue(_each(value, depth))
    if type(value) is tuple:
        return tuple(_each(value, depth))
    return own(value)


def _each(value: Iterable[object], depth: int) -> list[Value]:
    return [adopt(item, depth - 1) for item in value]
