"""``if`` and ``match``."""

from __future__ import annotations

import ast

from bridgekit.check.settings.expressions.conditions import condition
from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.patterns import matches_pattern
from bridgekit.check.settings.interpreter.values import Frame
from bridgekit.check.settings.statements.names import bind


def if_(interpreter: Interpreter, node: ast.If, frame: Frame) -> None:
    """``if test: ... else: ...``."""
    chosen = condition(interpreter, node.test, frame)
    interpreter.run_block(node.body if chosen else node.orelse, frame)
    frame.statement = node


def match_(interpreter: Interpreter, node: ast.Match, frame: Frame) -> None:
    """``match subject: case ...``."""
    subject = interpreter.force(interpreter.evaluate(node.subject, frame))
    for case in node.cases:
        bindings: dict[str, Value] = {}
        matched = matches_pattern(interpreter, case.pattern, subject, bindings, frame, node.subject)
        for name, value in bindings.items():
            # What a pattern captures before it fails may stay bound or not: the language leaves that open.
            bind(
                interpreter,
                frame,
                name,
                value if matched else interpreter.opaque("captured by a pattern that does not match"),
            )
        if not matched:
            continue
        if case.guard is None or condition(interpreter, case.guard, frame):
            interpreter.run_block(case.body, frame)
            return
