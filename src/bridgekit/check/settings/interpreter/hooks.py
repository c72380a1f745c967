"""Special methods of the project's classes: what operators, ``with``, ``in`` and assignment call (data model, section 3.3)."""

from __future__ import annotations

import ast

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, ListValue, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    External,
    FunctionValue,
    InstanceValue,
    NativeFunction,
)

TRANSPARENT = ("abc.ABC", "typing.Generic", "typing.Protocol", "object", "configurations.")
"""Bases that define no attribute a settings class could mean."""

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.LShift: "lshift",
    ast.MatMult: "matmul",
    ast.Mod: "mod",
    ast.Mult: "mul",
    ast.Pow: "pow",
    ast.RShift: "rshift",
    ast.Sub: "sub",
}
_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("__eq__", "__eq__"),
    ast.NotEq: ("__ne__", "__ne__"),
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
}
_GENERATED = {
    "__eq__": ("eq", True),
    "__repr__": ("repr", True),
    "__str__": ("repr", True),
    "__hash__": ("eq", True),
    "__lt__": ("order", False),
    "__le__": ("order", False),
    "__gt__": ("order", False),
    "__ge__": ("order", False),
    "__setattr__": ("frozen", False),
    "__delattr__": ("frozen", False),
}
"""Methods that ``@dataclass`` writes: under which option, and that option's default."""


def special(interpreter: Interpreter, value: Value, name: str) -> BoundMethod | Opaque | None:
    """The special method that the class of an object of the project has: None for certainly none, else it or the unknown."""
    if not isinstance(value, InstanceValue):
        return None
    for base in value.cls.mro:
        if isinstance(base, External):
            if base.dotted.startswith(TRANSPARENT):
                continue
            return interpreter.opaque(f"{name} may come from {base.dotted}, which is not read")
        if isinstance(base, NativeFunction):
            if base.kind is object or not hasattr(base.kind, name):
                continue
            return interpreter.opaque(f"{name} comes from {base.name}, which {value.cls.name} derives from")
        if base.namespace.poison is not None:
            return base.namespace.poison
        if name in base.namespace:
            raw = base.namespace[name]
            if isinstance(raw, FunctionValue):
                return BoundMethod(raw, value)
            return (
                raw
                if isinstance(raw, Opaque)
                else interpreter.opaque(f"{base.name}.{name} is not a plain method")
            )
        if generated(base, name):
            return interpreter.opaque(f"{base.name}.{name} is written by @dataclass")
    return None


def generated(cls: ClassValue, name: str) -> bool:
    """Whether ``@dataclass`` writes this special method into the class."""
    if cls.dataclass is None or name not in _GENERATED:
        return False
    option, default = _GENERATED[name]
    return cls.dataclass.get(option, default)


def operate_on_objects(
    interpreter: Interpreter, kind: type[ast.operator], left: Value, right: Value, *, in_place: bool = False
) -> Value:
    """``left <kind> right`` where one of them is an object of the project; `NOT_IMPLEMENTED` where none is."""
    if not isinstance(left, InstanceValue) and not isinstance(right, InstanceValue):
        return NOT_IMPLEMENTED
    name = _OPERATORS[kind]
    if _is_more_special(left, right) or (kind is ast.Mod and isinstance(left, str | bytes)):
        return interpreter.refuse("which of two objects decides on an operator is not followed", left, right)
    attempts = [(left, f"__{name}__", right), (right, f"__r{name}__", left)]
    if in_place:
        attempts.insert(0, (left, f"__i{name}__", right))
        if isinstance(left, ListValue) and kind is ast.Add:
            return NOT_IMPLEMENTED  # list.__iadd__ iterates over anything
    if kind is ast.Mult:
        attempts += [(right, "__index__", left), (left, "__index__", right)]
    for receiver, method, other in attempts:
        found = special(interpreter, receiver, method)
        if found is None:
            continue
        if isinstance(found, Opaque) or method == "__index__":
            return interpreter.refuse(f"{method} is not followed", left, right)
        result = interpreter.call(found, [other], {})
        if result is not NOT_IMPLEMENTED:
            return result
    if not _is_certain(left) or not _is_certain(right):
        return interpreter.refuse("an operator on an object that is not plain data", left, right)
    raise interpreter.fault(TypeError, "unsupported operand types")


def compare_objects(interpreter: Interpreter, op: ast.cmpop, left: Value, right: Value) -> Value:
    """``left <op> right`` where one of them is an object of the project; `NOT_IMPLEMENTED` where none is, or for ``is``, ``in``."""
    names = _COMPARISONS.get(type(op))
    if names is None or not (isinstance(left, InstanceValue) or isinstance(right, InstanceValue)):
        return NOT_IMPLEMENTED
    if _is_more_special(left, right):
        return interpreter.refuse("which of two objects decides on a comparison is not followed", left, right)
    for receiver, method, other in ((left, names[0], right), (right, names[1], left)):
        found = special(interpreter, receiver, method)
        if found is None and isinstance(op, ast.NotEq):
            found = special(interpreter, receiver, "__eq__")
            if isinstance(found, BoundMethod):
                result = interpreter.call(found, [other], {})
                if result is not NOT_IMPLEMENTED:
                    return not interpreter.test(result)
                continue
        if found is None:
            continue
        if isinstance(found, Opaque):
            return interpreter.refuse(f"{method} is not followed", left, right)
        result = interpreter.call(found, [other], {})
        if result is not NOT_IMPLEMENTED:
            return result
    if not _is_certain(left) or not _is_certain(right):
        return interpreter.refuse("a comparison with an object that is not plain data", left, right)
    if isinstance(op, ast.Eq | ast.NotEq):
        return (left is right) is isinstance(op, ast.Eq)
    raise interpreter.fault(TypeError, "values that cannot be ordered")


def _is_more_special(left: Value, right: Value) -> bool:
    """Whether the right operand is asked first: its class derives from the left one's."""
    return (
        isinstance(left, InstanceValue)
        and isinstance(right, InstanceValue)
        and left.cls is not right.cls
        and left.cls in right.cls.mro
    )


def _is_certain(value: Value) -> bool:
    """Whether nothing but what is seen here can decide on an operator: objects that were asked already, and plain data."""
    return isinstance(
        value,
        InstanceValue
        | ClassValue
        | FunctionValue
        | str
        | bytes
        | int
        | float
        | list
        | tuple
        | dict
        | set
        | None,
    )


def answer_missing(interpreter: Interpreter, instance: InstanceValue, name: str) -> Value:
    """What ``__getattr__`` answers for an attribute that nothing else has; `NOT_IMPLEMENTED` without one."""
    getter = special(interpreter, instance, "__getattr__")
    if getter is None:
        return NOT_IMPLEMENTED
    return (
        interpreter.refuse(getter.reason, instance)
        if isinstance(getter, Opaque)
        else interpreter.call(getter, [Text(name)], {})
    )
