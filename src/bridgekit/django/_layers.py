"""The own time of each middleware: a stopwatch put between every two layers of a chain that Django has built.

Django's handler builds the chain from the inside out, so the outermost middleware gets all others in its ``get_response``. Each of them holds
the next one, as an attribute of that name (Django's documented class form, and ``MiddlewareMixin``) or as a variable of
a closure (the documented function form). There the stopwatch goes in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import CellType
from typing import Any

from asgiref.sync import AsyncToSync, SyncToAsync, iscoroutinefunction

from bridgekit.timing import SpanTiming

__all__ = ["LayerTimes", "instrument"]

ATTRIBUTE = "_bridgekit_layer_times"
"""On the request: nanoseconds inside of each boundary, outermost first."""

clock = time.perf_counter_ns


class LayerTimes:
    """The layers below one `TimingMiddleware`, and how to read their times off a request."""

    def __init__(self, names: list[str], opaque: bool) -> None:
        # What lies inside the innermost boundary: the view with everything Django calls around it, or, where a layer
        # does not show its next one, that layer and all below.
        self.names = names if opaque else [*names, "view"]
        self.opaque = opaque

    def start(self, request: Any) -> None:
        setattr(request, ATTRIBUTE, [0] * len(self.names))

    def read(self, request: Any) -> tuple[SpanTiming, ...]:
        """Own times, outermost first; a layer that did not run is left out."""
        inside: list[int] = getattr(request, ATTRIBUTE)
        below = [*inside[1:], 0]
        return tuple(
            SpanTiming(name, (spent - deeper) / 1e9)
            for name, spent, deeper in zip(self.names, inside, below, strict=True)
            if spent
        )


def instrument(outermost: Any) -> LayerTimes:
    """Put stopwatches below a middleware, from its ``get_response`` inwards; give back the reader of their times."""
    names: list[str] = []
    place = next_place(outermost)
    while place is not None:
        found, put = place
        put(stopwatch(found, len(names)))
        layer = unwrapped(found)
        if is_view_handler(layer):
            return LayerTimes(names, opaque=False)
        names.append(name_of(layer))
        place = next_place(layer)
    return LayerTimes(names, opaque=True)


def stopwatch(handler: Any, index: int) -> Callable[[Any], Any]:
    """`handler` with the time that it takes noted on the request; as async as it is."""
    if iscoroutinefunction(handler):

        async def timed_async(request: Any) -> Any:
            started = clock()
            try:
                return await handler(request)
            finally:
                times = getattr(request, ATTRIBUTE, None)
                if times is not None:
                    times[index] += clock() - started

        return timed_async

    def timed(request: Any) -> Any:
        started = clock()
        try:
            return handler(request)
        finally:
            times = getattr(request, ATTRIBUTE, None)
            if times is not None:
                times[index] += clock() - started

    return timed


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


def next_place(layer: Any) -> tuple[Any, Callable[[Any], None]] | None:
    """What a layer calls next, and how to put something in its place; None if it cannot be seen."""
    if "get_response" in getattr(layer, "__dict__", {}) and callable(layer.get_response):
        return layer.get_response, lambda handler: setattr(layer, "get_response", handler)
    code, cells = getattr(layer, "__code__", None), getattr(layer, "__closure__", None) or ()
    for name, cell in zip(getattr(code, "co_freevars", ()), cells, strict=True):
        if name == "get_response" and callable(cell.cell_contents):
            return cell.cell_contents, cell_setter(cell)
    return None


def cell_setter(cell: CellType) -> Callable[[Any], None]:
    def put(handler: Any) -> None:
        cell.cell_contents = handler

    return put


def name_of(layer: Any) -> str:
    """Class name, or the factory's name of a function middleware."""
    if hasattr(layer, "__qualname__"):
        return str(layer.__qualname__.split(".<locals>")[0])
    return type(layer).__name__
