"""What the built-in functions are called with, and how it is taken."""

from __future__ import annotations

from collections.abc import Callable

from bridgekit.check.python.cause import Cause
from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap

Arguments = list[Value]
Keywords = dict[str, Value]
Call = Callable[[Interpreter, Arguments, Keywords], Value]


def source_of(interpreter: Interpreter, value: Value) -> tuple[Value, frozenset[str], Opaque | None]:
    """What is iterated over, the inputs that it depends on, and the unknown that it is."""
    value, inputs = unwrap(value)
    value = interpreter.read(interpreter.force(value))
    if not isinstance(value, Opaque):
        return value, inputs, None
    if value.cause is Cause.RUNS_LATER:
        interpreter.may_raise(value)
    return value, inputs, value


def only(args: Arguments) -> Value:
    if len(args) != 1:
        raise Refused("with these arguments")
    return args[0]


def without(kwargs: Keywords, *allowed: str) -> None:
    if not set(kwargs) <= set(allowed):
        raise TypeError("an unexpected keyword argument")
