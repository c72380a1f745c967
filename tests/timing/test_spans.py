from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import pytest
from asgiref.sync import async_to_sync, sync_to_async

from bridgekit.timing import (
    ASGITimingMiddleware,
    RequestTiming,
    WSGITimingMiddleware,
    carry_request,
    set_route,
    span,
)
from bridgekit.timing.measuring.current import current
from bridgekit.timing.measuring.reported import MAX_SPAN_NAMES
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient

Work = Callable[[], Awaitable[None]]


def measured(work: Work, clock: FakeClock | None = None, backend: str = "asyncio") -> RequestTiming:
    """The record of a request that does `work`."""
    seen: list[RequestTiming] = []
    clock = clock or FakeClock()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await work()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    wrapped = ASGITimingMiddleware(app, exporters=[seen.append], clock=clock)
    anyio.run(ASGIClient(clock).run, wrapped, backend=backend)
    return seen[0]


def test_blocks_of_one_name_are_summed_up_and_counted() -> None:
    clock = FakeClock()

    async def work() -> None:
        for _ in range(3):
            with span("db", "orders"):
                clock.advance(0.5)
        with span("render"):
            clock.advance(1)

    assert measured(work, clock).spans == (("db", 1.5, 3, "orders"), ("render", 1.0, 1, ""))


def test_a_block_that_raises_is_counted() -> None:
    async def work() -> None:
        with pytest.raises(KeyError), span("db"):
            raise KeyError

    assert [s.name for s in measured(work).spans] == ["db"]


def test_a_decorated_function_is_measured_at_every_call() -> None:
    clock = FakeClock()

    @span("sync")
    def plain(seconds: float) -> float:
        clock.advance(seconds)
        return seconds

    @span("async")
    async def coroutine(seconds: float) -> float:
        await asyncio.sleep(0)
        clock.advance(seconds)
        return seconds

    async def work() -> None:
        assert plain(1) + plain(2) + await coroutine(3) == 6

    assert [tuple(s)[:3] for s in measured(work, clock).spans] == [("sync", 3.0, 2), ("async", 3.0, 1)]
    assert plain.__name__ == "plain"
    assert asyncio.iscoroutinefunction(coroutine) or asyncio.run(coroutine(0)) == 0


def test_a_generator_cannot_be_decorated() -> None:
    with pytest.raises(TypeError, match="with span"):

        @span("rows")
        def rows() -> Iterator[int]:
            yield 1


def test_one_object_measures_one_block_at_a_time() -> None:
    shared = span("db")
    with shared, pytest.raises(RuntimeError, match="make a new one"), shared:
        pass
    with shared:
        pass


def test_a_span_needs_a_name() -> None:
    with pytest.raises(ValueError):
        span("")


async def in_task() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(leaf())


async def in_thread() -> None:
    await asyncio.to_thread(leaf_sync)


async def in_anyio_thread() -> None:
    await anyio.to_thread.run_sync(leaf_sync)


async def in_anyio_task() -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(leaf)


async def in_asgiref() -> None:
    await sync_to_async(leaf_sync)()
    await sync_to_async(async_to_sync(leaf))()


async def in_carried_thread() -> None:
    thread = threading.Thread(target=carry_request(leaf_sync))
    thread.start()
    thread.join()


async def in_executor() -> None:
    with ThreadPoolExecutor(2) as pool:
        carried = carry_request(leaf_sync)
        for future in [pool.submit(carried), pool.submit(carried)]:
            future.result()


async def leaf() -> None:
    with span("leaf"):
        await anyio.lowlevel.checkpoint()


def leaf_sync() -> None:
    with span("leaf"):
        pass


@pytest.mark.parametrize(
    ("work", "calls"),
    [
        (in_task, 1),
        (in_thread, 1),
        (in_anyio_thread, 1),
        (in_anyio_task, 1),
        (in_asgiref, 2),
        (in_carried_thread, 1),
        (in_executor, 2),
    ],
)
def test_a_span_finds_its_request_elsewhere(work: Work, calls: int) -> None:
    assert [(s.name, s.calls) for s in measured(work).spans] == [("leaf", calls)]


@pytest.mark.parametrize("work", [in_anyio_thread, in_anyio_task, in_carried_thread])
def test_a_span_finds_its_request_under_trio(work: Work) -> None:
    assert [s.name for s in measured(work, backend="trio").spans] == ["leaf"]


def test_spans_of_concurrent_requests_do_not_mix() -> None:
    seen: list[RequestTiming] = []
    barrier = asyncio.Barrier(2)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with span(scope["path"]):
            await barrier.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    wrapped = ASGITimingMiddleware(app, exporters=[seen.append])

    async def two() -> None:
        from tests.timing.clients import scope_of

        async with asyncio.TaskGroup() as group:
            for path in ("/a", "/b"):
                group.create_task(ASGIClient(FakeClock()).run(wrapped, scope_of(path=path)))

    asyncio.run(two())
    assert {(r.path, tuple(s.name for s in r.spans)) for r in seen} == {("/a", ("/a",)), ("/b", ("/b",))}


def test_outside_of_a_request_spans_and_routes_go_nowhere() -> None:
    """Code that is timed in requests runs in a shell and in jobs, too: nothing is raised, nothing is left behind."""
    with span("db"):
        assert current() is None
    set_route("/x")
    assert current() is None


def test_a_span_after_the_end_is_not_recorded() -> None:
    seen: list[RequestTiming] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})
        with span("background"):
            pass

    ASGIClient(FakeClock()).call(ASGITimingMiddleware(app, exporters=[seen.append]))
    assert seen[0].spans == ()


def test_names_without_end_are_summed_up() -> None:
    """A stream may last for days; what it remembers is bounded."""

    async def work() -> None:
        for number in range(MAX_SPAN_NAMES + 10):
            with span(f"row-{number}"):
                pass

    spans = measured(work).spans
    assert len(spans) == MAX_SPAN_NAMES + 1
    assert (spans[-1].name, spans[-1].calls) == ("other", 10)


def test_spans_in_a_streamed_body_count_over_wsgi() -> None:
    seen: list[RequestTiming] = []

    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        for chunk in (b"a", b"b"):
            with span("row"):
                yield chunk

    WSGIClient(FakeClock()).call(WSGITimingMiddleware(app, exporters=[seen.append]))
    assert [(s.name, s.calls) for s in seen[0].spans] == [("row", 2)]


def test_a_request_made_within_a_request_gives_the_context_back() -> None:
    """Test clients and mounted gateways call a measured application in the middle of another one's request."""
    inner_seen: list[RequestTiming] = []
    outer_seen: list[RequestTiming] = []

    def inner(environ: Any, start_response: Any) -> list[bytes]:
        with span("inner"):
            start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    measured_inner = WSGITimingMiddleware(inner, exporters=[inner_seen.append])

    def outer(environ: Any, start_response: Any) -> list[bytes]:
        WSGIClient(FakeClock()).call(measured_inner)
        with span("outer"):
            start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"x"]

    WSGIClient(FakeClock()).call(WSGITimingMiddleware(outer, exporters=[outer_seen.append]))
    assert [s.name for s in inner_seen[0].spans] == ["inner"]
    assert [s.name for s in outer_seen[0].spans] == ["outer"]
