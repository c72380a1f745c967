"""Plain functions that are to be awaited, marked as such."""

from __future__ import annotations

import asyncio.coroutines
import inspect
from collections.abc import Callable
from typing import TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


def awaited(function: Function) -> Function:
    """A function that gives back another one's awaitable, for those who ask what it is: asgiref warns of a ``send`` that is not async.

    ``async def`` would cost a coroutine for each call.
    """
    mark = getattr(inspect, "markcoroutinefunction", None)  # Python 3.12
    if mark is not None:
        mark(function)
    else:
        vars(function)["_is_coroutine"] = getattr(asyncio.coroutines, "_is_coroutine", None)
    return function
