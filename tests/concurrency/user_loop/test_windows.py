from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import anyio
import anyio.to_thread
import pytest

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.user_loop.anyio_backend import open_backend
from bridgekit.concurrency.user_loop.backends import Backend, asyncio_backend
from bridgekit.concurrency.user_loop.windows import LoopToThread, ThreadToLoop
from tests.helpers.asgi_driver import LOOPS, TIMEOUT, Loop
from tests.helpers.waiting import until


@pytest.fixture(params=LOOPS, ids=str)
def loop(request: pytest.FixtureRequest) -> Loop:
    kind: Loop = request.param
    return kind


class Recording:
    """A backend whose posts are run at once, in the thread that posts: windows without a loop."""

    def __init__(self) -> None:
        self.woken = 0
        self.gone = False

    def post(self, callback: Callable[[], None]) -> None:
        if self.gone:
            raise LoopGone
        callback()

    def signal(self) -> Any:
        return self

    def set(self) -> None:
        self.woken += 1


def in_thread(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def window_of(high: int) -> tuple[ThreadToLoop[Any], Recording]:
    backend: Any = Recording()
    return ThreadToLoop(backend, high), backend


def body_of(high: int) -> tuple[LoopToThread, Recording]:
    backend: Any = Recording()
    return LoopToThread(backend, high), backend


# From the thread to the loop


def test_loop_is_rung_once_for_many_items() -> None:
    window, backend = window_of(100)
    for item in range(10):
        window.put(item, 1)
    window.finish()
    assert backend.woken == 1
    assert window.take() == (list(range(10)), True)


def test_what_was_taken_does_not_grow() -> None:
    """The thread puts whenever it likes, also before the loop has looked at what it took: nothing may come twice."""
    window, _ = window_of(100)
    nothing, _ = window.take()
    window.put(1, 1)
    assert nothing == []
    taken, _ = window.take()
    window.put(2, 1)
    assert taken == [1]
    assert window.take() == ([2], False)


def test_loop_is_rung_again_after_it_took() -> None:
    window, backend = window_of(100)
    window.put("a", 1)
    assert window.take() == (["a"], False)
    assert window.take() == ([], False)
    window.put("b", 1)
    assert backend.woken == 2


def assert_raised(outcome: list[object], reason: Exception) -> None:
    """One like ``reason``: the window keeps that itself, and must not be kept by it in turn, through the frames of who raised it."""
    (raised,) = outcome
    assert isinstance(raised, type(reason))
    assert raised.args == reason.args
    assert reason.__traceback__ is None


def test_put_blocks_at_the_high_water_mark_until_half_has_left() -> None:
    window, _ = window_of(10)
    window.put("a", 5)
    thread, outcome = in_thread(lambda: window.put("b", 5))
    until(lambda: window._room is not None)
    window.sent(4)
    assert not outcome
    window.sent(1)
    thread.join(TIMEOUT)
    assert outcome == [None]


def test_items_are_there_while_their_put_still_blocks() -> None:
    """Blocking before handing over would deadlock: nobody could send what is not there."""
    window, backend = window_of(10)
    thread, _ = in_thread(lambda: window.put("large", 1000))
    until(lambda: backend.woken == 1)
    assert window.take() == (["large"], False)
    window.sent(1000)
    thread.join(TIMEOUT)
    assert not thread.is_alive()


@pytest.mark.parametrize("work", ["put", "drain"])
def test_abandoning_wakes_a_blocked_thread(work: str) -> None:
    window, _ = window_of(10)
    if work == "put":
        thread, outcome = in_thread(lambda: window.put("a", 10))
    else:
        window.put("a", 1)
        thread, outcome = in_thread(window.drain)
    until(lambda: window._room is not None)
    reason = OSError("gone")
    window.abandon(reason)
    window.abandon(OSError("too late"))
    thread.join(TIMEOUT)
    assert_raised(outcome, reason)
    assert window.abandoned is reason
    with pytest.raises(OSError, match="gone"):
        window.put("b", 1)


def test_drain_waits_for_everything() -> None:
    window, _ = window_of(10)
    window.put("a", 3)
    thread, outcome = in_thread(window.drain)
    until(lambda: window._room is not None)
    window.sent(2)
    assert not outcome
    window.sent(1)
    thread.join(TIMEOUT)
    assert outcome == [None]


def test_closed_loop_frees_a_blocked_put() -> None:
    window, backend = window_of(10)
    thread, outcome = in_thread(lambda: window.put("a", 10))
    until(lambda: window._room is not None)
    backend.gone = True
    thread.join(TIMEOUT)
    assert [type(error) for error in outcome] == [LoopGone]


def test_put_to_a_closed_loop_raises() -> None:
    window, backend = window_of(10)
    backend.gone = True
    with pytest.raises(LoopGone):
        window.put("a", 1)


def test_stream_through_a_small_window(loop: Loop) -> None:
    """Every item arrives once and in order, and never more is under way than the window and one item."""
    most = [0]

    async def main() -> list[int]:
        async with backend_of_this_loop() as backend:
            window: ThreadToLoop[int] = ThreadToLoop(backend, 50)
            got: list[int] = []

            def produce() -> None:
                for item in range(2000):
                    window.put(item, 7)
                    most[0] = max(most[0], window._under_way)
                window.finish()

            thread, outcome = in_thread(produce)
            finished = False
            while not finished:
                items, finished = window.take()
                got += items
                window.sent(7 * len(items))
                if not items and not finished:
                    await window.ready()
            await anyio.to_thread.run_sync(thread.join, TIMEOUT)
            assert outcome == [None]
            return got

    with_timeout(loop, main, list(range(2000)))
    assert most[0] <= 50 + 7


def backend_of_this_loop() -> Any:
    import contextlib

    backend = asyncio_backend()
    return open_backend() if backend is None else contextlib.nullcontext(backend)


def with_timeout(loop: Loop, main: Callable[[], Any], expected: Any) -> None:
    async def bounded() -> Any:
        with anyio.fail_after(TIMEOUT):
            return await main()

    assert loop.run(bounded) == expected


# From the loop to the thread


def test_nothing_is_wanted_before_it_is_asked_for() -> None:
    body, backend = body_of(10)
    assert backend.woken == 0
    thread, outcome = in_thread(body.get)
    until(lambda: backend.woken == 1)
    body.feed(b"abc")
    body.end()
    thread.join(TIMEOUT)
    assert outcome == [b"abc"]
    assert body.get() == b""
    assert body.get() == b""


def test_full_window_tells_the_feeder_to_wait_until_half_is_read() -> None:
    body, backend = body_of(10)
    for _ in range(5):
        body.feed(b"xx")
    assert body.full
    body.get()
    body.get()
    assert backend.woken == 0
    body.get()
    assert backend.woken == 1, "more is fetched when half of the window is empty"
    assert not body.full


def test_failure_comes_after_what_was_fed_before() -> None:
    body, _ = body_of(10)
    body.feed(b"abc")
    body.fail(OSError("cut off"))
    body.fail(OSError("too late"))
    assert body.get() == b"abc"
    for _ in range(2):
        with pytest.raises(OSError, match="cut off"):
            body.get()


def test_failure_wakes_a_blocked_reader() -> None:
    body, backend = body_of(10)
    thread, outcome = in_thread(body.get)
    until(lambda: backend.woken == 1)
    reason = OSError("cut off")
    body.fail(reason)
    thread.join(TIMEOUT)
    assert_raised(outcome, reason)


def test_stream_that_has_ended_stays_complete() -> None:
    body, _ = body_of(10)
    body.feed(b"abc")
    body.end()
    body.fail(OSError("the client left after its request"))
    assert [body.get(), body.get()] == [b"abc", b""]


def test_stream_that_has_failed_does_not_end() -> None:
    """A body that broke off must not look complete, whatever the feeder does next."""
    body, _ = body_of(10)
    body.fail(OSError("cut off"))
    body.end()
    with pytest.raises(OSError, match="cut off"):
        body.get()


def test_closed_loop_frees_a_blocked_reader() -> None:
    body, backend = body_of(10)
    thread, outcome = in_thread(body.get)
    until(lambda: backend.woken == 1)
    backend.gone = True
    thread.join(TIMEOUT)
    assert [type(error) for error in outcome] == [LoopGone]


def test_upload_through_a_small_window(loop: Loop) -> None:
    """Every byte arrives once and in order, and no more is held than the window and one message."""

    async def main() -> tuple[bytes, bool]:
        most = 0
        async with backend_of_this_loop() as backend:
            assert_backend(backend)
            body = LoopToThread(backend, 50)
            pieces: list[bytes] = []

            def consume() -> None:
                while piece := body.get():
                    pieces.append(piece)

            thread, outcome = in_thread(consume)
            await body.demand()
            for number in range(2000):
                while body.full:
                    await body.demand()
                body.feed(b"%07d" % number)
                most = max(most, body._held)
            body.end()
            await anyio.to_thread.run_sync(thread.join, TIMEOUT)
            assert outcome == [None]
            return b"".join(pieces), most < 50 + 7

    with_timeout(loop, main, (b"".join(b"%07d" % number for number in range(2000)), True))


def assert_backend(backend: Backend) -> None:
    assert not backend.gone
