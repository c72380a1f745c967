"""Special methods of the project's classes: what operators, ``with``, ``in`` and assignment call (data model, section 3.3)."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, Opaque, Text, Value
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


def may_be_registered(cls: ClassValue) -> bool:
    """Whether its metaclass may be `abc.ABCMeta`: what does not derive from the class can be an instance of it."""
    return any(
        base.is_checked if isinstance(base, ClassValue) else isinstance(base, External) for base in cls.mro
    )


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
    name = _OPERATORS[kind]
    if not isinstance(left, InstanceValue):
        if not isinstance(right, InstanceValue):
            return NOT_IMPLEMENTED
        known = isinstance(left, int | float | tuple | None) and not in_place
        return _answered(interpreter, right, (f"__r{name}__",) if known else (), left)
    return _answered(interpreter, left, (f"__i{name}__", f"__{name}__")[not in_place :], right)


def compare_objects(interpreter: Interpreter, op: ast.cmpop, left: Value, right: Value) -> Value:
    """``left <op> right`` where one of them is an object of the project; `NOT_IMPLEMENTED` where none is, or for ``is``, ``in``."""
    names = _COMPARISONS.get(type(op))
    if names is None:
        return NOT_IMPLEMENTED
    if isinstance(left, InstanceValue):
        return _answered(interpreter, left, names[:1], right)
    if not isinstance(right, InstanceValue):
        return NOT_IMPLEMENTED
    known = isinstance(left, str | bytes | int | float | tuple | list | dict | set | None)
    return _answered(interpreter, right, names[1:] if known else (), left)


def _answered(
    interpreter: Interpreter, receiver: InstanceValue, methods: Sequence[str], other: Value
) -> Value:
    """What the first of the methods that is there answers; what comes of it when it leaves the answer to the other side is not followed."""
    alike = not isinstance(other, InstanceValue) or receiver.cls is other.cls
    for name in methods if alike else ():
        found = special(interpreter, receiver, name)
        if found is None:
            continue
        result = interpreter.call(found, [other], {}) if isinstance(found, BoundMethod) else NOT_IMPLEMENTED
        if result is NOT_IMPLEMENTED:
            break
        return result
    return interpreter.refuse("an operator on an object of the project is not followed", receiver, other)


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
