"""``text.join(items)``: items may be anything that can be iterated over, and depend on inputs."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.python import plain
from bridgekit.check.settings.interpreter.data import Input, Opaque, Value
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.operators import flat, own, unwrap


def text_method(
    interpreter: Interpreter, receiver: str, args: Sequence[Value], kwargs: dict[str, Value]
) -> Value:
    """``receiver.join(items)``."""
    if len(args) != 1 or kwargs:
        raise TypeError("join() takes exactly one argument")
    items, outer = unwrap(args[0])
    items = interpreter.read(items)
    if isinstance(items, Opaque):
        return items.derive(".join()")
    parts, inputs, unknown = flat(
        as_data(unwrap(part)[0]) if not isinstance(part, Input) else part
        for part in drawn(interpreter, items)
    )
    if unknown is not None:
        return unknown.derive(".join()")
    result = own(plain.call_method(receiver, "join", [parts], {}))
    return Input(result, inputs | outer) if inputs | outer else result
