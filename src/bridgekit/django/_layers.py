"""The own time of each middleware: a stopwatch put between every two layers of a chain that Django has built.

Django's handler builds the chain from the inside out, so the outermost middleware gets all others in its ``get_response``. Each of them holds
the next one, as an attribute of that name (Django's documented class form, and ``MiddlewareMixin``) or as a variable of
a closure (the documented function form). There the stopwatch goes in. Where an agent has put a wrapper around each of them (Sentry's
keeps the middleware as ``_inner``, and the next layer besides, which it does not call), it goes into what is wrapped.
"""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Callable, Iterator
from types import CellType, FunctionType, MethodType
from typing import Any, NamedTuple

from asgiref.sync import AsyncToSync, SyncToAsync, iscoroutinefunction

from bridgekit.timing import SpanTiming


class Place(NamedTuple):
    """Where a layer keeps the next one."""

    handler: Any
    put: Callable[[Any], None]
    """Puts another one there."""
    holder: Any
    """The layer, or what is wrapped in it."""


MAX_WRAPPERS = 3

ATTRIBUTE = "_bridgekit_layer_times"
"""On the request: nanoseconds inside of each boundary, outermost first."""

numbers = itertools.count(1)

clock = time.perf_counter_ns


class LayerTimes:
    """The layers below one `TimingMiddleware`, and how to read their times off a request."""

    def __init__(self, names: list[str], opaque: bool, attribute: str) -> None:
        self.attribute = attribute
        # What lies inside the innermost boundary: the view with everything Django calls around it, or, where a layer
        # does not show its next one, that layer and all below.
        self.names = [*names[:-1], f"{names[-1]} and below"] if opaque and names else [*names, "view"]
        self.opaque = opaque

    def start(self, request: Any) -> None:
        setattr(request, self.attribute, [0] * len(self.names))

    def read(self, request: Any) -> tuple[SpanTiming, ...]:
        """Own times, outermost first; a layer that did not run is left out."""
        inside: list[int] = getattr(request, self.attribute)
        below = [*inside[1:], 0]
        return tuple(
            SpanTiming(name, (spent - deeper) / 1e9)
            for name, spent, deeper in zip(self.names, inside, below, strict=True)
            if spent
        )


def instrument(outermost: Any) -> LayerTimes:
    """Put stopwatches below a middleware, from its ``get_response`` inwards; give back the reader of their times."""
    names: list[str] = []
    attribute = f"{ATTRIBUTE}_{next(numbers)}"  # its own: one that is listed twice has two sets of boundaries
    place = next_place(outermost)
    while place is not None:
        place.put(timed_by(Stopwatch(attribute, len(names)), place.handler))
        layer = unwrapped(place.handler)
        if is_view_handler(layer):
            return LayerTimes(names, False, attribute)
        place = next_place(layer)
        names.append(name_of(layer if place is None else place.holder))
    return LayerTimes(names, True, attribute)


class Stopwatch:
    """The time inside of one boundary, noted on the request."""

    __slots__ = ("attribute", "index")

    def __init__(self, attribute: str, index: int) -> None:
        self.attribute = attribute
        self.index = index

    def start(self, request: Any) -> None:
        """A layer calls what is inside of it."""
        times = getattr(request, self.attribute, None)
        if times is not None:
            times[self.index] -= clock()

    def stop(self, request: Any) -> None:
        """That has returned."""
        times = getattr(request, self.attribute, None)
        if times is not None:
            times[self.index] += clock()


def timed_by(watch: Stopwatch, handler: Any) -> Callable[[Any], Any]:
    """`handler` with the time that it takes noted on the request; as async as it is."""
    if iscoroutinefunction(handler):

        async def timed_async(request: Any) -> Any:
            watch.start(request)
            try:
                return await handler(request)
            finally:
                watch.stop(request)

        return _around(watch, handler, timed_async)

    def timed(request: Any) -> Any:
        watch.start(request)
        try:
            return handler(request)
        finally:
            watch.stop(request)

    return _around(watch, handler, timed)


def _around(watch: Stopwatch, handler: Any, timed: Any) -> Callable[[Any], Any]:
    timed.__wrapped__ = handler  # seen through by one that is listed twice
    timed.watch = watch
    return timed  # type: ignore[no-any-return]  # one of two functions


def stopwatches(timed: Any, handler: Any) -> tuple[Stopwatch, ...] | None:
    """All stopwatches that ``timed`` has put around ``handler``, outermost first; None if there is anything else around it."""
    found = []
    while timed is not handler:
        watch = getattr(timed, "watch", None)
        if not isinstance(watch, Stopwatch):
            return None
        found.append(watch)
        timed = timed.__wrapped__
    return tuple(found)


def unwrapped(handler: Any) -> Any:
    """The middleware itself, without Django's adapters and exception handler around it."""
    while True:
        if isinstance(handler, SyncToAsync):
            handler = handler.func
        elif isinstance(handler, AsyncToSync):
            handler = handler.awaitable
        elif hasattr(handler, "__wrapped__"):  # convert_exception_to_response
            handler = handler.__wrapped__
        else:
            return handler


def is_view_handler(layer: Any) -> bool:
    """Whether it is the innermost handler, a method of ``django.core.handlers.base.BaseHandler``."""
    return getattr(layer, "__name__", "") in ("_get_response", "_get_response_async")


def next_place(layer: Any, depth: int = MAX_WRAPPERS) -> Place | None:
    """What a layer calls next, and how to put something in its place; None if it cannot be seen."""
    own: Place | None = None
    held = list(held_by(layer))
    for name, value, put in held:
        if name == "get_response" and callable(value):
            own = Place(value, put, layer)
    if depth:
        for name, value, _ in held:
            if name == "get_response" or not callable(value) or isinstance(value, type):
                continue
            inner = next_place(unwrapped(value), depth - 1)
            # The wrapper and what it wraps were both given the next layer, and the one that is wrapped calls it.
            if inner is not None and (own is None or inner.handler is own.handler):
                return inner
    return own


def held_by(layer: Any) -> Iterator[tuple[str, Any, Callable[[Any], None]]]:
    """Names and values of an object's attributes and of a function's variables, and how to replace each."""
    if isinstance(layer, MethodType):
        layer = layer.__self__
    if not isinstance(layer, FunctionType):
        for name, value in list(getattr(layer, "__dict__", {}).items()):
            yield name, value, functools.partial(setattr, layer, name)
        return
    for name, cell in zip(layer.__code__.co_freevars, layer.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents, cell_setter(cell)
        except ValueError:  # not bound
            continue


def cell_setter(cell: CellType) -> Callable[[Any], None]:
    def put(handler: Any) -> None:
        cell.cell_contents = handler

    return put


def name_of(layer: Any) -> str:
    """Class name, or the factory's name of a function middleware."""
    if hasattr(layer, "__qualname__"):
        return str(layer.__qualname__.split(".<locals>")[0])
    return type(layer).__name__
