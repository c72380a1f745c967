"""Defaults of parameters that do something: they are evaluated once, where the function is defined (language reference, 8.7)."""

from __future__ import annotations

import ast

from bridgekit.check.python.tree import walk
from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.values import Frame, FunctionNode, Value


def defaults_of(interpreter: Interpreter, node: FunctionNode, frame: Frame) -> dict[int, Value]:
    """The values of those in which something is called, by the identity of their nodes; all others are the same at each call."""
    arguments = node.args
    return {
        id(default): interpreter.evaluate(default, frame)
        for default in [*arguments.defaults, *arguments.kw_defaults]
        if default is not None and any(isinstance(part, ast.Call) for part in walk(default))
    }
