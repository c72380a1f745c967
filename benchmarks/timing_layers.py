"""What a stopwatch around one layer of Django's chain costs (``BRIDGEKIT_TIMING_LAYERS``), sync and async.

    python -m benchmarks.timing_layers

Ten pass-through layers with and without stopwatches, in turns; CPU time per layer, the median over the rounds. The bar is 1 us.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.rounds import measure

from bridgekit.django._layers import ATTRIBUTE, Stopwatch, timed_by

LAYERS = 10


class Request:
    def __init__(self) -> None:
        setattr(self, ATTRIBUTE, [0] * LAYERS)


def sync_chain(watched: bool) -> Callable[[Any], Any]:
    def around(inner: Any) -> Any:
        return lambda request: inner(request)

    handler: Callable[[Any], Any] = lambda request: request  # noqa: E731
    for index in range(LAYERS):
        handler = around(timed_by(Stopwatch(ATTRIBUTE, index), handler) if watched else handler)
    return handler


def async_chain(watched: bool) -> Callable[[Any], Any]:
    def around(inner: Any) -> Any:
        async def layer(request: Any) -> Any:
            return await inner(request)

        return layer

    async def view(request: Any) -> Any:
        return request

    handler: Callable[[Any], Any] = view
    for index in range(LAYERS):
        handler = around(timed_by(Stopwatch(ATTRIBUTE, index), handler) if watched else handler)
    return handler


def sync_contestant(handler: Callable[[Any], Any]) -> Callable[[int], float]:
    def run(calls: int) -> float:
        request, started = Request(), time.process_time()
        for _ in range(calls):
            handler(request)
        return time.process_time() - started

    return run


def async_contestant(handler: Callable[[Any], Any]) -> Callable[[int], float]:
    async def run(calls: int) -> float:
        request, started = Request(), time.process_time()
        for _ in range(calls):
            await handler(request)
        return time.process_time() - started

    return lambda calls: asyncio.run(run(calls))


def main() -> None:
    results = measure(
        {
            "sync": sync_contestant(sync_chain(False)),
            "sync watched": sync_contestant(sync_chain(True)),
            "async": async_contestant(async_chain(False)),
            "async watched": async_contestant(async_chain(True)),
        },
        calls=10_000,
    )
    for mode in ("sync", "async"):
        pairs = zip(results[f"{mode} watched"].seconds, results[mode].seconds, strict=True)
        cost = statistics.median(watched - bare for watched, bare in pairs) / LAYERS * 1e6
        print(f"{mode}: {cost:.2f} us per layer")


if __name__ == "__main__":
    main()
