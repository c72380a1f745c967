"""``enum`` classes: members with a name and a value, looked up by attribute or by value."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.settings.library.registry import CLASS_BASES
from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.operators import equal, unwrap
from bridgekit.check.settings.values import (
    ClassValue,
    DictValue,
    External,
    Input,
    InstanceValue,
    Opaque,
    Text,
    Value,
)

__all__ = ["member", "register"]

_BASES = ("enum.Enum", "enum.StrEnum", "enum.IntEnum", "django.db.models.TextChoices")


def _is_enum(cls: ClassValue) -> bool:
    return any(isinstance(base, External) and base.dotted in _BASES for base in cls.mro)


def member(m: Machine, cls: ClassValue, name: str, raw: Value) -> Value:
    """The member of an enum class behind a class attribute; any other attribute as it is."""
    plain = isinstance(raw, str | int | float | tuple)
    if not plain or name.startswith("_") or not _is_enum(cls):
        return raw
    return m.members.setdefault(
        (cls, name), InstanceValue(cls, DictValue({"name": Text(name), "value": raw}))
    )


def _by_value(m: Machine, cls: ClassValue, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """``Environment("production")``: the member with that value; ValueError for none."""
    wanted, inputs = unwrap(args[0]) if args else (None, frozenset[str]())
    if isinstance(wanted, InstanceValue):
        return wanted
    unsure = isinstance(wanted, Opaque)
    for base in cls.mro:
        for name, raw in base.namespace.items() if isinstance(base, ClassValue) else ():
            found = member(m, cls, str(name), raw)
            if not isinstance(found, InstanceValue):
                continue
            m.suggest(inputs, raw)
            if not unsure and equal(raw, wanted):
                return Input(found, inputs) if inputs else found
    if isinstance(wanted, Opaque):
        return wanted.derive(f".{cls.name}")
    raise m.error(ValueError, Text(f"{wanted!r} is not a valid {cls.name}"))


def register() -> None:
    """Add this module's models to the registry."""
    for dotted in _BASES:
        CLASS_BASES[dotted] = _by_value
