"""The methods of lists, and sorting."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.python.plain import MAX_SIZE, Refused, is_plain
from bridgekit.check.settings.interpreter.data import ListValue, Opaque, PathValue, Value
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.operators import flat, own, unwrap
from bridgekit.check.settings.methods.search import position_of, search_method

_LIST = frozenset(
    ["append", "clear", "copy", "count", "extend", "index", "insert", "pop", "remove", "reverse", "sort"]
)


def list_method(
    interpreter: Interpreter, receiver: ListValue, name: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``items.name(...)``."""
    if name in ("__setitem__", "__delitem__", "__getitem__") and not kwargs:
        if not args or not isinstance(args[0], int):
            raise Refused("the position is unknown")
        item: Value = getattr(list, name)(receiver, *args)
        return item
    if name not in _LIST:
        raise Refused(f"the method {name}() is not interpreted")
    if name == "sort":
        if args:
            raise TypeError("sort() takes no positional arguments")
        return _sort(interpreter, receiver, kwargs)
    if kwargs:
        raise TypeError(f"{name}() takes no keyword arguments")
    if name in ("count", "index"):
        return search_method(interpreter, receiver, name, args)
    if name == "append" and len(args) == 1:
        receiver.append(args[0])
        return None
    if name == "extend" and len(args) == 1:
        return extend(interpreter, receiver, args[0])
    if name == "remove" and len(args) == 1:
        position = position_of(interpreter, receiver, args[0])
        if position < 0:
            raise ValueError("list.remove(x): x not in list")
        del receiver[position]
        return None
    if name == "copy" and not args:
        return ListValue(receiver)
    return _by_position(receiver, name, args)


def _by_position(receiver: ListValue, name: str, args: Sequence[Value]) -> Value:
    plain = [unwrap(arg)[0] for arg in args]
    if name in ("insert", "pop") and len(args) == (2 if name == "insert" else 1):
        position = plain[0]
        if not isinstance(position, int):
            if is_plain(position):
                raise TypeError("object cannot be interpreted as an integer")
            raise Refused("the position is unknown")
        if name == "pop":
            return receiver.pop(position)
        receiver.insert(position, args[1])
        return None
    if name == "pop" and not args:
        return receiver.pop()
    return own(getattr(list, name)(receiver, *plain))


def extend(interpreter: Interpreter, receiver: ListValue, items: Value) -> Value:
    """``receiver.extend(items)``; unknown items leave the whole list unknown."""
    items = interpreter.read(unwrap(items)[0])
    if isinstance(items, Opaque):
        interpreter.hand_over([receiver], items)
        return None
    if items is receiver:
        items = ListValue(receiver)
    for item in drawn(interpreter, items):
        if len(receiver) >= MAX_SIZE:
            raise Refused(f"the list has more than {MAX_SIZE:,} elements")
        receiver.append(item)
    return None


def repeat(receiver: ListValue, times: int) -> None:
    """``receiver *= times``."""
    if len(receiver) * max(times, 0) > MAX_SIZE:
        raise Refused(f"the list has more than {MAX_SIZE:,} elements")
    receiver[:] = list(receiver) * times


def _sort(interpreter: Interpreter, receiver: ListValue, kwargs: dict[str, Value]) -> Value:
    receiver[:] = ordered(interpreter, list(receiver), kwargs)
    return None


def ordered(interpreter: Interpreter, items: Sequence[Value], kwargs: dict[str, Value]) -> list[Value]:
    """``sorted(items, key=, reverse=)`` of plain data."""
    if not set(kwargs) <= {"key", "reverse"}:
        raise TypeError("sort() got an unexpected keyword argument")
    key = kwargs.get("key")
    ranks = [interpreter.call(key, [item], {}) if key is not None else item for item in items]
    plain, _, unknown = flat([as_data(unwrap(rank)[0]) for rank in ranks])
    paths = [value.path.split("/") if isinstance(value, PathValue) else value for value in plain]
    if unknown is not None or not all(map(is_plain, paths)):
        raise Refused("an element that is sorted is not plain data")
    downwards = interpreter.test(kwargs.get("reverse", False))
    order = sorted(range(len(paths)), key=paths.__getitem__, reverse=downwards)  # type: ignore[arg-type]  # TypeError for the interpreted code
    return [items[position] for position in order]
