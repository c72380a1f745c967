"""`functools` and its kin: partials, wrappers, caches, properties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.check.settings.interpreter.data import NOT_IMPLEMENTED, DictValue, Text, Value
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.model import Model
from bridgekit.check.settings.interpreter.values import FunctionValue, NativeFunction, PropertyValue
from bridgekit.check.settings.library.registry import Args, Kwargs


class Partial(Model):
    """``functools.partial``."""

    __slots__ = ("args", "function", "kwargs")

    def __init__(self, function: Value, args: Args, kwargs: Kwargs) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs

    def call(self, interpreter: Interpreter, args: Sequence[Value], kwargs: Kwargs) -> Value:
        return interpreter.call(self.function, [*self.args, *args], {**self.kwargs, **kwargs})

    def attribute(self, interpreter: Interpreter, name: str) -> Value:
        return self.function if name == "func" else NOT_IMPLEMENTED

    def held(self) -> tuple[Value, ...]:
        return (self.function, *self.args, *self.kwargs.values())


def make_partial(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return Partial(args[0], list(args[1:]), kwargs)


def wraps(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    """``@functools.wraps(wrapped)``: the wrapper, with the name and the attributes of the wrapped function."""
    wrapped = args[0]

    def wrap(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
        wrapper = args[0]
        if isinstance(wrapper, FunctionValue) and isinstance(wrapped, FunctionValue):
            wrapper.attributes.update(wrapped.attributes)
            wrapper.attributes.setdefault(Text("__name__"), Text(wrapped.name))
            wrapper.attributes[Text("__wrapped__")] = wrapped
        elif isinstance(wrapper, FunctionValue):
            wrapper.attributes.poison = interpreter.opaque("the attributes of a wrapped function")
        return wrapper

    return NativeFunction("wraps", wrap)


def abstract_method(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    if isinstance(args[0], FunctionValue):
        args[0].attributes[Text("__isabstractmethod__")] = True
    return args[0]


def cache_or_factory(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    """``@lru_cache`` and ``@lru_cache(maxsize=None)``: the function itself, which remembers what it returned."""
    if len(args) == 1 and not kwargs and not isinstance(args[0], int | None):
        return _remembering(interpreter, args, kwargs)
    return NativeFunction("decorator", _remembering)


def _remembering(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    function = args[0]
    if not isinstance(function, FunctionValue):
        return interpreter.refuse("a cache around something that is not followed", function)
    return replace(function, results={}, attributes=DictValue(function.attributes))


def make_property(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return PropertyValue(args[0])


def make_cached_property(interpreter: Interpreter, args: Args, kwargs: Kwargs) -> Value:
    return PropertyValue(args[0], cached=True)
