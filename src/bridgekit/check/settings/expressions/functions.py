"""Functions: making them, and calling them with the arguments as they are written."""

from __future__ import annotations

import ast

from bridgekit.check.settings.expressions.literals import elements
from bridgekit.check.settings.interpreter.data import DictValue, Opaque, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    External,
    Frame,
    FunctionValue,
    InstanceValue,
)


def make_function(
    interpreter: Interpreter,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    name: str,
    frame: Frame,
) -> FunctionValue:
    """A function object: defaults are evaluated now, the body later."""
    defaults = tuple(interpreter.evaluate(default, frame) for default in node.args.defaults)
    keyword = {
        parameter.arg: interpreter.evaluate(default, frame)
        for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    return FunctionValue(name, node, frame, defaults, keyword)


def lambda_(interpreter: Interpreter, node: ast.Lambda, frame: Frame) -> Value:
    """``lambda a: b``."""
    return make_function(interpreter, node, "<lambda>", frame)


def call(interpreter: Interpreter, node: ast.Call, frame: Frame) -> Value:
    """``function(a, *b, c=d, **e)``."""
    function = interpreter.force(interpreter.evaluate(node.func, frame))
    args = elements(interpreter, node.args, frame)
    kwargs: dict[str, Value] = {}
    blocked = args if isinstance(args, Opaque) else None
    for keyword in node.keywords:
        value = interpreter.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
            continue
        mapping = interpreter.read(unwrap(interpreter.force(value))[0])
        if isinstance(mapping, DictValue) and all(isinstance(name, str) for name in mapping):
            if any(name in kwargs for name in mapping):
                raise interpreter.fault(TypeError, "multiple values for a keyword argument")
            kwargs.update({str(name): item for name, item in mapping.items()})
        else:
            blocked = (
                mapping if isinstance(mapping, Opaque) else interpreter.refuse("keyword arguments", mapping)
            )
    if blocked is not None or isinstance(args, Opaque):
        given = (
            [interpreter.evaluate(part, frame) for part in _again(node)] if isinstance(args, Opaque) else args
        )
        return _blocked_call(
            interpreter,
            function,
            [*given, *kwargs.values()],
            blocked or interpreter.opaque("arguments", node, frame),
        )
    if _by_value(function):
        args = [interpreter.force(argument) for argument in args]
        kwargs = {name: interpreter.force(value) for name, value in kwargs.items()}
    saved, frame.call_node = frame.call_node, node
    try:
        return interpreter.call(function, args, kwargs)
    finally:
        frame.call_node = saved


def _by_value(function: Value) -> bool:
    """Whether the callee looks at its arguments here and now (so that waiting modules must be read first)."""
    return not isinstance(
        function, FunctionValue | BoundMethod | ClassValue | External | Opaque | InstanceValue
    )


def _again(node: ast.Call) -> list[ast.expr]:
    """The arguments that are plain names: what they stand for is handed over with the rest."""
    return [part for part in node.args if isinstance(part, ast.Name)]


def _blocked_call(interpreter: Interpreter, function: Value, arguments: list[Value], cause: Opaque) -> Value:
    """A call with arguments that cannot be known: the receiver and the other arguments may change, the function may run."""
    interpreter.hand_over([function, *arguments], cause)
    interpreter.may_raise(cause)
    return cause.derive("(*)")
