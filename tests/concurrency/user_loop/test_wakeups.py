"""The counter on a busy loop: that it wakes, that nothing of it is left, and who goes without."""

from __future__ import annotations

import asyncio
import contextvars
import errno
import gc
import os
import selectors
import subprocess
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.eventfd import EventFD
from bridgekit.concurrency.user_loop.backends import asyncio_backend
from tests.helpers.asgi_driver import TIMEOUT

pytestmark = pytest.mark.skipif(not EventFD.available, reason="eventfd(2) is Linux's")


class Request:
    """One in flight, which needs no looking after."""

    def tick(self) -> None:
        pass


def readers() -> set[int]:
    """The file descriptors that the running loop reads."""
    loop: Any = asyncio.get_running_loop()
    return set(loop._selector.get_map())


def busy_backend() -> tuple[Any, list[Request]]:
    """The running loop's, with two requests in flight."""
    backend: Any = asyncio_backend()
    requests = [Request(), Request()]
    for request in requests:
        backend.register(request)
    return backend, requests


async def all_end(backend: Any, requests: list[Request]) -> None:
    """The requests are over, and the loop has had its last look at them."""
    for request in requests:
        backend.unregister(request)
    loop = asyncio.get_running_loop()
    looked = loop.create_future()
    loop.call_at(backend._timer.when() + 0.001, looked.set_result, None)
    await looked
    assert backend._timer is None


async def called_from_a_thread(work: Callable[[], object]) -> None:
    """Run ``work`` in a thread while the loop waits for nothing else than what comes from there."""
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def run() -> None:
        try:
            work()
        finally:
            loop.call_soon_threadsafe(done.set)

    thread = threading.Thread(target=run)
    thread.start()
    async with asyncio.timeout(TIMEOUT):
        await done.wait()
    thread.join(TIMEOUT)


async def arrives(backend: Any) -> None:
    """A thread's callback comes to a loop that has nothing else to do."""
    arrived = asyncio.Event()
    thread = threading.Thread(target=backend.post, args=(arrived.set,))
    thread.start()
    async with asyncio.timeout(TIMEOUT):
        await arrived.wait()
    thread.join(TIMEOUT)


def run(main: Callable[[], Awaitable[Any]]) -> Any:
    """In a loop of its own, which never learns of a callback by its own way."""

    class Loop(asyncio.SelectorEventLoop):
        def _write_to_self(self) -> None:
            raise AssertionError("the loop's own way was gone")

    return _run_on(Loop(), main)


def _run_on(loop: Any, main: Callable[[], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        return await main()

    try:
        return loop.run_until_complete(whole())
    finally:
        loop.close()


def test_a_busy_loop_is_woken_by_the_counter() -> None:
    async def main() -> None:
        backend, _ = busy_backend()
        for _ in range(3):
            await arrives(backend)

    run(main)


def test_the_counter_wakes_once() -> None:
    """Or the loop would turn for nothing from then on."""

    async def main() -> None:
        before = readers()
        backend, _ = busy_backend()
        (number,) = readers() - before
        await arrives(backend)
        with pytest.raises(BlockingIOError):
            os.eventfd_read(number)

    asyncio.run(main())


def test_callbacks_keep_their_order() -> None:
    async def main() -> list[int]:
        backend, _ = busy_backend()
        got: list[int] = []
        last = asyncio.Event()

        def work() -> None:
            for number in range(1000):
                backend.post(partial(got.append, number))
            backend.post(last.set)

        thread = threading.Thread(target=work)
        thread.start()
        async with asyncio.timeout(TIMEOUT):
            await last.wait()
        thread.join(TIMEOUT)
        return got

    assert run(main) == list(range(1000))


def test_nothing_is_left_on_an_idle_loop() -> None:
    """Neither a reader nor a file descriptor; and what comes late from a thread comes by the loop's own way."""

    async def main() -> None:
        before = readers()
        backend, requests = busy_backend()
        (number,) = readers() - before
        counter = backend._wakeups._counter
        await arrives(backend)
        await all_end(backend, requests)
        assert readers() == before
        assert counter() is None
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            os.eventfd_write(number, 1)
        await arrives(backend)

    asyncio.run(main())


def test_what_a_request_has_raised_keeps_no_file() -> None:
    """The frames of its traceback lead to the frame that called them, and a debug page's cycle keeps them until a collection."""

    async def main() -> None:
        backend, requests = busy_backend()
        counter = backend._wakeups._counter
        kept: list[FrameType] = []
        arrived = asyncio.Event()

        def fails() -> None:
            kept.append(sys._getframe())
            arrived.set()

        thread = threading.Thread(target=backend.post, args=(fails,))
        thread.start()
        async with asyncio.timeout(TIMEOUT):
            await arrived.wait()
        thread.join(TIMEOUT)
        await all_end(backend, requests)
        assert kept
        assert counter() is None

    asyncio.run(main())


def test_a_loop_gets_busy_again() -> None:
    async def main() -> None:
        before = readers()
        for _ in range(3):
            backend, requests = busy_backend()
            assert len(readers() - before) == 1
            await arrives(backend)
            await all_end(backend, requests)
            assert readers() == before

    asyncio.run(main())


def test_one_request_alone_goes_without() -> None:
    async def main() -> None:
        before = readers()
        backend: Any = asyncio_backend()
        request = Request()
        backend.register(request)
        assert readers() == before
        await arrives(backend)
        await all_end(backend, [request])

    asyncio.run(main())


def test_a_callback_whose_thread_sets_the_counter_too_late_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread has put it, and has looked which way to go, when the loop takes the counter off."""
    chosen, go_on = threading.Event(), threading.Event()

    class Late(EventFD):
        def __init__(self) -> None:
            super().__init__()
            now = self.set

            def late() -> None:
                chosen.set()
                go_on.wait(TIMEOUT)
                now()

            self.set = late  # type: ignore[assignment]

    monkeypatch.setattr("bridgekit.concurrency.user_loop.wakeups.EventFD", Late)

    async def main() -> list[str]:
        backend, requests = busy_backend()
        got: list[str] = []
        thread = threading.Thread(target=backend.post, args=(lambda: got.append("first"),))
        thread.start()
        assert chosen.wait(TIMEOUT)
        await all_end(backend, requests)
        assert got == ["first"]
        go_on.set()
        thread.join(TIMEOUT)
        await called_from_a_thread(partial(backend.post, lambda: got.append("second")))
        await arrives(backend)
        return got

    assert asyncio.run(main()) == ["first", "second"]


def test_a_loop_that_is_closed_says_so_and_keeps_no_file() -> None:
    """It ended with its requests in flight, as `asyncio.run` ends where a server is stopped."""

    async def main() -> Any:
        return busy_backend()[0]

    backend = asyncio.run(main())
    assert backend._wakeups._counter() is None
    outcome: list[type] = []

    def work() -> None:
        for _ in range(2):
            try:
                backend.post(lambda: None)
            except LoopGone as error:
                outcome.append(type(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(TIMEOUT)
    assert outcome == [LoopGone] * 2


def test_each_loop_has_its_own() -> None:
    """In two threads at the same time."""
    both_are_busy = threading.Barrier(2, timeout=TIMEOUT)
    outcome: list[str] = []

    async def main() -> None:
        backend, _ = busy_backend()
        both_are_busy.wait()
        for _ in range(100):
            await arrives(backend)
        outcome.append("all came")

    threads = [threading.Thread(target=run, args=(main,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert outcome == ["all came"] * 2


def test_the_reader_keeps_nothing_of_the_request_that_began_it() -> None:
    class Value:
        pass

    variable: contextvars.ContextVar[Value] = contextvars.ContextVar("of the request")

    async def request() -> weakref.ref[Value]:
        value = Value()
        variable.set(value)
        busy_backend()
        return weakref.ref(value)

    async def main() -> None:
        value = await asyncio.create_task(request())
        await asyncio.sleep(0)
        gc.collect()
        assert value() is None

    asyncio.run(main())


def test_callbacks_behind_one_that_exits_are_run_when_the_loop_is_entered_again() -> None:
    loop = asyncio.new_event_loop()

    def leave() -> None:
        raise SystemExit(3)

    async def main() -> str:
        backend, _ = busy_backend()
        behind = asyncio.Event()

        def work() -> None:
            backend._wakeups._callbacks._callbacks.append(leave)
            backend.post(behind.set)

        thread = threading.Thread(target=work)
        thread.start()
        async with asyncio.timeout(TIMEOUT):
            await behind.wait()
        thread.join(TIMEOUT)
        return "went on"

    task = loop.create_task(main())
    try:
        with pytest.raises(SystemExit):
            loop.run_until_complete(task)
        assert loop.run_until_complete(task) == "went on"
    finally:
        loop.close()


# Who goes without


async def _goes_without() -> None:
    loop: Any = asyncio.get_running_loop()
    backend, requests = busy_backend()
    assert backend._wakeups._counter is None
    await arrives(backend)
    await all_end(backend, requests)
    assert not loop.is_closed()


def test_a_platform_without_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventFD, "available", False)
    asyncio.run(_goes_without())


def test_no_file_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*arguments: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "eventfd", none_left)
    asyncio.run(_goes_without())


def test_a_selector_that_is_not_asyncios_own() -> None:
    _run_on(asyncio.SelectorEventLoop(selectors.SelectSelector()), _goes_without)


def test_gevent_has_taken_epoll_away(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.SelectorEventLoop(selectors.PollSelector())
    monkeypatch.delattr(selectors, "EpollSelector")
    _run_on(loop, _goes_without)


def test_uvloop_is_left_alone() -> None:
    uvloop = pytest.importorskip("uvloop")
    _run_on(uvloop.new_event_loop(), _goes_without)


# Forks

FORKED = """
import asyncio, os, threading
from tests.concurrency.user_loop.test_wakeups import arrives, busy_backend, run

async def in_the_child():
    await arrives(busy_backend()[0])
    print("child", flush=True)

async def main():
    backend, _ = busy_backend()
    await arrives(backend)
    def fork():
        child = os.fork()
        if child == 0:
            {child}
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
    for _ in range(3):
        await arrives(backend)
    print("parent")

run(main)
"""


@pytest.mark.parametrize("child", ["run(in_the_child); raise SystemExit", "os._exit(0)"])
def test_a_fork_while_the_loop_is_busy(child: str) -> None:
    """The child has a counter of its own, and ending it takes nothing from its parent's loop."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORKED.format(child=child)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = ["child", "0", "parent"] if "run" in child else ["0", "parent"]
    assert (done.stdout.split(), done.returncode) == (said, 0), done.stderr
