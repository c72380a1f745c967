"""``enum`` in the registry: its base classes, ``auto()`` and ``unique``."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.data import Input, Opaque, Value
from bridgekit.check.settings.interpreter.enumerations import DATA, PLAIN, Auto, members
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import equal, unwrap
from bridgekit.check.settings.interpreter.values import ClassValue, InstanceValue
from bridgekit.check.settings.library.registry import CALLS, CLASS_BASES


def _by_value(
    interpreter: Interpreter, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``Environment("production")``: the member with that value; ValueError for none."""
    value, inputs = unwrap(args[0]) if len(args) == 1 and not kwargs else (None, frozenset[str]())
    if isinstance(value, InstanceValue) and value.cls is cls:
        return value
    found = members(interpreter, cls)
    if found is None or len(args) != 1 or kwargs:
        return interpreter.refuse(f"the members of {cls.name} are not followed", *args)
    for member in found.values():
        raw = member.attributes["value"]
        interpreter.suggest(inputs, raw)
        if not isinstance(value, Opaque) and equal(raw, value):
            return Input(member, inputs) if inputs else member
    if isinstance(value, Opaque):
        return value.derive(f".{cls.name}")
    if not is_plain(value) or any(isinstance(b, ClassValue) and "_missing_" in b.namespace for b in cls.mro):
        return interpreter.refuse(f"what {cls.name} makes of this value is not followed", *args)
    raise interpreter.fault(ValueError, f"{value!r} is not a valid {cls.name}")


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in (*PLAIN, *DATA, "enum.Flag", "enum.IntFlag"):
        CLASS_BASES[dotted] = _by_value
    CALLS["enum.auto"] = lambda interpreter, args, kwargs: Auto()
    CALLS["enum.unique"] = lambda interpreter, args, kwargs: args[0]
