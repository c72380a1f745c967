"""Python's functions over collections, as far as reach follows them."""

from __future__ import annotations

from collections.abc import Mapping

from bridgekit.check.reach.container_models import next_of
from bridgekit.check.reach.modelled import Call
from bridgekit.check.reach.operations import elements, truth, use
from bridgekit.check.reach.values import UNKNOWN, Const, Generator, Items, Table, Value


def listed(call: Call) -> Value:
    if not call.arguments:
        return Items([])
    return Items(elements(call.interpreter, call.arguments[0], call.node, call.frame)[0])


def make_dict(call: Call) -> Value:
    if call.arguments:
        given = call.arguments[0]
        if isinstance(given, Table):
            made = Table(dict(given.entries), list(given.others))
            made.entries.update(call.keywords)
            return made
        elements(call.interpreter, given, call.node, call.frame)
        return _table(call.keywords, [UNKNOWN])
    return _table(call.keywords)


def _table(entries: Mapping[str, Value], others: list[Value] | None = None) -> Table:
    made = Table(others=others or [])
    made.entries.update(entries)
    return made


def calls_each(call: Call) -> Value:
    """``map`` and ``filter``: called when somebody asks for the items."""

    def run() -> list[Value]:
        items = elements(call.interpreter, call.argument(1), call.node, call.frame)[0]
        return [call.again(call.argument(0), [one]) for one in items[:6]]

    return Generator(run)


def make_iterator(call: Call) -> Value:
    """``iter(x)``, and ``iter(function, sentinel)``, which calls the function for each item."""
    if len(call.arguments) < 2:
        return call.argument(0)
    return Generator(lambda: [call.again(call.argument(0), [])])


def make_sorted(call: Call) -> Value:
    values = (
        call.arguments
        if len(call.arguments) > 1
        else elements(call.interpreter, call.argument(0), call.node, call.frame)[0]
    )
    for one in values:
        if "key" in call.keywords:
            call.again(call.keywords["key"], [one])
        else:
            use(call.interpreter, "compare", one, call.node, call.frame)
    return Items(list(values))


def find_any(call: Call) -> Value:
    for one in elements(call.interpreter, call.argument(0), call.node, call.frame)[0]:
        truth(call.interpreter, one, call.node, call.frame)
    return UNKNOWN


def make_enumerate(call: Call) -> Value:
    items = elements(call.interpreter, call.argument(0), call.node, call.frame)[0]
    return Items([Items([Const(number), one], "tuple") for number, one in enumerate(items)])


def make_zip(call: Call) -> Value:
    columns = [elements(call.interpreter, one, call.node, call.frame)[0] for one in call.arguments]
    return Items([Items(list(row), "tuple") for row in zip(*columns, strict=False)])


def take_next(call: Call) -> Value:
    return next_of(call, call.argument(0))
