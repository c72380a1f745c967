"""Class statements: the body is run, the MRO computed; metaclasses and unread bases leave what they hide unknown."""

from __future__ import annotations

import ast

from bridgekit.check.settings.frames import Frame
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.operators import unwrap
from bridgekit.check.settings.values import (
    ClassMethod,
    ClassValue,
    DictValue,
    External,
    FunctionValue,
    NativeFunction,
    Opaque,
    PropertyValue,
    StaticMethod,
    Text,
    Value,
)

__all__ = ["make_class"]

_Base = ClassValue | External | NativeFunction


def make_class(m: Machine, node: ast.ClassDef, frame: Frame) -> Value:
    """The class object, or the unknown where its bases cannot be followed."""
    bases: list[Value] = [unwrap(m.force(m.evaluate(base, frame)))[0] for base in node.bases]
    cls = ClassValue(node.name, tuple(bases), DictValue(), frame.module)
    names = cls.namespace
    names["__module__"] = Text(frame.module.name)
    inner = Frame(frame.module, names, frame.path, frame, "class", owner=cls)
    m.frames.append(inner)
    try:
        m.run_block(node.body, inner)
    finally:
        m.frames.pop()
    for value in names.values():
        _own(value, cls)
    mro = _linearize(m, cls, bases)
    if mro is None:
        return m.opaque(f"the bases of class {node.name} cannot be followed", node, frame)
    cls.mro = mro
    return _made(m, cls, node, frame)


def _made(m: Machine, cls: ClassValue, node: ast.ClassDef, frame: Frame) -> Value:
    """The class as its metaclass and its bases' ``__init_subclass__`` leave it (`type.__new__`)."""
    given: dict[str, Value] = {}
    for keyword in node.keywords:
        value = unwrap(m.force(m.evaluate(keyword.value, frame)))[0]
        if keyword.arg != "metaclass":
            given[keyword.arg or ""] = value
        elif isinstance(value, ClassValue):
            return m.opaque(f"class {node.name} has a metaclass of its own", node, frame)
    for base in cls.mro[1:]:
        hook = base.namespace.get("__init_subclass__") if isinstance(base, ClassValue) else None
        if hook is not None:
            m.call(hook.function if isinstance(hook, ClassMethod) else hook, [cls], given)
            break
    return cls


def _own(value: Value, cls: ClassValue) -> None:
    """Tell a method its class, for ``super()`` without arguments."""
    if isinstance(value, ClassMethod | StaticMethod):
        value = value.function
    elif isinstance(value, PropertyValue):
        value = value.getter
    if isinstance(value, FunctionValue) and value.owner is None:
        value.owner = cls


def _linearize(m: Machine, cls: ClassValue, bases: list[Value]) -> tuple[_Base, ...] | None:
    """C3, as `type.mro` computes it; a base that is unknown makes a stand-in that hides every attribute."""
    sequences: list[list[_Base]] = []
    direct: list[_Base] = []
    for base in bases:
        if isinstance(base, ClassValue):
            sequences.append(list(base.mro))
            direct.append(base)
        elif isinstance(base, NativeFunction):
            if base.kind is not object:
                sequences.append([base])
                direct.append(base)
        else:
            name = (
                base.dotted
                if isinstance(base, External)
                else base.reason
                if isinstance(base, Opaque)
                else "?"
            )
            stand_in = base if isinstance(base, External) else External(name)
            sequences.append([stand_in])
            direct.append(stand_in)
    sequences.append(direct)
    order: list[_Base] = [cls]
    while sequences := [sequence for sequence in sequences if sequence]:
        head = next(
            (s[0] for s in sequences if not any(_same_in(s[0], other[1:]) for other in sequences)), None
        )
        if head is None:
            return None
        order.append(head)
        m.spend()
        for sequence in sequences:
            if _is_same(sequence[0], head):
                del sequence[0]
    return tuple(order)


def _is_same(one: _Base, other: _Base) -> bool:
    if isinstance(one, External) and isinstance(other, External):
        return one.dotted == other.dotted
    return one is other


def _same_in(one: _Base, others: list[_Base]) -> bool:
    return any(_is_same(one, other) for other in others)
