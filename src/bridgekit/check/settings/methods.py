"""The methods of plain data that settings may call: the allow-list, with bounds on what they may build."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from bridgekit.check.settings.machine import Machine
from bridgekit.check.settings.operators import MAX_SIZE, Refused, equal, flat, own, unwrap
from bridgekit.check.settings.values import (
    DictValue,
    Input,
    ListValue,
    Namespace,
    Opaque,
    SetValue,
    Text,
    Value,
    poison,
)

__all__ = ["call_method", "has_method", "iterable_items"]

_TEXT = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "encode",
        "endswith",
        "find",
        "format",
        "index",
        "isalnum",
        "isalpha",
        "isascii",
        "isdecimal",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isspace",
        "istitle",
        "isupper",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
    ]
)
_BYTES = frozenset(
    ["decode", "endswith", "hex", "join", "lower", "replace", "split", "startswith", "strip", "upper"]
)
_NUMBER = frozenset(["bit_length", "conjugate", "is_integer"])
_TUPLE = frozenset(["count", "index"])
_LIST = frozenset(
    ["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"]
)
_DICT = frozenset(
    ["clear", "copy", "fromkeys", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"]
)
_SET = frozenset(
    [
        "add",
        "clear",
        "copy",
        "difference",
        "difference_update",
        "discard",
        "intersection",
        "intersection_update",
        "isdisjoint",
        "issubset",
        "issuperset",
        "pop",
        "remove",
        "symmetric_difference",
        "union",
        "update",
    ]
)


def has_method(receiver: Value, name: str) -> bool:
    """Whether plain data has the method ``name``, allowed or not."""
    return not name.startswith("__") and callable(getattr(_base(receiver), name, None))


def _base(receiver: Value) -> type:
    for base in (str, list, dict, set):
        if isinstance(receiver, base):
            return base
    return type(receiver)


def call_method(
    m: Machine, receiver: Value, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``receiver.name(*args, **kwargs)``. Raises `Refused`, or what the method raises."""
    if isinstance(receiver, ListValue):
        return _list_method(m, receiver, name, args, kwargs)
    if isinstance(receiver, DictValue):
        return _dict_method(m, receiver, name, args, kwargs)
    if isinstance(receiver, SetValue | frozenset):
        return _set_method(m, receiver, name, args)
    if isinstance(receiver, tuple):
        return _search_method(m, receiver, name, args) if name in _TUPLE else _refuse(name)
    if isinstance(receiver, str):
        return _text_method(receiver, name, args, kwargs)
    if isinstance(receiver, bytes) and name in _BYTES:
        return _plain_method(receiver, name, args, kwargs)
    if isinstance(receiver, int | float) and name in _NUMBER:
        return _plain_method(receiver, name, args, kwargs)
    return _refuse(name)


def _refuse(name: str) -> Value:
    raise Refused(f"the method {name}() is not interpreted")


def _plain_method(receiver: Value, name: str, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    plain, inputs, unknown = flat([*args, *kwargs.values()])
    if unknown is not None:
        return unknown.derive(f".{name}()")
    values = plain[: len(args)]
    named = dict(zip(kwargs, plain[len(args) :], strict=True))
    result = own(getattr(receiver, name)(*values, **named))
    return Input(result, inputs) if inputs else result


def _text_method(receiver: str, name: str, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    if name not in _TEXT:
        return _refuse(name)
    if name == "join" and len(args) == 1:
        return _join(receiver, args[0])
    plain, _, _ = flat([*args, *kwargs.values()])
    if name == "format":
        _check_format(receiver, plain)
    longest = max((len(value) for value in plain if isinstance(value, str)), default=0)
    if name == "replace" and (len(receiver) + 1) * (longest + 1) > MAX_SIZE * 10:
        raise Refused(f"the result may have more than {MAX_SIZE:,} characters")
    return _plain_method(str(receiver), name, args, kwargs)


def _check_format(template: str, values: list[Value]) -> None:
    """Formats reach attributes and can ask for very wide fields: only plain fields of plain data are formatted."""
    digits = "".join(character if character.isdigit() else " " for character in template).split()
    if any(len(run) > 4 for run in digits):
        raise Refused("the format asks for a very wide field")
    nested = template.count("{") != template.count("}") or any("{" in part for part in _fields(template))
    if nested or any(isinstance(value, tuple | list | dict | set) for value in values):
        raise Refused("the format is not interpreted")
    if any("." in field.split(":")[0] for field in _fields(template)):
        raise Refused("the format reads attributes")
    if not all(isinstance(value, str | int | float | bytes | bool | Opaque | None) for value in values):
        raise Refused("a formatted value is not plain data")


def _fields(template: str) -> list[str]:
    return [part.split("}")[0] for part in template.replace("{{", "").replace("}}", "").split("{")[1:]]


def _join(separator: str, items: Value) -> Value:
    items, outer = unwrap(items)
    parts, inputs, unknown = flat(iterable_items(items))
    if unknown is not None:
        return unknown.derive(".join()")
    total = sum(len(part) for part in parts if isinstance(part, str)) + len(separator) * len(parts)
    if total > MAX_SIZE:
        raise Refused(f"the result has more than {MAX_SIZE:,} characters")
    result = separator.join(parts)  # type: ignore[arg-type]  # TypeError is what the interpreted code gets
    return Input(result, inputs | outer) if inputs | outer else result


def iterable_items(value: Value) -> list[Value]:
    """The elements in order. Raises `TypeError` for what is not iterable, `Refused` where the order is unknowable."""
    if isinstance(value, SetValue | frozenset):
        if len(value) > 1:
            raise Refused("the order of a set of strings differs from one process to the next")
        return list(value)
    if isinstance(value, Text):
        return list(str(value))
    if isinstance(value, list | tuple | dict | str | bytes):
        return list(value)
    if isinstance(value, range):
        if len(value) > MAX_SIZE:
            raise Refused(f"the range has more than {MAX_SIZE:,} elements")
        return list(value)
    items = getattr(value, "items", None)
    if items is not None and type(value).__name__ == "IteratorValue":
        return list(items)
    if value is None or isinstance(value, int | float):
        raise TypeError(f"{type(value).__name__!r} object is not iterable")
    raise Refused("this is not plain data to iterate over")


def _position(m: Machine, items: Sequence[Value], wanted: Value) -> int:
    """Where ``wanted`` stands first; -1 for nowhere. Raises `Refused` if an unknown element may be it."""
    for position, item in enumerate(items):
        m.spend()
        same = equal(item, wanted)
        if same is None:
            raise Refused("an element that is compared is unknown")
        if same:
            return position
    return -1


def _search_method(m: Machine, receiver: Sequence[Value], name: str, args: Sequence[Value]) -> Value:
    if name == "count" and len(args) == 1:
        answers = [equal(item, args[0]) for item in receiver]
        if None in answers:
            raise Refused("an element that is compared is unknown")
        return answers.count(True)
    if name == "index" and 1 <= len(args) <= 3 and all(isinstance(arg, int) for arg in args[1:]):
        low, high, _ = slice(*args[1:], *[None] * (3 - len(args))).indices(len(receiver))
        found = _position(m, receiver[low:high], args[0])
        if found < 0:
            raise ValueError(f"{unwrap(args[0])[0]!r} is not in list")
        return found + low
    return _refuse(name)


def _list_method(
    m: Machine, receiver: ListValue, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    if name not in _LIST:
        return _refuse(name)
    if name in _TUPLE:
        return _search_method(m, receiver, name, args)
    if name == "append" and len(args) == 1:
        receiver.append(args[0])
        return None
    if name == "extend" and len(args) == 1:
        return extend(receiver, args[0])
    if name == "remove" and len(args) == 1:
        position = _position(m, receiver, args[0])
        if position < 0:
            raise ValueError("list.remove(x): x not in list")
        del receiver[position]
        return None
    if name == "sort":
        return _sort(m, receiver, kwargs)
    if name == "copy" and not args:
        return ListValue(receiver)
    plain = [unwrap(arg)[0] for arg in args]
    if any(isinstance(value, Opaque) for value in plain[:1]):
        raise Refused("the position is unknown")
    if name == "insert" and len(args) == 2:
        receiver.insert(plain[0], args[1])  # type: ignore[arg-type]  # TypeError is what the interpreted code gets
        return None
    if name == "pop":
        return list.pop(receiver, *plain)  # type: ignore[arg-type]  # as above
    return own(getattr(list, name)(receiver, *plain))


def extend(receiver: ListValue, items: Value) -> Value:
    """``receiver.extend(items)``; unknown items leave the whole list unknown."""
    items, _ = unwrap(items)
    if isinstance(items, Opaque):
        poison(receiver, items)
        return None
    added = iterable_items(items)
    if len(receiver) + len(added) > MAX_SIZE:
        raise Refused(f"the list has more than {MAX_SIZE:,} elements")
    list.extend(receiver, added)
    return None


def _sort(m: Machine, receiver: ListValue, kwargs: dict[str, Value]) -> Value:
    receiver[:] = ordered(m, receiver, kwargs)
    return None


def ordered(m: Machine, items: Sequence[Value], kwargs: dict[str, Value]) -> list[Value]:
    """``sorted(items, key=, reverse=)`` of plain data."""
    key = kwargs.get("key")
    ranks = [m.call(key, [item], {}) if key is not None else item for item in items]
    plain, _, unknown = flat(ranks)
    if unknown is not None or not all(isinstance(rank, str | int | float | tuple) for rank in plain):
        raise Refused("an element that is sorted is unknown")
    descending = unwrap(kwargs.get("reverse", False))[0] is True
    order = sorted(range(len(plain)), key=plain.__getitem__, reverse=descending)  # type: ignore[arg-type]  # as above
    return [items[position] for position in order]


def _dict_method(
    m: Machine, receiver: DictValue, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    if name not in _DICT:
        return _refuse(name)
    if name == "update":
        return update(m, receiver, args, kwargs)
    plain = [unwrap(arg)[0] for arg in args]
    if plain and isinstance(plain[0], Opaque):
        if name in ("setdefault", "pop"):
            poison(receiver, plain[0])
        return plain[0].derive(f".{name}()")
    if name in ("keys", "values", "items"):
        views: dict[str, Callable[[], Iterable[Value]]] = {
            "keys": receiver.keys,
            "values": receiver.values,
            "items": receiver.items,
        }
        return ListValue(views[name]())
    if isinstance(receiver, Namespace) and plain and receiver.unseen is not None and plain[0] not in receiver:
        return receiver.unseen
    if name in ("get", "setdefault", "pop") and args:
        values: list[Value] = [plain[0], *args[1:]]
        result: Value = getattr(dict, name)(receiver, *values, **kwargs)
        if name == "setdefault" and isinstance(receiver, Namespace):
            receiver.bound.setdefault(plain[0], m.here())
        return result
    if name == "fromkeys":
        return DictValue(dict.fromkeys(iterable_items(plain[0]), *args[1:]))
    return own(getattr(dict, name)(receiver, *args))


def update(m: Machine, receiver: DictValue, args: Sequence[Value], kwargs: dict[str, Value]) -> Value:
    """``receiver.update(...)``; an unknown mapping leaves the whole dictionary unknown."""
    added: dict[Value, Value] = {}
    for given in args:
        source, _ = unwrap(given)
        if isinstance(source, Opaque):
            m.hand_over([receiver], m.opaque(source.reason))
            return None
        if isinstance(source, DictValue):
            added.update(source)
        else:
            added.update(dict(iterable_items(source)))  # type: ignore[arg-type]  # TypeError for the interpreted code
    added.update(kwargs)
    dict.update(receiver, added)
    if isinstance(receiver, Namespace):
        for name in added:
            receiver.bound[name] = m.here()
    return None


def _set_method(m: Machine, receiver: SetValue | frozenset[Value], name: str, args: Sequence[Value]) -> Value:
    if name not in _SET:
        return _refuse(name)
    plain = [unwrap(arg)[0] for arg in args]
    for value in plain:
        if isinstance(value, Opaque):
            poison(receiver, value)
            return value.derive(f".{name}()")
    elements = {"add", "discard", "remove"}
    operands = plain if name in elements else [_members(value) for value in plain]
    if name == "pop" and len(receiver) > 1:
        raise Refused("the order of a set of strings differs from one process to the next")
    method: Callable[..., object] = getattr(set if isinstance(receiver, SetValue) else frozenset, name)
    return own(method(receiver, *operands))


def _members(value: Value) -> Value:
    members = value if isinstance(value, SetValue | frozenset) else iterable_items(value)
    if any(isinstance(member, Opaque | Input) for member in members):
        raise Refused("an element is unknown")
    return members
