"""Built-in functions over iterables: the collections made of them, their order, sums and bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bridgekit.check.python.plain import is_plain
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    IteratorValue,
    ListValue,
    Opaque,
    PathValue,
    SetValue,
    UnorderedList,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.enumerations import as_data
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.machine import Machine
from bridgekit.check.settings.interpreter.operators import Refused, flat, unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    FunctionValue,
    InstanceValue,
    NativeMethod,
)
from bridgekit.check.settings.methods.lists import ordered

__all__ = [
    "call_dict",
    "call_enumerate",
    "call_filter",
    "call_frozenset",
    "call_iter",
    "call_len",
    "call_map",
    "call_next",
    "call_range",
    "call_reversed",
    "call_set",
    "call_sorted",
    "call_sum",
    "call_zip",
    "collecting",
    "extreme",
    "quantifier",
]

Arguments = list[Value]
Keywords = dict[str, Value]
Call = Callable[[Machine, Arguments, Keywords], Value]


def _source(m: Machine, value: Value) -> tuple[Value, frozenset[str], Opaque | None]:
    """What is iterated over, the inputs that it hangs on, and the unknown that it is."""
    value, inputs = unwrap(value)
    value = m.read(m.force(value))
    return value, inputs, value if isinstance(value, Opaque) else None


def _items(m: Machine, value: Value) -> tuple[list[Value], frozenset[str], Opaque | None]:
    """What iterating over ``value`` gives, or the unknown that prevents it. Raises `Refused` and TypeError."""
    plain, inputs, unknown = _source(m, value)
    if unknown is not None:
        return [], inputs, unknown
    return list(drawn(m, plain)), inputs, None


def _only(args: Arguments) -> Value:
    if len(args) != 1:
        raise Refused("with these arguments")
    return args[0]


def _without(kwargs: Keywords, *allowed: str) -> None:
    if not set(kwargs) <= set(allowed):
        raise TypeError("an unexpected keyword argument")


def collecting(make: Callable[[list[Value]], Value]) -> Call:
    """A constructor of a collection from at most one iterable."""

    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        _without(kwargs)
        if not args:
            return make([])
        if len(args) > 1:
            raise TypeError("expected at most 1 argument")
        items, inputs, unknown = _items(m, args[0])
        if unknown is not None:
            return unknown.derive("()")
        result = make(items)
        return Input(result, inputs) if inputs else result

    return call


def _elements(m: Machine, value: Value) -> list[Value]:
    """The elements of a set or of an iterable, for a collection without order."""
    plain = m.read(unwrap(value)[0])
    if isinstance(plain, UnorderedList):
        return list(plain.items)
    return list(plain) if isinstance(plain, SetValue | frozenset) else list(drawn(m, plain))


def _hashed(m: Machine, args: Arguments, kwargs: Keywords) -> SetValue | Opaque:
    _without(kwargs)
    if len(args) > 1:
        raise TypeError("expected at most 1 argument")
    given, _, unknown = _source(m, args[0]) if args else ((), frozenset[str](), None)
    if unknown is not None:
        return unknown.derive("()")
    items, _, unknown = flat(_elements(m, given))
    if unknown is not None:
        return unknown.derive("()")
    keys = [as_data(item) for item in items]
    if not all(is_plain(key) or isinstance(key, ClassValue | FunctionValue | PathValue) for key in keys):
        raise Refused("an element says itself what it is equal to")
    return SetValue(keys)


def call_set(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``set()``."""
    return _hashed(m, args, kwargs)


def call_frozenset(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``frozenset()``."""
    made = _hashed(m, args, kwargs)
    return frozenset(made) if isinstance(made, SetValue) else made


def call_dict(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``dict()``."""
    if len(args) > 1:
        raise TypeError("expected at most 1 argument")
    result = DictValue()
    m.call(NativeMethod(result, "update"), args, kwargs)
    return m.read(result)


def call_len(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``len()``."""
    given = _only(args)
    value, inputs = unwrap(given)
    value = as_data(m.read(value))
    if isinstance(value, Opaque):
        return value.derive(".len")
    if isinstance(value, InstanceValue):
        hook = special(m, value, "__len__")
        return (
            m.call(hook, [], {})
            if isinstance(hook, BoundMethod)
            else m.refuse("the length of an object", value)
        )
    if isinstance(value, ViewValue | UnorderedList):
        value = value.mapping if isinstance(value, ViewValue) else value.items
    if isinstance(value, ClassValue):
        found = m.library.members(value)
        value = None if found is None else list(dict.fromkeys(found.values()))
    if isinstance(value, int | float):
        raise TypeError("object has no len()")
    if not isinstance(value, str | bytes | tuple | list | dict | set | frozenset | range):
        raise Refused("the length of this object is not known")
    return Input(len(value), inputs) if inputs else len(value)


def call_sorted(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``sorted()``."""
    given = _only(args)
    value, inputs, unknown = _source(m, given)
    if unknown is not None:
        m.lend(list(kwargs.values()), unknown)
        return unknown.derive(".sorted")
    items = _elements(m, value)
    result = ListValue(ordered(m, items, kwargs))
    return Input(result, inputs) if inputs else result


def _lazily(m: Machine, args: Arguments, make: Callable[..., Iterator[Value]], *held: Value) -> Value:
    """An iterator over what other iterators draw, each at its time."""
    for argument in args:
        _, _, unknown = _source(m, argument)
        if unknown is not None:
            m.lend([*args, *held], unknown)
            return unknown.derive("()")
    sources = [drawn(m, argument) for argument in args]
    return IteratorValue(make(*sources), (*args, *held))


def call_zip(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``zip()``."""
    _without(kwargs, "strict")
    strict = m.test(kwargs.get("strict", False))
    return _lazily(m, args, lambda *columns: iter(zip(*columns, strict=strict)))


def call_reversed(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``reversed()``, from the end of the list as it is then."""
    given = _only(args)
    value, _, unknown = _source(m, given)
    if unknown is not None:
        return unknown.derive("()")
    if isinstance(value, ListValue):
        return IteratorValue(_backwards(value), (value,))
    if not isinstance(value, str | tuple | dict | range | bytes | ViewValue):
        raise Refused("the reverse of this is not followed")
    return IteratorValue(iter((value.now() if isinstance(value, ViewValue) else list(value))[::-1]), (value,))


def _backwards(value: ListValue) -> Iterator[Value]:
    position = len(value) - 1
    while position >= 0:
        if value.poison is not None:
            raise Refused(value.poison.reason)
        if position >= len(value):
            return
        yield value[position]
        position -= 1


def call_enumerate(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``enumerate()``."""
    _without(kwargs, "start")
    start = unwrap(kwargs.get("start", args[1] if len(args) > 1 else 0))[0]
    if not isinstance(start, int):
        raise Refused("the start is not known")
    return _lazily(m, args[:1], lambda items: iter(enumerate(items, start)))


def call_map(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``map()``."""
    _without(kwargs)
    function, *columns = args
    if not columns:
        raise TypeError("map() must have at least two arguments.")
    return _lazily(m, columns, lambda *sources: _mapped(m, function, sources), function)


def _mapped(m: Machine, function: Value, sources: Sequence[Iterator[Value]]) -> Iterator[Value]:
    for row in zip(*sources, strict=False):
        yield m.call(function, list(row), {})


def call_filter(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``filter()``."""
    _without(kwargs)
    if len(args) != 2:
        raise Refused("with these arguments")
    function, items = args

    def kept(item: Value) -> bool:
        return m.test(item if function is None else m.call(function, [item], {}))

    return _lazily(m, [items], lambda source: (item for item in source if kept(item)), function)


def quantifier(wanted: bool) -> Call:
    """``any()`` or ``all()``."""

    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        given = _only(args)
        value, _, unknown = _source(m, given)
        if unknown is not None:
            return unknown.derive("()")
        items = iter(list(value)) if isinstance(value, SetValue | frozenset) else drawn(m, value)
        return wanted if any(m.test(item) == wanted for item in items) else not wanted

    return call


def extreme(pick: Callable[..., Value]) -> Call:
    """``min()`` or ``max()``."""

    def call(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
        _without(kwargs, "key", "default")
        items: Sequence[Value] = args
        more: frozenset[str] = frozenset()
        if len(args) == 1:
            value, more, unknown = _source(m, args[0])
            if unknown is not None:
                m.lend(list(kwargs.values()), unknown)
                return unknown.derive("()")
            items = _elements(m, value)
        if not items and "default" in kwargs and len(args) == 1:
            return kwargs["default"]
        key = kwargs.get("key")
        ranks = [m.call(key, [item], {}) if key is not None else item for item in items]
        plain, inputs, unknown = flat([as_data(rank) for rank in ranks])
        if unknown is not None:
            return unknown.derive("()")
        if not all(is_plain(rank) for rank in plain):
            raise Refused("what is compared is not plain data")
        if not plain:
            raise ValueError("iterable argument is empty")
        found = items[pick(range(len(plain)), key=plain.__getitem__)]  # type: ignore[call-overload]  # a position
        inputs |= more
        return Input(unwrap(found)[0], inputs) if inputs else found

    return call


def call_sum(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``sum()``."""
    _without(kwargs, "start")
    value, _, unknown = _source(m, args[0])
    if unknown is not None:
        return unknown.derive("()")
    total = kwargs.get("start", args[1] if len(args) > 1 else 0)
    if isinstance(unwrap(total)[0], str):
        raise TypeError("sum() can't sum strings")
    items = list(drawn(m, value))
    if is_plain(total) and all(isinstance(item, int | float) for item in items):
        return sum(items, total)  # type: ignore[call-overload]  # numbers, by Python's own summation
    for item in items:
        total = m.add(total, item)
    return total


def call_range(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``range()``."""
    _without(kwargs)
    plain, inputs, unknown = flat([as_data(unwrap(bound)[0]) for bound in args])
    if unknown is not None:
        return unknown.derive("()")
    if not all(isinstance(bound, int) for bound in plain):
        if not all(is_plain(bound) for bound in plain):
            raise Refused("a bound of range() is not plain data")
        raise TypeError("range() takes integers")
    result = range(*[int(bound) for bound in plain if isinstance(bound, int)])
    return Input(result, inputs) if inputs else result


def call_iter(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``iter()``."""
    given = _only(args)
    value, _, unknown = _source(m, given)
    if unknown is not None:
        return unknown
    return value if isinstance(value, IteratorValue) else IteratorValue(drawn(m, value), (value,))


def call_next(m: Machine, args: Arguments, kwargs: Keywords) -> Value:
    """``next()``."""
    iterator = unwrap(args[0])[0]
    if isinstance(iterator, Opaque):
        m.may_raise(iterator, StopIteration)
        return iterator.derive(".next")
    if not isinstance(iterator, IteratorValue):
        raise Refused("this is no iterator that is interpreted")
    for item in drawn(m, iterator):
        return item
    if len(args) > 1:
        return args[1]
    raise m.error(StopIteration)
