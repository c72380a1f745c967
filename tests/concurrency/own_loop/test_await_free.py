from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

import pytest

from bridgekit.concurrency.own_loop import await_free
from bridgekit.concurrency.own_loop.await_free import cannot_wait


async def free() -> None: ...


async def with_much_inside() -> list[Any]:
    """What its inner functions await is theirs."""

    async def inner() -> None:
        await free()

    def numbers() -> Generator[int]:
        yield 1

    try:
        return [inner, *(number for number in numbers())]
    finally:
        sum(range(3))


async def awaits() -> None:
    await free()


async def awaits_somewhere(yes: bool = False) -> None:
    if yes:
        await free()


async def iterates() -> None:
    async for _ in pieces():
        pass


async def enters() -> None:
    async with Entered():
        pass


async def comprehends() -> list[int]:
    return [piece async for piece in pieces()]


async def pieces() -> AsyncIterator[int]:
    yield 1


class Entered:
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *error: object) -> None: ...


class Awaitable:
    def __await__(self) -> Generator[Any, Any, None]:
        return free().__await__()


def told(function: Callable[[], Any]) -> bool:
    coroutine = function()
    try:
        return cannot_wait(coroutine)
    finally:
        coroutine.close()


@pytest.mark.parametrize("function", [free, with_much_inside, Entered().__aenter__])
def test_a_function_that_awaits_nothing(function: Callable[[], Any]) -> None:
    assert told(function)
    assert told(function)


@pytest.mark.parametrize("function", [awaits, awaits_somewhere, iterates, enters, comprehends])
def test_one_that_may_await_something(function: Callable[[], Any]) -> None:
    assert not told(function)


def test_what_is_no_coroutine() -> None:
    assert not cannot_wait(Awaitable())
    assert not cannot_wait(None)


def test_functions_that_are_made_anew_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(await_free, "_MOST", 3)
    monkeypatch.setattr(await_free, "_known", {})
    for _ in range(10):
        found: dict[str, Any] = {}
        exec("async def made(): pass", found)
        assert told(found["made"])
        assert len(await_free._known) <= 3
