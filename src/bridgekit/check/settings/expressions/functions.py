"""Functions: making them, and calling them with the arguments as they are written."""

from __future__ import annotations

import ast

from bridgekit.check.settings.expressions.literals import elements
from bridgekit.check.settings.interpreter.data import DictValue, Opaque, Value
from bridgekit.check.settings.interpreter.machine import Machine
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
    m: Machine, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str, frame: Frame
) -> FunctionValue:
    """A function object: defaults are evaluated now, the body later."""
    defaults = tuple(m.evaluate(default, frame) for default in node.args.defaults)
    keyword = {
        parameter.arg: m.evaluate(default, frame)
        for parameter, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    }
    return FunctionValue(name, node, frame, defaults, keyword)


def lambda_(m: Machine, node: ast.Lambda, frame: Frame) -> Value:
    """``lambda a: b``."""
    return make_function(m, node, "<lambda>", frame)


def call(m: Machine, node: ast.Call, frame: Frame) -> Value:
    """``function(a, *b, c=d, **e)``."""
    function = m.force(m.evaluate(node.func, frame))
    args = elements(m, node.args, frame)
    kwargs: dict[str, Value] = {}
    blocked = args if isinstance(args, Opaque) else None
    for keyword in node.keywords:
        value = m.evaluate(keyword.value, frame)
        if keyword.arg is not None:
            kwargs[keyword.arg] = value
            continue
        mapping = m.read(unwrap(m.force(value))[0])
        if isinstance(mapping, DictValue) and all(isinstance(name, str) for name in mapping):
            if any(name in kwargs for name in mapping):
                raise m.fault(TypeError, "multiple values for a keyword argument")
            kwargs.update({str(name): item for name, item in mapping.items()})
        else:
            blocked = mapping if isinstance(mapping, Opaque) else m.refuse("keyword arguments", mapping)
    if blocked is not None or isinstance(args, Opaque):
        given = [m.evaluate(part, frame) for part in _again(node)] if isinstance(args, Opaque) else args
        return _blocked_call(
            m, function, [*given, *kwargs.values()], blocked or m.opaque("arguments", node, frame)
        )
    if _by_value(function):
        args = [m.force(argument) for argument in args]
        kwargs = {name: m.force(value) for name, value in kwargs.items()}
    saved, frame.call_node = frame.call_node, node
    try:
        return m.call(function, args, kwargs)
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


def _blocked_call(m: Machine, function: Value, arguments: list[Value], cause: Opaque) -> Value:
    """A call with arguments that cannot be known: the receiver and the other arguments may change, the function may run."""
    m.hand_over([function, *arguments], cause)
    m.may_raise(cause)
    return cause.derive("(*)")
