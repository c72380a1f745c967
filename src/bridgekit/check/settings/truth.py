"""Whether a value is true: known, or decided and remembered as a decision."""

from __future__ import annotations

import ast

from bridgekit.check.settings.frames import Frame
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.values import (
    ClassValue,
    External,
    Input,
    InstanceValue,
    Opaque,
    PathValue,
    Value,
)

__all__ = ["negated", "truth"]


def truth(m: Machine, value: Value, node: ast.expr, frame: Frame) -> bool:
    """``bool(value)``, where ``node`` is the expression that is asked."""
    value = m.read(value)
    if isinstance(value, Input):
        location = m.locate(node, frame)
        natural = bool(m.read(value.value)) if not isinstance(value.value, Opaque) else None
        key = f"input@{location}:{','.join(sorted(value.inputs))}"
        return m.decide(key, node, location, natural, inputs=value.inputs)
    if isinstance(value, External):
        if value.is_module or value.dotted.rpartition(".")[2] == "TYPE_CHECKING":
            return value.is_module
        value = m.opaque(f"{value.dotted} is not read", node, frame, key=f"external:{value.dotted}")
    if isinstance(value, Opaque):
        location = m.locate(node, frame)
        if value.truth is not None and not value.inputs:
            return value.truth
        return m.decide(value.key, node, location, value.truth, inputs=value.inputs, reason=value.reason)
    if isinstance(value, InstanceValue):
        return _instance_truth(m, value, node, frame)
    if isinstance(value, PathValue | ClassValue):
        return True
    return (
        bool(value)
        if isinstance(
            value, str | bytes | int | float | complex | list | tuple | dict | set | frozenset | range | None
        )
        else True
    )


def _instance_truth(m: Machine, value: InstanceValue, node: ast.expr, frame: Frame) -> bool:
    for name in ("__bool__", "__len__"):
        for base in value.cls.mro:
            if isinstance(base, External):
                return truth(m, m.opaque(f"{base.dotted} is not read", node, frame), node, frame)
            if isinstance(base, ClassValue) and name in base.namespace:
                return truth(m, m.call(m.getattr(value, name), [], {}), node, frame)
    return True


def negated(m: Machine, value: Value, node: ast.expr, frame: Frame) -> Value:
    """``not value``: keeps the inputs of a default without deciding anything."""
    value = m.read(value)
    if isinstance(value, Input) and not isinstance(value.value, Opaque | InstanceValue | External):
        return Input(not m.read(value.value), value.inputs)
    return not truth(m, value, node, frame)
