"""Many threads on one loop: whoever finds it idle runs what cannot wait itself, the others hand over."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from bridgekit.concurrency.own_loop.visited_loop import can_be_visited
from bridgekit.django.handlers import on_loop
from bridgekit.django.handlers.on_loop import OnLoop, end_loans

THREADS = 16
CALLS = 60
"""With 2,000 it takes half a minute, and says the same."""
WAIT = 60.0

token: contextvars.ContextVar[str] = contextvars.ContextVar("token")


class Request:
    """As far as `OnLoop` knows one."""

    def __init__(self, token: str) -> None:
        self.token = token


class Shared:
    """What a module keeps, as clients do: changed on the loop alone, without a lock."""

    def __init__(self) -> None:
        self.steps = 0
        self.missing = THREADS * CALLS
        self.kinds: Counter[str] = Counter()
        self.late: list[str] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.threads: set[int] = set()
        self.over = threading.Event()

    def count(self, kind: str) -> None:
        """Not atomic but for the loop: read, give others the chance, write."""
        before = self.steps
        if before % 50 == 0:
            time.sleep(0)
        self.steps = before + 1
        self.kinds[kind] += 1
        self.missing -= 1
        if not self.missing:
            self.over.set()


@pytest.fixture
def plain_loop() -> Iterator[None]:
    """asyncio's debug mode, on under PYTHONDEVMODE, lets nobody visit the loop."""
    loop: Any = on_loop._host({}).loop
    before = loop.native.get_debug()
    loop.native.set_debug(False)
    yield
    loop.native.set_debug(before)


@pytest.mark.usefixtures("plain_loop")
@pytest.mark.parametrize("alone", [2, 0], ids=["some alone", "all at once"])
def test_no_request_waits_for_ever_and_nothing_is_lost(alone: int) -> None:
    """``alone`` threads find the loop idle most of the time."""
    shared = Shared()

    async def free(request: Request) -> str:
        shared.count("free")
        shared.threads.add(threading.get_ident())
        return token.get()

    async def with_timer(request: Request) -> str:
        asyncio.get_running_loop().call_later(0.002, shared.count, "timer")
        return token.get()

    async def with_task(request: Request) -> str:
        async def outlive() -> None:
            await asyncio.sleep(0.001)
            shared.late.append(await sync_to_async(token.get)())
            shared.count("task")

        task = asyncio.create_task(outlive())
        shared.tasks.add(task)
        task.add_done_callback(shared.tasks.discard)
        return token.get()

    async def with_callback(request: Request) -> str:
        asyncio.get_running_loop().call_soon_threadsafe(shared.count, "threadsafe")
        return token.get()

    async def waiting(request: Request) -> str:
        await asyncio.sleep(0 if request.token.endswith("0") else 0.001)
        shared.count("waiting")
        return token.get()

    async def asking(request: Request) -> str:
        got = await sync_to_async(token.get)()
        shared.count("asking")
        return got

    kinds = [OnLoop(one) for one in (free, free, with_timer, with_task, with_callback, waiting, asking)]
    wrong: list[Any] = []

    def serve(number: int) -> None:
        for call in range(CALLS):
            mine = f"{number}-{call}"
            request = Request(mine)
            token.set(mine)
            try:
                answer = kinds[(number + call) % len(kinds)](request)
                if answer != mine:
                    wrong.append((mine, answer))
            except BaseException as error:
                wrong.append((mine, error))
            end_loans(request)

    threads = [
        threading.Thread(target=contextvars.Context().run, args=(serve, number)) for number in range(THREADS)
    ]
    for thread in threads[:alone]:
        thread.start()
        thread.join(WAIT)
    for thread in threads[alone:]:
        thread.start()
    for thread in threads[alone:]:
        thread.join(WAIT)
    assert wrong == []
    assert shared.over.wait(WAIT), f"{shared.missing} callbacks were lost"
    assert shared.steps == sum(shared.kinds.values()) == THREADS * CALLS
    assert len(set(shared.late)) == shared.kinds["task"] == len(shared.late)
    if can_be_visited() and alone:
        assert len(shared.threads) > 1
