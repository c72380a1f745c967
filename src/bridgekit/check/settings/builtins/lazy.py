"""Built-in functions that draw from iterables one item at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bridgekit.check.python.plain import Refused
from bridgekit.check.settings.builtins.arguments import Arguments, Keywords, only, source_of, without
from bridgekit.check.settings.interpreter.data import IteratorValue, ListValue, Opaque, Value, ViewValue
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.operators import unwrap


def _lazily(
    interpreter: Interpreter, args: Arguments, make: Callable[..., Iterator[Value]], *held: Value
) -> Value:
    """An iterator over what other iterators draw, each at its time."""
    for argument in args:
        _, _, unknown = source_of(interpreter, argument)
        if unknown is not None:
            interpreter.taint_callables([*args, *held], unknown)
            return unknown.derive("()")
    sources = [drawn(interpreter, argument) for argument in args]
    return IteratorValue(make(*sources), (*args, *held))


def call_zip(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``zip()``."""
    without(kwargs, "strict")
    strict = interpreter.test(kwargs.get("strict", False))
    return _lazily(interpreter, args, lambda *columns: iter(zip(*columns, strict=strict)))


def call_reversed(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``reversed()``, from the end of the list as it is then."""
    given = only(args)
    value, _, unknown = source_of(interpreter, given)
    if unknown is not None:
        return unknown.derive("()")
    if isinstance(value, ListValue):
        return IteratorValue(_backwards(value, len(value) - 1), (value,))
    if not isinstance(value, str | tuple | dict | range | bytes | ViewValue):
        raise Refused("the reverse of this is not followed")
    return IteratorValue(iter((value.now() if isinstance(value, ViewValue) else list(value))[::-1]), (value,))


def _backwards(value: ListValue, position: int) -> Iterator[Value]:
    while position >= 0:
        if value.poison is not None:
            raise Refused(value.poison.reason)
        if position >= len(value):
            return
        yield value[position]
        position -= 1


def call_enumerate(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``enumerate()``."""
    without(kwargs, "start")
    start = unwrap(kwargs.get("start", args[1] if len(args) > 1 else 0))[0]
    if not isinstance(start, int):
        raise Refused("the start is not known")
    return _lazily(interpreter, args[:1], lambda items: iter(enumerate(items, start)))


def call_map(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``map()``."""
    without(kwargs)
    function, *columns = args
    if not columns:
        raise TypeError("map() must have at least two arguments.")
    return _lazily(interpreter, columns, lambda *sources: _mapped(interpreter, function, sources), function)


def _mapped(interpreter: Interpreter, function: Value, sources: Sequence[Iterator[Value]]) -> Iterator[Value]:
    for row in zip(*sources, strict=False):
        yield interpreter.call(function, list(row), {})


def call_filter(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``filter()``."""
    without(kwargs)
    if len(args) != 2:
        raise Refused("with these arguments")
    function, items = args

    def kept(item: Value) -> bool:
        return interpreter.test(item if function is None else interpreter.call(function, [item], {}))

    return _lazily(interpreter, [items], lambda source: (item for item in source if kept(item)), function)


def call_iter(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``iter()``."""
    given = only(args)
    value, _, unknown = source_of(interpreter, given)
    if unknown is not None:
        return unknown
    return value if isinstance(value, IteratorValue) else IteratorValue(drawn(interpreter, value), (value,))


def call_next(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``next()``."""
    iterator = unwrap(args[0])[0]
    if isinstance(iterator, Opaque):
        interpreter.may_raise(iterator, StopIteration)
        return iterator.derive(".next")
    if not isinstance(iterator, IteratorValue):
        raise Refused("this is not an iterator that is interpreted")
    for item in drawn(interpreter, iterator):
        return item
    if len(args) > 1:
        return args[1]
    raise interpreter.error(StopIteration)
