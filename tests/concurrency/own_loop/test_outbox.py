from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator

import pytest

from bridgekit.concurrency.own_loop import loop_thread
from bridgekit.concurrency.own_loop import outbox as outbox_module
from bridgekit.concurrency.own_loop.loop_thread import Borrow, borrow
from bridgekit.concurrency.own_loop.outbox import Outbox
from tests.helpers.loosely import void
from tests.helpers.waiting import until

WAIT = 10.0


async def nothing() -> None: ...


@pytest.fixture(params=["asyncio", "trio"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Borrow]:
    # A handler of Django's in the same process may hold a borrow for as long as that runs.
    monkeypatch.setattr(loop_thread, "_states", {})
    held = borrow(request.param, nothing)
    yield held
    held.give_back()
    assert held.thread.join(WAIT)


def test_items_come_in_order_and_together(held: Borrow) -> None:
    outbox: Outbox[int] = Outbox(held.thread.loop, 100)

    def put() -> None:
        outbox.put(1)
        outbox.put(2)

    held.thread.loop.post(put)
    taken = outbox.take()
    while len(taken) < 2:
        taken += outbox.take()
    assert taken == [1, 2]


def test_after_the_end_there_is_nothing(held: Borrow) -> None:
    outbox: Outbox[int] = Outbox(held.thread.loop, 100)
    outbox.put(1)
    outbox.finish()
    assert [outbox.take(), outbox.take(), outbox.take()] == [[1], [], []]


@pytest.mark.parametrize("how", ["release", "finish"])
def test_what_is_held_back_waits(held: Borrow, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "HELD_SECONDS", 60)
    outbox: Outbox[int] = Outbox(held.thread.loop, 100)
    outbox.put_held([1])
    taken: list[list[int]] = []
    thread = threading.Thread(target=lambda: taken.append(outbox.take()))
    thread.start()
    thread.join(0.02)
    assert taken == []
    getattr(outbox, how)()
    thread.join(WAIT)
    assert taken == [[1]]


@pytest.mark.parametrize("waits", [False, True])
def test_what_is_held_back_is_given_where_nobody_releases_it(
    held: Borrow, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop does not come to it, since what runs there blocks it."""
    monkeypatch.setattr(outbox_module, "HELD_SECONDS", 0.01)
    outbox: Outbox[int] = Outbox(held.thread.loop, 100)
    taken: list[list[int]] = []
    thread = threading.Thread(target=lambda: taken.append(outbox.take()))
    if waits:
        thread.start()
        until(lambda: outbox._waiting)
    outbox.put_held([1])
    if not waits:
        thread.start()
    thread.join(WAIT)
    assert taken == [[1]]
    outbox.release()
    outbox.finish()
    assert outbox.take() == []


def test_room_comes_when_half_the_window_is_dealt_with(held: Borrow) -> None:
    loop = held.thread.loop
    outbox: Outbox[str] = Outbox(loop, 100)
    went_on: list[str] = []
    full = threading.Event()

    async def produce() -> None:
        outbox.put("a", 60)
        assert not outbox.full
        outbox.put("b", 60)
        assert outbox.full
        full.set()
        await outbox.room()
        went_on.append("on")
        outbox.put("c", 1)

    loop.post(lambda: void(loop.spawn(produce, contextvars.Context())))
    assert full.wait(WAIT)
    taken = outbox.take()
    while taken != ["a", "b"]:
        taken += outbox.take()
    assert outbox.take() == ["c"]
    assert went_on == ["on"]


def test_nobody_waits_for_a_thread_that_has_left(held: Borrow) -> None:
    loop = held.thread.loop
    outbox: Outbox[str] = Outbox(loop, 1)
    let_go = threading.Event()

    async def produce() -> None:
        outbox.put("a", 60)
        loop.later(0.01, outbox.abandon)
        await outbox.room()
        await outbox.room()
        let_go.set()

    loop.post(lambda: void(loop.spawn(produce, contextvars.Context())))
    assert let_go.wait(WAIT)
