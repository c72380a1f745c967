"""Iterating: the items that loops, comprehensions, unpacking and ``*arguments`` draw from a value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.python.cause import Cause
from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import Input, IteratorValue, Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn, is_followed
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, Frame


def items_of(interpreter: Interpreter, value: Value, node: ast.AST, frame: Frame) -> Iterator[Value] | Opaque:
    """The items that iterating over ``value`` draws one by one, or the unknown that prevents it.

    Drawing may raise `Refused`: what is iterated over is known no longer.
    """
    value = interpreter.read(interpreter.force(unwrap(value)[0]))
    if isinstance(value, Input):
        value = interpreter.read(value.value)
    if isinstance(value, Opaque):
        interpreter.may_raise(value, *(() if value.cause is Cause.RUNS_LATER else (TypeError,)))
        return value
    if not is_followed(value) and not isinstance(value, ClassValue):
        return interpreter.refuse("iterating over something that is not plain data", value)
    try:
        return drawn(interpreter, value)
    except Refused as refusal:
        return interpreter.opaque(str(refusal), node, frame)
    except TypeError as error:
        raise interpreter.native_error(error) from None


def iterate(interpreter: Interpreter, value: Value, node: ast.AST, frame: Frame) -> list[Value] | Opaque:
    """All the items that iterating over ``value`` gives, or the unknown that prevents it."""
    items = items_of(interpreter, value, node, frame)
    if isinstance(items, Opaque):
        return items
    try:
        return list(items)
    except Refused as refusal:
        cause = interpreter.opaque(str(refusal), node, frame)
        interpreter.hand_over(
            [held for held in (unwrap(value)[0],) if isinstance(held, IteratorValue)], cause
        )
        return cause
    except TypeError as error:
        raise interpreter.native_error(error) from None
