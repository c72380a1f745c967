"""The methods of dictionaries and of namespaces."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from bridgekit.check.python.plain import Refused, is_plain
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    ListValue,
    Namespace,
    Opaque,
    OrderedDictValue,
    Text,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.enumerations import as_data, is_member
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.operators import own, unwrap
from bridgekit.check.settings.interpreter.values import InstanceValue

_DICT = frozenset(
    ["clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"]
)


def dict_method(
    interpreter: Interpreter, receiver: DictValue, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``mapping.name(...)``; an unknown key leaves unknown what it reads or replaces."""
    if isinstance(receiver, OrderedDictValue) and name in ("move_to_end", "popitem"):
        return _ordered(receiver, name, args, kwargs)
    if name in ("__setitem__", "__delitem__", "__getitem__", "__contains__") and not kwargs:
        return _by_dunder(interpreter, receiver, name, args)
    if name not in _DICT:
        raise Refused(f"the method {name}() is not interpreted")
    if name == "update":
        return update(interpreter, receiver, args, kwargs)
    if kwargs:
        raise TypeError(f"{name}() takes no keyword arguments")
    plain = [as_data(unwrap(arg)[0]) for arg in args]
    if plain and isinstance(plain[0], Opaque):
        if name in ("setdefault", "pop"):
            interpreter.hand_over([receiver, *args[1:]], plain[0])
        return plain[0].derive(f".{name}()")
    if name in ("keys", "values", "items") and not args:
        if isinstance(receiver, Namespace):
            return ListValue(getattr(dict, name)(receiver))
        return ViewValue(receiver, name)
    if name in ("get", "setdefault", "pop"):
        return _at_key(interpreter, receiver, name, plain, args)
    if name == "fromkeys":
        keys = list(drawn(interpreter, args[0]))
        if not all(map(is_plain, keys)):
            raise Refused("a key is not plain data")
        return DictValue(dict.fromkeys(keys, *args[1:]))
    if name == "copy" and not args:
        return (OrderedDictValue if isinstance(receiver, OrderedDictValue) else DictValue)(receiver)
    return own(getattr(dict, name)(receiver, *args))


def _by_dunder(interpreter: Interpreter, receiver: DictValue, name: str, args: Sequence[Value]) -> Value:
    """``mapping.__setitem__(key, value)`` and its kin, with plain keys."""
    key = as_data(unwrap(args[0])[0]) if args else None
    if not is_plain(key) or len(args) != (2 if name == "__setitem__" else 1):
        raise Refused("the key is not plain data")
    if isinstance(receiver, Namespace) and name == "__setitem__":
        receiver.bound[key] = interpreter.here()
    result: Value = getattr(dict, name)(receiver, key, *args[1:])
    return result


def _at_key(
    interpreter: Interpreter, receiver: DictValue, name: str, plain: Sequence[Value], args: Sequence[Value]
) -> Value:
    """``get``, ``setdefault`` and ``pop``: the key's own hooks would decide."""
    if plain and isinstance(plain[0], InstanceValue) and not is_member(plain[0]):
        raise Refused("a key has an __eq__ of its own")
    if isinstance(receiver, Namespace) and plain and receiver.unseen is not None and plain[0] not in receiver:
        return receiver.unseen
    result: Value = getattr(dict, name)(receiver, *plain[:1], *args[1:])
    if name == "setdefault" and isinstance(receiver, Namespace):
        receiver.bound.setdefault(plain[0], interpreter.here())
    return result


def _ordered(receiver: OrderedDictValue, name: str, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """The methods that only an ordered dictionary has: by an `OrderedDict` of the same pairs."""
    ordered = OrderedDict(receiver)
    given = [unwrap(arg)[0] for arg in args]
    named = {key: unwrap(value)[0] for key, value in kwargs.items()}
    if not all(is_plain(value) for value in (*given, *named.values())):
        raise Refused("an argument is unknown")
    result: Value = getattr(ordered, name)(*given, **named)
    dict.clear(receiver)
    dict.update(receiver, ordered)
    return result


def update(
    interpreter: Interpreter, receiver: DictValue, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``receiver.update(...)``; an unknown mapping leaves the whole dictionary unknown."""
    if len(args) > 1:
        raise TypeError("update expected at most 1 argument")
    added: dict[Value, Value] = {}
    for given in args:
        source = interpreter.read(unwrap(given)[0])
        if isinstance(source, Opaque):
            interpreter.hand_over([receiver, *kwargs.values()], interpreter.opaque(source.reason))
            return None
        if isinstance(source, DictValue):
            added.update(source)
        elif isinstance(source, InstanceValue):
            raise Refused("what an object hands to a dictionary")
        else:
            for pair in drawn(interpreter, source):
                key, value = drawn(interpreter, pair)
                key = as_data(unwrap(key)[0])
                if not is_plain(key):
                    raise Refused("a key is not plain data")
                added[key] = value
    added.update({Text(name): value for name, value in kwargs.items()})
    dict.update(receiver, added)
    if isinstance(receiver, Namespace):
        for name in added:
            receiver.bound[name] = interpreter.here()
    return None
