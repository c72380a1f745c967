"""Unary and binary operators on values: inputs and unknowns pass through them, sizes stay bounded."""

from __future__ import annotations

import ast

from bridgekit.check.python import plain
from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Input, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import operate_on_objects, special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import binary, own, unwrap
from bridgekit.check.settings.interpreter.truth import negated
from bridgekit.check.settings.interpreter.values import BoundMethod, Frame, InstanceValue
from bridgekit.check.settings.objects.calls import NATIVE_ERRORS


def unary(interpreter: Interpreter, node: ast.UnaryOp, frame: Frame) -> Value:
    """``-a``, ``+a``, ``~a`` and ``not a``."""
    value = interpreter.force(interpreter.evaluate(node.operand, frame))
    if isinstance(node.op, ast.Not):
        return negated(interpreter, value, node.operand, frame)
    operand, inputs = unwrap(value)
    operand = as_data(operand)
    if isinstance(operand, Opaque):
        return operand.derive(type(node.op).__name__)
    if isinstance(operand, InstanceValue):
        name = {ast.USub: "__neg__", ast.UAdd: "__pos__", ast.Invert: "__invert__"}[type(node.op)]
        hook = special(interpreter, operand, name)
        if isinstance(hook, BoundMethod):
            return interpreter.call(hook, [], {})
    try:
        result = own(plain.unary(type(node.op), operand))
    except Refused as refusal:
        return interpreter.refuse(str(refusal), operand)
    except NATIVE_ERRORS as error:
        raise interpreter.native_error(error) from None
    return Input(result, inputs) if inputs else result


def binary_operation(interpreter: Interpreter, node: ast.BinOp, frame: Frame) -> Value:
    """``a + b`` and its kin."""
    left = interpreter.evaluate(node.left, frame)
    right = interpreter.evaluate(node.right, frame)
    return operate(interpreter, type(node.op), left, right, node, frame)


def operate(
    interpreter: Interpreter,
    kind: type[ast.operator],
    left: Value,
    right: Value,
    node: ast.AST,
    frame: Frame,
    *,
    in_place: bool = False,
) -> Value:
    """``left <kind> right``: inputs and unknowns pass through, bounds hold."""
    left, first = unwrap(interpreter.force(left))
    right, second = unwrap(interpreter.force(right))
    left, right = as_data(interpreter.read(left)), as_data(interpreter.read(right))
    made = operate_on_objects(interpreter, kind, left, right, in_place=in_place)
    if made is not NOT_IMPLEMENTED:
        return made
    for side in (left, right):
        if isinstance(side, Opaque):
            if kind in (ast.Div, ast.FloorDiv) and _is_zero(right) and interpreter.catches(ZeroDivisionError):
                raise interpreter.fault(ZeroDivisionError, "division by zero")
            interpreter.taint_callables([left, right], side)
            interpreter.may_raise(side, TypeError, ValueError, ArithmeticError)
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
        cause = interpreter.refuse(str(refusal), left, right)
        interpreter.may_raise(cause, TypeError, ValueError, ArithmeticError)
        return cause
    except NATIVE_ERRORS as error:
        if first | second and isinstance(error, TypeError) and (left is None or right is None):
            return interpreter.unfit_default(first | second, node, frame)
        raise interpreter.native_error(error) from None
    if type(result) is str:
        result = Text.at(result, interpreter.locate(node, frame))
    return Input(result, first | second) if first | second and not isinstance(result, ListValue) else result


def _is_zero(value: Value) -> bool:
    return isinstance(value, int | float) and value == 0


def add_values(interpreter: Interpreter, left: Value, right: Value) -> Value:
    """``left + right`` for ``sum()``."""
    frame = interpreter.frames[-1]
    return operate(interpreter, ast.Add, left, right, frame.statement or ast.Pass(), frame)
