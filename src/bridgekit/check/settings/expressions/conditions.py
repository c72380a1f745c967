"""What decides: ``and``, ``or``, comparisons, ``a if test else b``, and the truth of a test."""

from __future__ import annotations

import ast

from bridgekit.check.settings.interpreter.compare import compare
from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.truth import truth
from bridgekit.check.settings.interpreter.values import Frame


def condition(interpreter: Interpreter, node: ast.expr, frame: Frame) -> bool:
    """The truth of an expression in a test: each operand of ``and``, ``or`` and ``not`` is asked once, by itself."""
    if isinstance(node, ast.BoolOp):
        decisive = isinstance(node.op, ast.Or)
        return (
            decisive
            if any(condition(interpreter, one, frame) == decisive for one in node.values)
            else not decisive
        )
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return not condition(interpreter, node.operand, frame)
    return truth(interpreter, interpreter.force(interpreter.evaluate(node, frame)), node, frame)


def and_or(interpreter: Interpreter, node: ast.BoolOp, frame: Frame) -> Value:
    """``a and b``, ``a or b``: the operand that decides."""
    decisive = isinstance(node.op, ast.Or)
    value: Value = None
    for position, operand in enumerate(node.values):
        value = interpreter.evaluate(operand, frame)
        if position < len(node.values) - 1 and truth(interpreter, value, operand, frame) == decisive:
            return value
    return value


def comparison(interpreter: Interpreter, node: ast.Compare, frame: Frame) -> Value:
    """``a < b <= c``, each operand evaluated once."""
    left = interpreter.evaluate(node.left, frame)
    answer: Value = True
    for position, (operator, operand) in enumerate(zip(node.ops, node.comparators, strict=True)):
        right = interpreter.evaluate(operand, frame)
        answer = compare(interpreter, operator, left, right, node, frame)
        if position < len(node.ops) - 1 and not truth(interpreter, answer, node, frame):
            return answer
        left = right
    return answer


def if_expression(interpreter: Interpreter, node: ast.IfExp, frame: Frame) -> Value:
    """``a if test else b``."""
    chosen = condition(interpreter, node.test, frame)
    return interpreter.evaluate(node.body if chosen else node.orelse, frame)
