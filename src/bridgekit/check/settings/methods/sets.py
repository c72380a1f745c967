"""The methods of sets that change them; those that read are Python's own."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bridgekit.check.python.plain import Refused, is_plain
from bridgekit.check.settings.interpreter.data import Input, Opaque, SetValue, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.operators import own, unwrap

_SINGLE = frozenset(("add", "discard", "remove"))
_OPERANDS = frozenset(
    [
        "difference",
        "difference_update",
        "intersection",
        "intersection_update",
        "isdisjoint",
        "issubset",
        "issuperset",
        "symmetric_difference",
        "symmetric_difference_update",
        "union",
        "update",
    ]
)


def set_method(
    interpreter: Interpreter, receiver: SetValue, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``elements.name(...)``."""
    if kwargs:
        raise TypeError("takes no keyword arguments")
    operands = [interpreter.read(unwrap(arg)[0]) for arg in args]
    unknown = next((value for value in operands if isinstance(value, Opaque)), None)
    if unknown is not None:
        raise Refused(unknown.reason)
    if name in _SINGLE:
        if not all(is_plain(value) for value in (*operands, *receiver)):
            raise Refused("an element has an __eq__ of its own")
    elif name in _OPERANDS:
        others = [_members(interpreter, value) for value in operands]
        if not is_plain(receiver):
            raise Refused("an element has an __eq__ of its own")
        return own(getattr(set, name)(receiver, *others))
    elif name == "pop" and len(receiver) > 1:
        raise Refused("the order of a set of strings differs from one process to the next")
    elif name not in ("clear", "copy", "pop"):
        raise Refused(f"the method {name}() is not interpreted")
    return own(getattr(set, name)(receiver, *operands))


def _members(interpreter: Interpreter, value: Value) -> Collection[Value]:
    members = value if isinstance(value, SetValue | frozenset) else list(drawn(interpreter, value))
    if any(isinstance(member, Opaque | Input) or not is_plain(member) for member in members):
        raise Refused("an element is unknown")
    return members
