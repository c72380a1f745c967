"""``index`` and ``count``, and where an element stands: an unknown element may be the one."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.operators import same_or_equal, unwrap


def position_of(interpreter: Interpreter, items: Sequence[Value], value: Value) -> int:
    """Where ``value`` stands first; -1 for nowhere. Raises `Refused` if an unknown element may be it."""
    for position, item in enumerate(items):
        interpreter.spend()
        same = same_or_equal(item, value)
        if same is None:
            raise Refused("an element that is compared is unknown")
        if same:
            return position
    return -1


def search_method(
    interpreter: Interpreter, receiver: Sequence[Value], name: str, args: Sequence[Value]
) -> Value:
    """``index`` and ``count`` of a list or tuple."""
    if name == "count" and len(args) == 1:
        answers = [same_or_equal(item, args[0]) for item in receiver]
        if None in answers:
            raise Refused("an element that is compared is unknown")
        return sum(answer is True for answer in answers)
    if name == "index" and 1 <= len(args) <= 3 and all(isinstance(arg, int) for arg in args[1:]):
        low, high, _ = slice(*args[1:], *[None] * (3 - len(args))).indices(len(receiver))
        found = position_of(interpreter, receiver[low:high], args[0])
        if found < 0:
            raise ValueError(f"{unwrap(args[0])[0]!r} is not in list")
        return found + low
    raise Refused(f"the method {name}() is not interpreted")
