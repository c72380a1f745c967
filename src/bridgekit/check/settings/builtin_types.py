"""What a value is: ``isinstance``, three-valued."""

from __future__ import annotations

from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.operators import unwrap
from bridgekit.check.settings.values import (
    ClassValue,
    ErrorValue,
    External,
    Input,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    Opaque,
    PathValue,
    PropertyValue,
    Value,
)

__all__ = ["call_isinstance"]

Arguments = list[Value]
Keywords = dict[str, Value]


def call_isinstance(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``isinstance()``."""
    value, inputs = unwrap(args[0])
    value = m.read(value)
    kinds = args[1] if isinstance(args[1], tuple) else (args[1],)
    answers = [_is_a(value, kind) for kind in kinds]
    result: Value = (
        True
        if True in answers
        else m.opaque("the type of a value is not known")
        if None in answers
        else False
    )
    return Input(result, inputs) if inputs and isinstance(result, bool) else result


def _is_a(value: Value, kind: Value) -> bool | None:
    if isinstance(value, Opaque) or isinstance(kind, Opaque):
        return None
    if isinstance(kind, External):
        return _is_external(value, kind)
    if isinstance(kind, ClassValue):
        cls = (
            value.cls
            if isinstance(value, InstanceValue)
            else value.kind
            if isinstance(value, ErrorValue)
            else None
        )
        if not isinstance(cls, ClassValue):
            return None if isinstance(value, External) else False
        return kind in cls.mro
    if isinstance(kind, NativeFunction) and kind.kind is not None:
        if kind.kind is property:
            return isinstance(value, PropertyValue)
        if kind.kind is type:
            return isinstance(value, ClassValue) or (
                isinstance(value, NativeFunction) and value.kind is not None
            )
        if isinstance(value, str | bytes | int | float | list | tuple | dict | set | frozenset | None):
            return isinstance(value, kind.kind)
        return None if isinstance(value, External) else kind.kind is object
    return None


_MAY_BE_PLAIN = frozenset(
    [
        "AbstractSet",
        "ByteString",
        "Callable",
        "Collection",
        "Container",
        "Hashable",
        "Integral",
        "Iterable",
        "Iterator",
        "Mapping",
        "MutableMapping",
        "MutableSequence",
        "MutableSet",
        "Number",
        "Rational",
        "Real",
        "Reversible",
        "Sequence",
        "Set",
        "Sized",
        "SupportsFloat",
        "SupportsIndex",
        "SupportsInt",
        "Text",
    ]
)
"""Abstract classes of which texts, numbers and containers are instances without inheriting from them."""


def _is_external(value: Value, kind: External) -> bool | None:
    last = kind.dotted.rpartition(".")[2]
    if isinstance(value, ModuleValue) or (isinstance(value, External) and value.is_module):
        return kind.dotted == "types.ModuleType"
    if isinstance(value, PathValue):
        return last in ("Path", "PurePath", "PosixPath", "PathLike")
    if isinstance(value, str | int | float | list | tuple | dict | set | None):
        # Lower case: a tuple of types or an alias, such as six.string_types.
        return None if last in _MAY_BE_PLAIN or last.islower() else False
    return None
