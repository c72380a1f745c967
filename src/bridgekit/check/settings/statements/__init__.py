"""Statements: blocks are run in order; what cannot be decided is decided by the interpreter or forgotten on the safe side."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import Frame
from bridgekit.check.settings.statements.assignment import annotated_assignment, assignment
from bridgekit.check.settings.statements.augmented_assignment import augmented_assignment
from bridgekit.check.settings.statements.branches import if_, match_
from bridgekit.check.settings.statements.context_managers import with_
from bridgekit.check.settings.statements.definitions import class_, function, return_
from bridgekit.check.settings.statements.deletion import delete
from bridgekit.check.settings.statements.exceptions import assert_, raise_, try_
from bridgekit.check.settings.statements.forget import forget
from bridgekit.check.settings.statements.imports import import_, import_from
from bridgekit.check.settings.statements.loops import break_, continue_, for_, while_
from bridgekit.check.settings.statements.names import global_, nonlocal_


def run_block(interpreter: Interpreter, body: Sequence[ast.stmt], frame: Frame) -> None:
    """Run statements in order; control leaves by the exceptions of `frames`."""
    outer = frame.statement
    for statement in body:
        interpreter.spend()
        frame.statement = statement
        if interpreter.skips(statement, frame):
            continue
        handler = _HANDLERS.get(type(statement))
        if handler is None:
            forget(
                interpreter,
                [statement],
                interpreter.opaque(f"{type(statement).__name__} is not interpreted", statement, frame),
                frame,
            )
        else:
            handler(interpreter, statement, frame)
    frame.statement = outer


def _expression(interpreter: Interpreter, node: ast.Expr, frame: Frame) -> None:
    if not isinstance(node.value, ast.Constant):
        interpreter.evaluate(node.value, frame)


def _pass(interpreter: Interpreter, node: ast.stmt, frame: Frame) -> None:
    return


_HANDLERS: dict[type[ast.stmt], Callable[[Interpreter, Any, Frame], None]] = {
    ast.AnnAssign: annotated_assignment,
    ast.Assert: assert_,
    ast.Assign: assignment,
    ast.AsyncFunctionDef: function,
    ast.AugAssign: augmented_assignment,
    ast.Break: break_,
    ast.ClassDef: class_,
    ast.Continue: continue_,
    ast.Delete: delete,
    ast.Expr: _expression,
    ast.For: for_,
    ast.FunctionDef: function,
    ast.Global: global_,
    ast.If: if_,
    ast.Import: import_,
    ast.ImportFrom: import_from,
    ast.Match: match_,
    ast.Nonlocal: nonlocal_,
    ast.Pass: _pass,
    ast.Raise: raise_,
    ast.Return: return_,
    ast.Try: try_,
    ast.While: while_,
    ast.With: with_,
}
