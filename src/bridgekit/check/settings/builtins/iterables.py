"""Built-in functions over iterables: the collections made of them, their order, sums and bounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridgekit.check.python.plain import Refused, is_plain
from bridgekit.check.settings.builtins.arguments import Arguments, Call, Keywords, only, source_of, without
from bridgekit.check.settings.interpreter.data import (
    DictValue,
    Input,
    ListValue,
    Opaque,
    PathValue,
    SetValue,
    UnorderedList,
    Value,
    ViewValue,
)
from bridgekit.check.settings.interpreter.enumerations import as_data, members
from bridgekit.check.settings.interpreter.hooks import special
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.iterating import drawn
from bridgekit.check.settings.interpreter.operators import flat, unwrap
from bridgekit.check.settings.interpreter.values import (
    BoundMethod,
    ClassValue,
    FunctionValue,
    InstanceValue,
    NativeMethod,
)
from bridgekit.check.settings.methods.lists import ordered


def _items(interpreter: Interpreter, value: Value) -> tuple[list[Value], frozenset[str], Opaque | None]:
    """What iterating over ``value`` gives, or the unknown that prevents it. Raises `Refused` and TypeError."""
    plain, inputs, unknown = source_of(interpreter, value)
    if unknown is not None:
        return [], inputs, unknown
    return list(drawn(interpreter, plain)), inputs, None


def collecting(make: Callable[[list[Value]], Value]) -> Call:
    """A constructor of a collection from at most one iterable."""

    def call(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        without(kwargs)
        if not args:
            return make([])
        if len(args) > 1:
            raise TypeError("expected at most 1 argument")
        items, inputs, unknown = _items(interpreter, args[0])
        if unknown is not None:
            return unknown.derive("()")
        result = make(items)
        return Input(result, inputs) if inputs else result

    return call


def _elements(interpreter: Interpreter, value: Value) -> list[Value]:
    """The elements of a set or of an iterable, for a collection without order."""
    plain = interpreter.read(unwrap(value)[0])
    if isinstance(plain, UnorderedList):
        return list(plain.items)
    return list(plain) if isinstance(plain, SetValue | frozenset) else list(drawn(interpreter, plain))


def _hashed(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> SetValue | Opaque:
    without(kwargs)
    if len(args) > 1:
        raise TypeError("expected at most 1 argument")
    given, _, unknown = source_of(interpreter, args[0]) if args else ((), frozenset[str](), None)
    if unknown is not None:
        return unknown.derive("()")
    items, _, unknown = flat(_elements(interpreter, given))
    if unknown is not None:
        return unknown.derive("()")
    keys = [as_data(item) for item in items]
    if not all(is_plain(key) or isinstance(key, ClassValue | FunctionValue | PathValue) for key in keys):
        raise Refused("an element has an __eq__ of its own")
    return SetValue(keys)


def call_set(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``set()``."""
    return _hashed(interpreter, args, kwargs)


def call_frozenset(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``frozenset()``."""
    made = _hashed(interpreter, args, kwargs)
    return frozenset(made) if isinstance(made, SetValue) else made


def call_dict(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``dict()``."""
    if len(args) > 1:
        raise TypeError("expected at most 1 argument")
    result = DictValue()
    interpreter.call(NativeMethod(result, "update"), args, kwargs)
    return interpreter.read(result)


def call_len(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``len()``."""
    given = only(args)
    value, inputs = unwrap(given)
    value = as_data(interpreter.read(value))
    if isinstance(value, Opaque):
        return value.derive(".len")
    if isinstance(value, InstanceValue):
        hook = special(interpreter, value, "__len__")
        return (
            interpreter.call(hook, [], {})
            if isinstance(hook, BoundMethod)
            else interpreter.refuse("the length of an object", value)
        )
    if isinstance(value, ViewValue | UnorderedList):
        value = value.mapping if isinstance(value, ViewValue) else value.items
    if isinstance(value, ClassValue):
        found = members(interpreter, value)
        value = None if found is None else tuple(dict.fromkeys(found.values()))
    if isinstance(value, int | float):
        raise TypeError("object has no len()")
    if not isinstance(value, str | bytes | tuple | list | dict | set | frozenset | range):
        raise Refused("the length of this object is not known")
    return Input(len(value), inputs) if inputs else len(value)


def call_sorted(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``sorted()``."""
    given = only(args)
    value, inputs, unknown = source_of(interpreter, given)
    if unknown is not None:
        interpreter.taint_callables(list(kwargs.values()), unknown)
        return unknown.derive(".sorted")
    items = _elements(interpreter, value)
    result = ListValue(ordered(interpreter, items, kwargs))
    return Input(result, inputs) if inputs else result


def quantifier(decisive: bool) -> Call:
    """``any()`` or ``all()``."""

    def call(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        given = only(args)
        value, _, unknown = source_of(interpreter, given)
        if unknown is not None:
            return unknown.derive("()")
        items = iter(list(value)) if isinstance(value, SetValue | frozenset) else drawn(interpreter, value)
        return decisive if any(interpreter.test(item) == decisive for item in items) else not decisive

    return call


def extreme(pick: Callable[..., int]) -> Call:
    """``min()`` or ``max()``."""

    def call(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
        without(kwargs, "key", "default")
        items: Sequence[Value] = args
        more: frozenset[str] = frozenset()
        if len(args) == 1:
            value, more, unknown = source_of(interpreter, args[0])
            if unknown is not None:
                interpreter.taint_callables(list(kwargs.values()), unknown)
                return unknown.derive("()")
            items = _elements(interpreter, value)
        if not items and "default" in kwargs and len(args) == 1:
            return kwargs["default"]
        key = kwargs.get("key")
        ranks = [interpreter.call(key, [item], {}) if key is not None else item for item in items]
        plain, inputs, unknown = flat([as_data(rank) for rank in ranks])
        if unknown is not None:
            return unknown.derive("()")
        if not all(is_plain(rank) for rank in plain):
            raise Refused("what is compared is not plain data")
        if not plain:
            raise ValueError("iterable argument is empty")
        found = items[pick(range(len(plain)), key=plain.__getitem__)]
        inputs |= more
        return Input(unwrap(found)[0], inputs) if inputs else found

    return call


def call_sum(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``sum()``."""
    without(kwargs, "start")
    value, _, unknown = source_of(interpreter, args[0])
    if unknown is not None:
        return unknown.derive("()")
    total = kwargs.get("start", args[1] if len(args) > 1 else 0)
    if isinstance(unwrap(total)[0], str):
        raise TypeError("sum() can't sum strings")
    items = list(drawn(interpreter, value))
    numbers = [item for item in items if isinstance(item, int | float)]
    if isinstance(total, int | float) and len(numbers) == len(items):
        return sum(numbers, total)  # by Python's own summation
    for item in items:
        total = interpreter.add(total, item)
    return total


def call_range(interpreter: Interpreter, args: Arguments, kwargs: Keywords) -> Value:
    """``range()``."""
    without(kwargs)
    plain, inputs, unknown = flat([as_data(unwrap(bound)[0]) for bound in args])
    if unknown is not None:
        return unknown.derive("()")
    if not all(isinstance(bound, int) for bound in plain):
        if not all(is_plain(bound) for bound in plain):
            raise Refused("a bound of range() is not plain data")
        raise TypeError("range() takes integers")
    result = range(*[int(bound) for bound in plain if isinstance(bound, int)])
    return Input(result, inputs) if inputs else result
