"""What a task awaits and is resumed from within the callback that settles it."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Generator
from typing import Any

import pytest

from bridgekit.concurrency.user_loop.resumption import Resumption

_name: contextvars.ContextVar[str] = contextvars.ContextVar("name")


class Waiting(Resumption):
    """Awaited, it waits once for `resume`."""

    __slots__ = ()

    def __await__(self) -> Generator[Any, None, None]:
        self._asyncio_future_blocking = True
        yield self


def run(main: Callable[[Waiting, list[str]], Any]) -> list[str]:
    seen: list[str] = []

    async def go() -> None:
        await main(Waiting(asyncio.get_running_loop()), seen)

    asyncio.run(asyncio.wait_for(go(), 10))
    return seen


async def waiter(waiting: Waiting, seen: list[str], name: str = "task") -> None:
    _name.set(name)
    try:
        await waiting
    except asyncio.CancelledError as cancelled:
        seen.append(f"cancelled {cancelled}")
        raise
    seen.append(f"resumed in the context of {_name.get()}")


def test_the_task_goes_on_within_the_callback() -> None:
    async def main(waiting: Waiting, seen: list[str]) -> None:
        task = asyncio.create_task(waiter(waiting, seen))
        await asyncio.sleep(0)
        assert waiting.awaited

        def settle() -> None:
            _name.set("callback")
            seen.append("before")
            waiting.resume()
            seen.append(f"after, in the context of {_name.get()}")

        asyncio.get_running_loop().call_soon(settle)
        await task
        assert not waiting.awaited

    assert run(main) == ["before", "resumed in the context of task", "after, in the context of callback"]


def test_it_can_be_awaited_again() -> None:
    async def main(waiting: Waiting, seen: list[str]) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(3):
            loop.call_soon(waiting.resume)
            await waiting
            seen.append("on")

    assert run(main) == ["on"] * 3


def test_cancelling_the_task_ends_the_wait_once() -> None:
    async def main(waiting: Waiting, seen: list[str]) -> None:
        task = asyncio.create_task(waiter(waiting, seen))
        await asyncio.sleep(0)
        task.cancel("enough")
        assert not waiting.awaited
        waiting.resume()  # in the same moment: the cancellation was first
        with pytest.raises(asyncio.CancelledError):
            await task

    assert run(main) == ["cancelled enough"]


def test_a_cancellation_that_is_swallowed_leaves_it_usable() -> None:
    async def main(waiting: Waiting, seen: list[str]) -> None:
        async def stubborn() -> None:
            try:
                await waiting
            except asyncio.CancelledError:
                seen.append("no")
            asyncio.get_running_loop().call_soon(waiting.resume)
            await waiting
            seen.append("yes")

        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        task.cancel()
        await task

    assert run(main) == ["no", "yes"]


def test_a_timeout_around_it_ends_it() -> None:
    async def main(waiting: Waiting, seen: list[str]) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await waiting
        seen.append("over")

    assert run(main) == ["over"]


def test_a_task_of_another_loop_refuses_it() -> None:
    other = asyncio.new_event_loop()
    try:

        async def main() -> None:
            await Waiting(other)

        with pytest.raises(RuntimeError, match="attached to a different loop"):
            asyncio.run(main())
    finally:
        other.close()


def test_cancelling_what_nobody_awaits_does_nothing() -> None:
    async def main(waiting: Waiting, seen: list[str]) -> None:
        assert waiting.cancel() is False

    assert run(main) == []
