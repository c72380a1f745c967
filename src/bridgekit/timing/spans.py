"""Spans: named parts of a request, measured where the code runs."""

from __future__ import annotations

import contextvars
import functools
import inspect
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from bridgekit._arguments import check_text, shown
from bridgekit.timing.measuring.current import current, enable

__all__ = ["carry_request", "span"]

enable()

P = ParamSpec("P")
R = TypeVar("R")


class span:
    """Measure a block, or every call of a function, as a part of the request around it.

    ::

        with span("db", "list of orders"):
            rows = query()

        @span("render")
        async def render(): ...

    All blocks of one name in a request are summed up and counted. Finds its request in whatever thread or task carries the context:
    tasks, `asyncio.to_thread`, anyio's threads and asgiref's do; for other threads there is `carry_request`. Outside of a request, and after its end, it
    measures nothing. A block that raises is counted all the same.

    :param name: one of a few, since it becomes a label, and a token of the Server-Timing header (RFC 9110, 5.6.2).
    :param description: for people.
    :raises TypeError: for a name that is no text, and, as a decorator, for a generator, whose body runs later.
    :raises ValueError: for an empty name.
    :raises RuntimeError: where it is entered again meanwhile: one object measures one block at a time.
    """

    __slots__ = ("_live", "_started", "description", "name")

    def __init__(self, name: str, description: str = "") -> None:
        if callable(name):
            raise TypeError('span is called with a name, also as a decorator: write @span("name")')
        check_text("name", name)
        check_text("description", description)
        if not name:
            raise ValueError("a span needs a name")
        self.name = name
        self.description = description
        self._live: Any = None
        self._started: int | None = None

    def __enter__(self) -> span:
        if self._started is not None:
            raise RuntimeError(f"span({self.name!r}) is measuring already: make a new one for each block")
        live = self._live = current()
        self._started = time.perf_counter_ns() if live is None else live.recorder.clock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        live, started = self._live, self._started
        self._live = self._started = None
        if live is not None and started is not None:
            live.add_span(self.name, live.recorder.clock() - started, self.description)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """The function with every call measured; `TypeError` for a generator, whose body runs later."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is a generator: calling it runs nothing yet. Put 'with span(...)' into it."
            )
        name, description = self.name, self.description
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def measured_coroutine(*args: P.args, **kwargs: P.kwargs) -> Any:
                with span(name, description):
                    return await function(*args, **kwargs)

            return cast("Callable[P, R]", measured_coroutine)

        @functools.wraps(function)
        def measured(*args: P.args, **kwargs: P.kwargs) -> R:
            with span(name, description):
                return function(*args, **kwargs)

        return measured


def carry_request(function: Callable[P, R]) -> Callable[P, R]:
    """The function bound to the request around this line, for threads that take no context along.

    ``executor.submit(carry_request(work))``, ``loop.run_in_executor(None, carry_request(work))``,
    ``Thread(target=carry_request(work))``. The result may be called several times, also at the same time.

    :param function: what the thread is to run.
    :raises TypeError: for what cannot be called, such as the result of a call.
    """
    if not callable(function):
        raise TypeError(f"carry_request takes the function, without calling it, not {shown(function)}")
    context = contextvars.copy_context()

    @functools.wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        # A copy for each call: a context can be entered by one thread at a time only.
        return context.copy().run(function, *args, **kwargs)

    return carried
