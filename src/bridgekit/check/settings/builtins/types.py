"""What a value is: ``isinstance``, three-valued."""

from __future__ import annotations

import collections.abc
import numbers
import os
import pathlib
import typing

from bridgekit.check.python.plain import Refused, is_plain
from bridgekit.check.settings.builtins.arguments import Arguments, Keywords
from bridgekit.check.settings.interpreter.data import (
    Input,
    Opaque,
    OrderedDictValue,
    PathValue,
    Value,
)
from bridgekit.check.settings.interpreter.hooks import may_be_registered
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    ErrorValue,
    External,
    FunctionValue,
    InstanceValue,
    ModuleValue,
    NativeFunction,
    PropertyValue,
)


def call_isinstance(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``isinstance()``."""
    value, inputs = unwrap(args[0])
    value = interpreter.read(value)
    if len(args) != 2 or kwargs:
        raise Refused("with these arguments")
    kinds = _flat(args[1])
    answers = [_is_a(value, kind) for kind in kinds]
    result: Value = (
        True
        if True in answers
        else interpreter.opaque("the type of a value is not known")
        if None in answers
        else False
    )
    return Input(result, inputs) if inputs and isinstance(result, bool) else result


def _flat(kinds: Value) -> list[Value]:
    if isinstance(kinds, tuple):
        return [one for kind in kinds for one in _flat(kind)]
    return [kinds]


def _is_a(value: Value, kind: Value) -> bool | None:
    if isinstance(value, Opaque) or isinstance(kind, Opaque):
        return None
    if isinstance(value, InstanceValue) and any(
        isinstance(base, ClassValue) and "__class__" in base.namespace for base in value.cls.mro
    ):
        return None  # what it says that it is counts as well
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
        if may_be_registered(kind) or any(isinstance(base, NativeFunction) for base in kind.mro):
            return True if isinstance(cls, ClassValue) and kind in cls.mro else None
        if not isinstance(cls, ClassValue):
            return False if is_plain(value) or isinstance(value, PathValue | FunctionValue) else None
        return kind in cls.mro
    if isinstance(kind, NativeFunction) and kind.kind is not None:
        if kind.kind is property:
            return isinstance(value, PropertyValue)
        if kind.kind is type:
            if isinstance(value, External):
                return None
            return isinstance(value, ClassValue) or (
                isinstance(value, NativeFunction) and value.kind is not None
            )
        plain = _kind(value)
        return issubclass(plain, kind.kind) if plain is not None else _is_native(value, kind.kind)
    return None


_KINDS = (bool, str, bytes, int, float, complex, list, tuple, dict, set, frozenset, range, type(None))


def _kind(value: Value) -> type | None:
    """The type that plain data and paths have in Python."""
    if isinstance(value, OrderedDictValue):
        return collections.OrderedDict
    if isinstance(value, PathValue):
        return pathlib.PosixPath
    return next((kind for kind in _KINDS if isinstance(value, kind)), None)


def _is_native(value: Value, kind: type) -> bool | None:
    """Objects of other kinds as instances of a built-in type or exception."""
    if kind is object:
        return True
    if isinstance(value, InstanceValue | ErrorValue):
        cls = value.cls if isinstance(value, InstanceValue) else value.kind
        if isinstance(cls, NativeFunction) and cls.kind is not None:
            return issubclass(cls.kind, kind)
        if not isinstance(cls, ClassValue):
            return None
        natives = [
            base.kind for base in cls.mro if isinstance(base, NativeFunction) and base.kind is not None
        ]
        if any(issubclass(base, kind) for base in natives):
            return True
        return None if any(isinstance(base, External) for base in cls.mro) else False
    if isinstance(value, FunctionValue | BoundMethod | ModuleValue | ClassValue | PropertyValue):
        return False
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


_CLASSES = {one.__name__: one for one in (collections, collections.abc, numbers, os, pathlib, typing)}
"""Modules whose classes data and paths may be instances of."""


def _is_external(value: Value, kind: External) -> bool | None:
    if isinstance(value, ModuleValue) or (isinstance(value, External) and value.is_module):
        return kind.dotted == "types.ModuleType"
    plain = _kind(value)
    if plain is None:
        return None
    module, _, last = kind.dotted.rpartition(".")
    if module in _CLASSES:
        real = getattr(_CLASSES[module], last, None)
        # An alias (typing.List) is no class.
        return issubclass(plain, real) if isinstance(real, type) else None
    # Not as classes are written: a tuple of types or an alias, such as six.string_types.
    return None if last in _MAY_BE_PLAIN or last.islower() or last.isupper() else False
