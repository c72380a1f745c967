"""`RequestExecutor` and what crosses to it, where the order of two threads decides: each is held where it matters."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from asgiref.sync import async_to_sync

from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.django.handlers.crossing import ThreadCall, here, wait_for_loop
from bridgekit.django.handlers.request_executor import RequestExecutor
from tests.helpers.waiting import until

TIMEOUT = 20.0


def executed(work: Callable[[WorkerPool], Coroutine[Any, Any, None]], threads: int = 1) -> None:
    """Run ``work`` on a loop with a pool, of whose threads none may be busy at its end."""
    pool = WorkerPool(max_workers=threads)
    try:
        asyncio.run(asyncio.wait_for(work(pool), TIMEOUT))
        until(lambda: not pool.load)
    finally:
        pool.shutdown(wait_seconds=TIMEOUT)


def executor_of(pool: WorkerPool) -> RequestExecutor:
    return RequestExecutor(pool, queue=10, max_wait=TIMEOUT)


def sync(function: Callable[[], object]) -> Callable[[], None]:
    """A job that gives nothing to be called when the thread is free."""

    def job() -> None:
        function()

    return job


def test_a_request_whose_job_was_taken_back_may_have_another() -> None:
    """As one whose client leaves while it waits for its first thread, and whose end is then looked at in a thread."""
    ran, gate = threading.Event(), threading.Event()

    async def work(pool: WorkerPool) -> None:
        busy, request = executor_of(pool), executor_of(pool)
        busy.give(sync(lambda: gate.wait(TIMEOUT)))
        job = sync(lambda: None)
        request.give(job)
        assert request.withdraw(job)
        request.give(sync(ran.set))
        gate.set()
        assert ran.wait(TIMEOUT)

    executed(work)


def test_a_stream_gives_back_the_thread_in_which_nothing_is_open() -> None:
    ran = threading.Event()

    async def work(pool: WorkerPool) -> None:
        streams, other = executor_of(pool), executor_of(pool)
        await asyncio.wrap_future(streams.submit(lambda: None))
        until(lambda: streams._parked)
        other.give(sync(ran.set))
        streams.stream(in_one_go=False)
        assert ran.wait(TIMEOUT)

    executed(work)


def test_a_stream_that_is_read_in_one_go_is_read_where_its_view_was() -> None:
    """Nothing else is done in the thread in between."""
    order: list[str] = []

    async def work(pool: WorkerPool) -> None:
        streams, other = executor_of(pool), executor_of(pool)
        streams.give(sync(lambda: streams.keep_for_stream(in_one_go=True)))
        until(lambda: streams._parked)
        other.give(sync(lambda: order.append("other")))
        streams.stream(in_one_go=True)
        assert streams._parked
        streams.give(sync(lambda: order.append("stream")))
        until(lambda: len(order) == 2)

    executed(work)
    assert order == ["stream", "other"]


def test_a_thread_that_asks_for_the_loop_as_its_request_is_cancelled_is_told() -> None:
    """The loop has cancelled the task before it hears of the question, which nobody is there to answer any more."""
    asked, heard = threading.Event(), threading.Event()

    async def never(request: Any) -> None:
        raise AssertionError("nobody awaits it")

    def layer() -> None:
        try:
            wait_for_loop(never, None)
        except asyncio.CancelledError:
            heard.set()
            raise

    async def work(pool: WorkerPool) -> None:
        executor = executor_of(pool)
        serve_until = executor.serve_until

        def serve(done: Callable[[], bool]) -> None:
            asked.set()
            serve_until(done)

        executor.serve_until = serve  # type: ignore[method-assign]

        async def request() -> None:
            await ThreadCall(executor, layer, ())

        task = asyncio.create_task(request())
        await asyncio.sleep(0)
        assert asked.wait(TIMEOUT)  # the loop stands still meanwhile
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        executor.end()
        assert await asyncio.to_thread(heard.wait, TIMEOUT)

    executed(work)


def test_what_a_thread_has_awaited_on_the_loop_is_cancelled_with_the_request() -> None:
    """As a view that `async_to_sync` runs, whose client has left."""
    heard: list[str] = []

    async def work(pool: WorkerPool) -> None:
        executor, begun = executor_of(pool), asyncio.Event()

        async def waits() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                heard.append("cancelled")

        async def request() -> None:
            await ThreadCall(executor, async_to_sync(waits), ())

        task = asyncio.create_task(request())
        await begun.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        executor.end()
        await asyncio.to_thread(until, lambda: not pool.load)

    executed(work)
    assert heard == ["cancelled"]


def test_a_thread_does_not_remember_the_call_that_it_has_done() -> None:
    """It would keep the response alive, and take what comes next for a part of that call."""
    found: list[object] = []

    async def work(pool: WorkerPool) -> None:
        executor = executor_of(pool)
        await ThreadCall(executor, lambda: found.append(here.call), ())
        executor.give(sync(lambda: found.append(here.call)))
        until(lambda: len(found) == 2)

    executed(work)
    assert isinstance(found[0], ThreadCall)
    assert found[1] is None
