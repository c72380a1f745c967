"""Statements that may run any number of times or not at all: what they may change is unknown from there on."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.python.tree import walk
from bridgekit.check.settings.expressions.names import lookup
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.taint import functions_of, taint
from bridgekit.check.settings.interpreter.values import BoundMethod, ClassValue, Frame, FunctionValue
from bridgekit.check.settings.library.environment import Environ
from bridgekit.check.settings.slicing.effects import EVERYTHING, affected_by
from bridgekit.check.settings.slicing.environment_writes import variables_written
from bridgekit.check.settings.statements.names import bind


def forget(interpreter: Interpreter, statements: Sequence[ast.stmt], cause: Opaque, frame: Frame) -> None:
    """These statements may run any number of times or not at all: what they may change is unknown from here on."""
    reached: list[Value] = []
    bodies: list[ast.AST] = list(statements)
    for name in affected_by(statements):
        if name == EVERYTHING:
            interpreter.taint(frame.module.namespace, cause)
            continue
        value = _value_of(interpreter, name.removesuffix("()"), frame)
        if isinstance(value, ClassValue) and name.endswith("()"):
            reached.extend(functions_of(value))
        elif isinstance(value, FunctionValue):
            reached.extend([value] if name.endswith("()") else ())
            bodies.extend([value.node] if name.endswith("()") else ())
        elif not name.endswith("()") or isinstance(value, BoundMethod):
            reached.append(value)
    taint(interpreter, reached, cause)
    _forget_environment(interpreter, variables_written(bodies), cause)
    for name in sorted({name for statement in statements for name in _bound_names(statement)}):
        bind(interpreter, frame, name, cause.derive(f".{name}"))


def _forget_environment(interpreter: Interpreter, names: frozenset[str], cause: Opaque) -> None:
    if EVERYTHING in names:
        Environ().taint(interpreter, cause)
    for name in names - {EVERYTHING}:
        interpreter.written_environ[name] = cause.named(name)


def _value_of(interpreter: Interpreter, name: str, frame: Frame) -> Value:
    try:
        return lookup(interpreter, name, frame)
    except Raised:
        return None


def _bound_names(statement: ast.stmt) -> set[str]:
    stores = {
        node.id
        for node in walk(statement)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    imports = {
        alias.asname or alias.name.partition(".")[0]
        for node in walk(statement)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return stores | imports
