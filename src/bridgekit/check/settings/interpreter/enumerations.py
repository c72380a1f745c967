"""``enum`` classes: members with a name and a value, looked up by attribute, by name or by value."""

from __future__ import annotations

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, DictValue, Input, Opaque, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.operators import equal, unwrap
from bridgekit.check.settings.interpreter.values import (
    ClassMethod,
    ClassValue,
    External,
    FunctionValue,
    InstanceValue,
    NativeFunction,
    PropertyValue,
    StaticMethod,
)

PLAIN = frozenset(("enum.Enum",))
DATA = {
    "enum.StrEnum": str,
    "enum.IntEnum": int,
    "django.db.models.TextChoices": str,
    "django.db.models.IntegerChoices": int,
}
_STEERING = frozenset(
    ("__new__", "__init__", "_generate_next_value_", "_ignore_", "__call__", "__eq__", "__hash__")
)
"""What in the body of an enumeration makes its members something else than their values."""


class Auto(Model):
    """``enum.auto()``."""

    __slots__ = ()


def is_enum(cls: ClassValue) -> bool:
    """Whether the class derives from one of ``enum``."""
    return any(
        isinstance(base, External) and (base.dotted.startswith("enum.") or base.dotted in DATA)
        for base in cls.mro
    )


def is_member(value: Value) -> bool:
    """Whether an object is a member of an enumeration."""
    return isinstance(value, InstanceValue) and is_enum(value.cls)


def _mixin(cls: ClassValue) -> type | None:
    """The type of data that the members are as well: text or numbers."""
    for base in cls.mro:
        if isinstance(base, External) and base.dotted in DATA:
            return DATA[base.dotted]
        if isinstance(base, NativeFunction) and base.kind in (str, int, float):
            return base.kind
    return None


def _is_followed(cls: ClassValue) -> bool:
    for base in cls.mro:
        if isinstance(base, ClassValue) and (
            base.namespace.poison is not None or not _STEERING.isdisjoint(map(str, base.namespace))
        ):
            return False
        if isinstance(base, External) and base.dotted not in PLAIN and base.dotted not in DATA:
            return False
    return True


def members(interpreter: Interpreter, cls: ClassValue) -> dict[str, InstanceValue] | None:
    """Every name of the enumeration with its member, aliases too; None where that is not followed."""
    if not is_enum(cls) or not _is_followed(cls):
        return None
    found: dict[str, InstanceValue] = {}
    values: list[tuple[Value, InstanceValue]] = []
    mixin = _mixin(cls)
    for position, (key, raw) in enumerate(_candidates(cls)):
        value = _value(raw, key, position, mixin, len(values))
        if isinstance(value, Opaque) or value is NOT_IMPLEMENTED:
            return None
        twin = next((one for other, one in values if equal(other, value) is True), None)
        made = twin or interpreter.members.setdefault(
            (cls, key), InstanceValue(cls, DictValue({Text("name"): Text(key), Text("value"): value}))
        )
        if twin is None:
            values.append((value, made))
        found[key] = made
    return found


def _candidates(cls: ClassValue) -> list[tuple[str, Value]]:
    methods = (FunctionValue, PropertyValue, StaticMethod, ClassMethod, ClassValue)
    return [
        (str(key), raw)
        for key, raw in cls.namespace.items()
        if not (str(key).startswith("_") and str(key).endswith("_"))
        and not str(key).startswith("__")
        and not isinstance(raw, methods)
    ]


def _value(raw: Value, name: str, position: int, mixin: type | None, distinct: int) -> Value:
    if isinstance(raw, Auto):
        if mixin is str:
            return Text(name.lower())
        return position + 1 if position == distinct else NOT_IMPLEMENTED
    if not is_plain(raw) or (mixin is not None and type(raw) is not Text and not isinstance(raw, mixin)):
        return NOT_IMPLEMENTED
    if mixin in (int, float) and isinstance(raw, bool):
        return NOT_IMPLEMENTED
    return raw


def enum_attribute(interpreter: Interpreter, cls: ClassValue, name: str) -> Value:
    """An attribute of an enumeration: a member or the unknown; `NOT_IMPLEMENTED` where the class says what it is."""
    if not is_enum(cls):
        return NOT_IMPLEMENTED
    if name in dict(_candidates(cls)):
        found = members(interpreter, cls)
        if found is None:
            return interpreter.opaque(f"the members of {cls.name} are not followed")
        return found[name]
    return NOT_IMPLEMENTED


def as_data(value: Value) -> Value:
    """A member that is text or a number as well, as that; anything else as it is."""
    if not isinstance(value, InstanceValue) or not is_enum(value.cls):
        return value
    raw = value.attributes.get("value")
    return raw if _mixin(value.cls) is not None and is_plain(raw) and _is_followed(value.cls) else value


def text_of_member(value: InstanceValue) -> Value:
    """``str(member)`` where it is the member's value; `NOT_IMPLEMENTED` for others."""
    data = as_data(value)
    written = any(isinstance(base, ClassValue) and "__str__" in base.namespace for base in value.cls.mro)
    named = any(isinstance(base, External) and base.dotted in DATA for base in value.cls.mro)
    return Text(str(data)) if data is not value and named and not written else NOT_IMPLEMENTED


def by_name(interpreter: Interpreter, cls: ClassValue, key: Value) -> Value:
    """``Color["RED"]``; KeyError for none."""
    found = members(interpreter, cls)
    name, inputs = unwrap(key)
    if found is None or not isinstance(name, str):
        return (
            name.derive(f".{cls.name}")
            if isinstance(name, Opaque)
            else interpreter.opaque(f"a member of {cls.name}")
        )
    if name not in found:
        raise interpreter.error(KeyError, name)
    return Input(found[name], inputs) if inputs else found[name]
