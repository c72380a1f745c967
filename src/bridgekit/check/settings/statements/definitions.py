"""``def`` and ``class`` with their decorators, and ``return``."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.settings.expressions.functions import make_function
from bridgekit.check.settings.interpreter.control import ReturnValue
from bridgekit.check.settings.interpreter.data import Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import Frame, FunctionValue
from bridgekit.check.settings.objects.classes import make_class
from bridgekit.check.settings.statements.assignment import annotation_effects
from bridgekit.check.settings.statements.names import bind


def function(interpreter: Interpreter, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame) -> None:
    """``def name(...): ...``."""
    decorators = [interpreter.evaluate(decorator, frame) for decorator in node.decorator_list]
    value: Value = make_function(interpreter, node, node.name, frame)
    spec = node.args
    for parameter in (*spec.posonlyargs, *spec.args, spec.vararg, *spec.kwonlyargs, spec.kwarg):
        annotation_effects(interpreter, parameter.annotation if parameter is not None else None, frame)
    annotation_effects(interpreter, node.returns, frame)
    bind(interpreter, frame, node.name, _decorated(interpreter, decorators, value))


def class_(interpreter: Interpreter, node: ast.ClassDef, frame: Frame) -> None:
    """``class name(...): ...``."""
    decorators = [interpreter.evaluate(decorator, frame) for decorator in node.decorator_list]
    value = make_class(interpreter, node, frame)
    bind(interpreter, frame, node.name, _decorated(interpreter, decorators, value))


def return_(interpreter: Interpreter, node: ast.Return, frame: Frame) -> None:
    """``return value``."""
    raise ReturnValue(interpreter.evaluate(node.value, frame) if node.value is not None else None)


def _decorated(interpreter: Interpreter, decorators: Sequence[Value], value: Value) -> Value:
    function = value
    for decorator in reversed(decorators):
        value = interpreter.call(interpreter.force(decorator), [value], {})
    if isinstance(value, Opaque) and isinstance(function, FunctionValue):
        # What a function changes around it is not known once only its decorator knows when it is called.
        interpreter.hand_over([function], value)
    return value
