"""Whether the client is still there."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.exceptions import RequestAborted

from bridgekit.concurrency.user_loop.backends import asyncio_backend
from bridgekit.django.handlers.client import ClientWatch


def test_listening_begins_with_the_first_look_at_the_request() -> None:
    """Later would be too late for the next piece of a stream (Django's ``test_streaming_disconnect``)."""

    async def run() -> list[str]:
        seen: list[str] = []
        left, listens = asyncio.Event(), asyncio.Event()

        async def listen() -> None:
            seen.append("listens")
            listens.set()
            await left.wait()
            seen.append("left")

        async def request() -> None:
            watch = ClientWatch(listen, asyncio.current_task())
            watch.tick()
            assert not watch.leave()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert watch.has_cancelled()
                seen.append("cancelled")
            await watch.end()

        task = asyncio.create_task(request())
        await listens.wait()
        left.set()
        await task
        return seen

    assert asyncio.run(asyncio.wait_for(run(), 10)) == ["listens", "left", "cancelled"]


def test_a_request_that_nobody_looked_at_is_left_without_waiting() -> None:
    async def run() -> bool:
        async def listen() -> None:
            raise AssertionError("nobody listens")

        return ClientWatch(listen, asyncio.current_task()).leave()

    assert asyncio.run(run())


def test_a_client_that_leaves_as_listening_ends_cancels_nothing() -> None:
    """Servers may answer a cancelled ``receive`` all the same."""

    async def run() -> int:
        listens = asyncio.Event()

        async def listen() -> None:
            listens.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise RequestAborted from None

        task = asyncio.current_task()
        assert task is not None
        watch = ClientWatch(listen, task)
        watch.tick()
        await listens.wait()
        await watch.end()
        await asyncio.sleep(0)
        assert isinstance(watch.error, RequestAborted)
        return task.cancelling()

    assert asyncio.run(run()) == 0


def test_once_it_listens_the_loop_looks_at_it_no_more() -> None:
    """A loop on which requests only wait has nothing of ours to do."""

    async def run() -> None:
        async def listen() -> None:
            await asyncio.Event().wait()

        backend: Any = asyncio_backend()
        watch = ClientWatch(listen, asyncio.current_task())
        assert watch in backend._registered
        watch.tick()
        assert watch not in backend._registered
        await watch.end()

    asyncio.run(run())
