"""The methods of plain data that settings may call: those of the tables by Python itself, those that change or hold anything here."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.python import plain
from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    ListValue,
    OrderedDictValue,
    SetValue,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.pure import apply
from bridgekit.check.settings.methods.dictionaries import dict_method
from bridgekit.check.settings.methods.lists import list_method
from bridgekit.check.settings.methods.search import search_method
from bridgekit.check.settings.methods.sets import set_method
from bridgekit.check.settings.methods.text import text_method


def has_method(receiver: Value, name: str) -> bool:
    """Whether plain data has the method ``name``, allowed or not."""
    if isinstance(receiver, OrderedDictValue) and name == "move_to_end":
        return True
    kind = _kind(receiver)
    return kind is not None and callable(getattr(kind, name, None)) and name != "__class__"


def _kind(receiver: Value) -> type | None:
    for kind in (str, list, dict, set, bytes, bool, int, float, complex, frozenset, range):
        if isinstance(receiver, kind):
            return kind
    return tuple if type(receiver) is tuple else None


def call_method(
    interpreter: Interpreter, receiver: Value, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``receiver.name(*args, **kwargs)``. Raises `Refused`, or what the method raises."""
    if isinstance(receiver, ListValue):
        return list_method(interpreter, receiver, name, args, kwargs)
    if isinstance(receiver, DictValue):
        return dict_method(interpreter, receiver, name, args, kwargs)
    if isinstance(receiver, SetValue):
        return set_method(interpreter, receiver, name, args, kwargs)
    if isinstance(receiver, tuple):
        if kwargs:
            raise TypeError("takes no keyword arguments")
        return search_method(interpreter, receiver, name, args)
    if isinstance(receiver, str) and name == "join":
        return text_method(interpreter, receiver, args, kwargs)
    if isinstance(receiver, ViewValue):
        raise Refused("a method of a view of a dictionary")
    return apply(interpreter, name, lambda a, k: plain.call_method(receiver, name, a, k), args, kwargs)
