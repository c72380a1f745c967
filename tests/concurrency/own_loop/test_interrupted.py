"""A signal's exception at any step of a thread that has called a loop: nothing of the call is left there."""

from __future__ import annotations

import asyncio
import contextvars
import gc
from collections.abc import AsyncGenerator, Callable, Iterator
from functools import partial

import pytest

from bridgekit.concurrency.own_loop.loop_call import LoopCall
from bridgekit.concurrency.own_loop.loop_iterator import LoopIterator
from bridgekit.concurrency.own_loop.loop_thread import LoopThread, borrow
from tests.helpers.interrupting import interrupted, was_interrupted
from tests.helpers.waiting import until


async def nothing() -> None:
    pass


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    held = borrow("asyncio", nothing)
    yield held.thread
    held.give_back()
    assert held.ended.wait(20)


def enter(_: contextvars.Context) -> None:
    pass


def call(thread: LoopThread, step: int) -> None:
    async def answers() -> int:
        await asyncio.sleep(0)
        return 1

    with interrupted(step):
        assert LoopCall().run(thread, answers(), contextvars.copy_context(), enter) == 1


def iterate(thread: LoopThread, step: int) -> None:
    async def source() -> AsyncGenerator[bytes, None]:
        while True:
            yield b"x"

    pieces = LoopIterator(thread, source(), contextvars.copy_context(), enter, window=10)
    try:
        with interrupted(step):
            assert next(pieces) == b"x"
    finally:
        pieces.close()


# What was never begun is never awaited.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.parametrize("work", [call, iterate])
def test_nothing_of_an_interrupted_call_is_left_on_the_loop(
    thread: LoopThread, work: Callable[[LoopThread, int], None], caplog: pytest.LogCaptureFixture
) -> None:
    step = 1
    while was_interrupted(partial(work, thread, step)):
        until(lambda: not thread.sessions)
        step += 1
    until(lambda: not thread.sessions)
    gc.collect()
    assert step > 20
    assert not caplog.records


def test_an_iterator_that_was_never_begun_may_be_closed_twice(thread: LoopThread) -> None:
    async def source() -> AsyncGenerator[bytes, None]:
        yield b"x"

    pieces = LoopIterator(thread, source(), contextvars.copy_context(), enter)
    pieces.close()
    pieces.close()
    assert list(pieces) == []
