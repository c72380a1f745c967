"""Unary and binary operators on values: inputs and unknowns pass through them, sizes stay bounded."""

from __future__ import annotations

import ast

from bridgekit.check.python import plain
from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Input, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import operate_on_objects, special
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.operators import binary, own, unwrap
from bridgekit.check.settings.interpreter.truth import negated
from bridgekit.check.settings.interpreter.values import BoundMethod, Frame, InstanceValue
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS


def unary(m: Machine, node: ast.UnaryOp, frame: Frame) -> Value:
    """``-a``, ``+a``, ``~a`` and ``not a``."""
    value = m.force(m.evaluate(node.operand, frame))
    if isinstance(node.op, ast.Not):
        return negated(m, value, node.operand, frame)
    operand, inputs = unwrap(value)
    operand = as_data(operand)
    if isinstance(operand, Opaque):
        return operand.derive(type(node.op).__name__)
    if isinstance(operand, InstanceValue):
        name = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}[type(node.op)]
        hook = special(m, operand, name)
        if isinstance(hook, BoundMethod):
            return m.call(hook, [], {})
    try:
        result = own(plain.unary(type(node.op), operand))
    except Refused as refusal:
        return m.refuse(str(refusal), operand)
    except NATIVE_ERRORS as error:
        raise m.native_error(error) from None
    return Input(result, inputs) if inputs else result


def binary_operation(m: Machine, node: ast.BinOp, frame: Frame) -> Value:
    """``a + b`` and its kin."""
    left = m.evaluate(node.left, frame)
    right = m.evaluate(node.right, frame)
    return operate(m, type(node.op), left, right, node, frame)


def operate(
    m: Machine,
    kind: type[ast.operator],
    left: Value,
    right: Value,
    node: ast.AST,
    frame: Frame,
    *,
    in_place: bool = False,
) -> Value:
    """``left <kind> right``: inputs and unknowns pass through, bounds hold."""
    left, first = unwrap(m.force(left))
    right, second = unwrap(m.force(right))
    left, right = as_data(m.read(left)), as_data(m.read(right))
    made = operate_on_objects(m, kind, left, right, in_place=in_place)
    if made is not NOT_IMPLEMENTED:
        return made
    for side in (left, right):
        if isinstance(side, Opaque):
            if kind in (ast.Div, ast.FloorDiv) and _is_zero(right) and m.catches(ZeroDivisionError):
                raise m.fault(ZeroDivisionError, "division by zero")
            m.lend([left, right], side)
            m.may_raise(side, TypeError, ValueError, ArithmeticError)
            return Opaque(
                side.reason,
                side.location,
                f"{side.key}{kind.__name__}"[:200],
                None,
                side.inputs | first | second,
            )
    try:
        result = binary(kind, left, right)
    except Refused as refusal:
        cause = m.refuse(str(refusal), left, right)
        m.may_raise(cause, TypeError, ValueError, ArithmeticError)
        return cause
    except NATIVE_ERRORS as error:
        if first | second and isinstance(error, TypeError) and (left is None or right is None):
            return m.unfit_default(first | second, node, frame)
        raise m.native_error(error) from None
    if type(result) is str:
        result = Text.at(result, m.locate(node, frame))
    return Input(result, first | second) if first | second and not isinstance(result, ListValue) else result


def _is_zero(value: Value) -> bool:
    return isinstance(value, int | float) and value == 0


def add_values(m: Machine, left: Value, right: Value) -> Value:
    """``left + right`` for ``sum()``."""
    frame = m.frames[-1]
    return operate(m, ast.Add, left, right, frame.statement or ast.Pass(), frame)
