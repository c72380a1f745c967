"""``if`` and ``match``."""

from __future__ import annotations

import ast

from bridgekit.check.settings.expressions.conditions import condition
from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.patterns import matches_pattern
from bridgekit.check.settings.interpreter.values import Frame
from bridgekit.check.settings.statements.names import bind


def if_(m: Machine, node: ast.If, frame: Frame) -> None:
    """``if test: ... else: ...``."""
    chosen = condition(m, node.test, frame)
    m.run_block(node.body if chosen else node.orelse, frame)
    frame.statement = node


def match_(m: Machine, node: ast.Match, frame: Frame) -> None:
    """``match subject: case ...``."""
    subject = m.force(m.evaluate(node.subject, frame))
    for case in node.cases:
        bindings: dict[str, Value] = {}
        matched = matches_pattern(m, case.pattern, subject, bindings, frame, node.subject)
        for name, value in bindings.items():
            # What a pattern captures before it fails may stay bound or not: the language leaves that open.
            bind(m, frame, name, value if matched else m.opaque("captured by a pattern that does not match"))
        if not matched:
            continue
        if case.guard is None or condition(m, case.guard, frame):
            m.run_block(case.body, frame)
            return
