"""Expressions: each node to a value, without side effects beyond those of the interpreted code itself."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from bridgekit.check.python.plain import size_of
from bridgekit.check.settings.expressions.comprehensions import comprehension, dict_comprehension, generator
from bridgekit.check.settings.expressions.conditions import and_or, comparison, if_expression
from bridgekit.check.settings.expressions.f_strings import formatted, joined
from bridgekit.check.settings.expressions.functions import call, lambda_
from bridgekit.check.settings.expressions.literals import (
    constant,
    dict_display,
    list_display,
    set_display,
    tuple_display,
)
from bridgekit.check.settings.expressions.names import attribute, read_name, walrus
from bridgekit.check.settings.expressions.operations import binary_operation, unary
from bridgekit.check.settings.expressions.subscripts import item, slice_
from bridgekit.check.settings.interpreter.data import POISONABLE, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import Frame

_MAKING = frozenset([ast.BinOp, ast.Call, ast.Subscript])
"""Expressions whose value may be a new one that is much larger than their source."""

_SIZE_OF_A_STEP = 16
"""Elements for which one step of the budget is taken."""


def evaluate(interpreter: Interpreter, node: ast.expr, frame: Frame) -> Value:
    """The value of an expression; raises `Raised` with what the code raises."""
    interpreter.steps -= 1
    if interpreter.steps < 0:
        interpreter.spend()
    handler = _HANDLERS.get(type(node))
    if handler is None:
        return interpreter.opaque(f"{type(node).__name__} is not interpreted", node, frame)
    value = handler(interpreter, node, frame)
    if type(node) in _MAKING:
        # Steps stand for memory as well: a loop over lists of ten thousand elements would take hundreds of mebibytes.
        interpreter.spend(size_of(value) // _SIZE_OF_A_STEP)
    return interpreter.read(value) if type(value) in POISONABLE else value


def _unsupported(reason: str) -> Callable[[Interpreter, Any, Frame], Value]:
    def handler(interpreter: Interpreter, node: ast.expr, frame: Frame) -> Value:
        return interpreter.opaque(reason, node, frame)

    return handler


_HANDLERS: dict[type[ast.expr], Callable[[Interpreter, Any, Frame], Value]] = {
    ast.Attribute: attribute,
    ast.Await: _unsupported("await outside an event loop"),
    ast.BinOp: binary_operation,
    ast.BoolOp: and_or,
    ast.Call: call,
    ast.Compare: comparison,
    ast.Constant: constant,
    ast.Dict: dict_display,
    ast.DictComp: dict_comprehension,
    ast.FormattedValue: formatted,
    ast.GeneratorExp: generator,
    ast.IfExp: if_expression,
    ast.JoinedStr: joined,
    ast.Lambda: lambda_,
    ast.List: list_display,
    ast.ListComp: comprehension,
    ast.Name: read_name,
    ast.NamedExpr: walrus,
    ast.Set: set_display,
    ast.SetComp: comprehension,
    ast.Slice: slice_,
    ast.Subscript: item,
    ast.Tuple: tuple_display,
    ast.UnaryOp: unary,
    ast.Yield: _unsupported("a generator"),
    ast.YieldFrom: _unsupported("a generator"),
}
