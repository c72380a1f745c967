"""Values that are given to somebody of whom nothing is known."""

from __future__ import annotations

from bridgekit.check.reach.interpreter import FETCHED, Interpreter
from bridgekit.check.reach.operations import settle
from bridgekit.check.reach.values import (
    Bound,
    External,
    Function,
    Instance,
    Items,
    Partial,
    Table,
    Value,
    alternatives,
)


def release(interpreter: Interpreter, value: Value, depth: int = 3) -> None:
    """Somebody is given a value who may do anything with it: read what is lazy in a thread, or set another user."""
    settle(value)
    for one in alternatives(value):
        inner: list[Value] = []
        if isinstance(one, External):
            if one.kind in ("@request", "@user", "@session"):
                interpreter.settled.update(("user", "session"))
            elif one.kind == "@queryset":
                one.keywords[FETCHED] = one
        elif isinstance(one, Items):
            inner = one.items
        elif isinstance(one, Table):
            inner = [*one.entries.values(), *one.others]
        elif isinstance(one, Instance):
            inner = list(one.attributes.values())
        elif isinstance(one, Bound):
            inner = [one.receiver]
        elif isinstance(one, Partial):
            inner = [one.function, *one.arguments, *one.keywords.values()]
        elif isinstance(one, Function) and one.receiver is not None:
            inner = [one.receiver]
        for each in inner if depth else ():
            release(interpreter, each, depth - 1)
