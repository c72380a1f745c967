"""Whether the client is still there."""

from __future__ import annotations

import asyncio

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
