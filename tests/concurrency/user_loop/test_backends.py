from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import weakref
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.user_loop.anyio_backend import open_backend
from bridgekit.concurrency.user_loop.backends import asyncio_backend
from tests.helpers.asgi_driver import LOOPS, TIMEOUT, Loop


@pytest.fixture(params=LOOPS, ids=str)
def loop(request: pytest.FixtureRequest) -> Loop:
    kind: Loop = request.param
    return kind


def backend_of_this_loop() -> Any:
    backend = asyncio_backend()
    return open_backend() if backend is None else contextlib.nullcontext(backend)


def test_no_asyncio_backend_outside_of_asyncio() -> None:
    assert asyncio_backend() is None


def test_one_backend_per_asyncio_loop() -> None:
    """Many requests share one wakeup and one timer; another loop in the same thread has its own."""

    async def main() -> Any:
        assert asyncio_backend() is asyncio_backend()
        return asyncio_backend()

    assert asyncio.run(main()) is not asyncio.run(main())


def test_posts_run_on_the_loop_in_order(loop: Loop) -> None:
    async def main() -> list[Any]:
        got: list[Any] = []
        home = threading.get_ident()
        async with backend_of_this_loop() as backend:
            done = anyio.Event()

            def work() -> None:
                for number in range(1000):
                    backend.post(lambda number=number: got.append((number, threading.get_ident())))
                backend.post(done.set)

            thread = threading.Thread(target=work)
            thread.start()
            with anyio.fail_after(TIMEOUT):
                await done.wait()
            thread.join(TIMEOUT)
        return [number for number, ident in got if ident == home]

    assert loop.run(main) == list(range(1000))


def test_posts_from_many_threads_all_arrive(loop: Loop) -> None:
    async def main() -> int:
        count = 0
        async with backend_of_this_loop() as backend:
            done = anyio.Event()

            def letter() -> None:
                nonlocal count
                count += 1
                if count == 8 * 500:
                    done.set()

            def work() -> None:
                for _ in range(500):
                    backend.post(letter)

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            with anyio.fail_after(TIMEOUT):
                await done.wait()
            for thread in threads:
                await anyio.to_thread.run_sync(thread.join, TIMEOUT)
        return count

    assert loop.run(main) == 4000


def test_failing_post_does_not_keep_the_others(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ZeroDivisionError("a letter")

    async def main() -> None:
        async with backend_of_this_loop() as backend:
            done = anyio.Event()

            def work() -> None:
                backend.post(fail)
                backend.post(done.set)

            thread = threading.Thread(target=work)
            thread.start()
            with anyio.fail_after(TIMEOUT):
                await done.wait()
            await anyio.to_thread.run_sync(thread.join, TIMEOUT)

    loop.run(main)
    assert "ZeroDivisionError: a letter" in caplog.text


def test_post_to_a_loop_that_is_gone(loop: Loop) -> None:
    async def main() -> Any:
        async with backend_of_this_loop() as backend:
            return backend

    backend = loop.run(main)
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
    if loop.backend == "asyncio":
        assert backend.gone


def test_signal_set_before_the_wait(loop: Loop) -> None:
    async def main() -> None:
        async with backend_of_this_loop() as backend:
            signal = backend.signal()
            signal.set()
            signal.set()
            with anyio.fail_after(TIMEOUT):
                await signal.wait()
            with anyio.move_on_after(0.01) as scope:
                await signal.wait()
            assert scope.cancelled_caught, "one wait lowers the flag, however often it was raised"

    loop.run(main)


def test_signal_survives_a_cancelled_wait(loop: Loop) -> None:
    async def main() -> None:
        async with backend_of_this_loop() as backend:
            signal = backend.signal()
            with anyio.CancelScope() as scope:
                scope.cancel()
                await signal.wait()
            signal.set()
            with anyio.fail_after(TIMEOUT):
                await signal.wait()

    loop.run(main)


def test_spawned_work_is_cancelled_and_reaped(loop: Loop) -> None:
    async def main() -> list[str]:
        steps: list[str] = []
        async with backend_of_this_loop() as backend:
            started = anyio.Event()

            async def work() -> None:
                started.set()
                try:
                    await anyio.sleep_forever()
                finally:
                    steps.append("ended")

            reap = backend.spawn(work)
            await started.wait()
            await reap()
            steps.append("reaped")
        return steps

    assert loop.run(main) == ["ended", "reaped"]


def test_reaping_work_that_has_ended_returns(loop: Loop) -> None:
    async def main() -> None:
        async with backend_of_this_loop() as backend:
            done = anyio.Event()

            async def work() -> None:
                done.set()

            reap = backend.spawn(work)
            await done.wait()
            with anyio.fail_after(TIMEOUT):
                await reap()

    loop.run(main)


def test_reaping_work_that_never_started_returns(loop: Loop) -> None:
    async def main() -> None:
        async with backend_of_this_loop() as backend:
            with anyio.fail_after(TIMEOUT):
                await backend.spawn(anyio.sleep_forever)()

    loop.run(main)


class Ticking:
    def __init__(self, fails: bool = False) -> None:
        self.ticks = 0
        self.changed = anyio.Event()
        self._fails = fails

    def tick(self) -> None:
        self.ticks += 1
        self.changed.set()
        if self._fails:
            raise ZeroDivisionError("in tick")


def test_enlisted_requests_are_looked_at(loop: Loop) -> None:
    async def main() -> None:
        async with backend_of_this_loop() as backend:
            request, other = Ticking(), Ticking()
            backend.register(request)
            backend.register(other)
            backend.unregister(other)
            with anyio.fail_after(TIMEOUT):
                await request.changed.wait()
            backend.unregister(request)
            backend.unregister(request)
            assert other.ticks == 0

    loop.run(main)


def test_failing_tick_harms_nobody(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    """Looking after a request is no reason to end it, nor its neighbours."""

    async def main() -> None:
        async with backend_of_this_loop() as backend:
            failing, healthy = Ticking(fails=True), Ticking()
            backend.register(failing)
            backend.register(healthy)
            with anyio.fail_after(TIMEOUT):
                await failing.changed.wait()
                failing.changed = anyio.Event()
                await failing.changed.wait()
                await healthy.changed.wait()
            backend.unregister(failing)
            backend.unregister(healthy)

    loop.run(main)
    assert "ZeroDivisionError: in tick" in caplog.text


def test_idle_loop_has_no_timer() -> None:
    """An idle server is not woken."""

    async def main() -> None:
        backend: Any = asyncio_backend()
        request = Ticking()
        backend.register(request)
        await request.changed.wait()
        backend.unregister(request)
        loop = asyncio.get_running_loop()
        passed = loop.create_future()
        loop.call_at(backend._timer.when() + 0.001, passed.set_result, None)
        await passed
        assert backend._timer is None
        assert request.ticks == 1

    asyncio.run(main())


def test_body_of_an_anyio_backend_raises_as_it_is() -> None:
    """No exception group around what a server wants to see by its type."""

    async def main() -> None:
        async with open_backend():
            raise KeyError("mine")

    for loop in LOOPS:
        with pytest.raises(KeyError, match="mine"):
            loop.run(main)


def test_anyio_backend_lets_cancellation_pass(loop: Loop) -> None:
    async def main() -> bool:
        with anyio.CancelScope() as scope:
            async with open_backend():
                scope.cancel()
                await anyio.sleep_forever()
        return scope.cancelled_caught

    assert loop.run(main) is True


def test_closed_loop_is_held_by_nothing_but_its_thread_slot() -> None:
    """One loop per thread at most is kept: the next one takes its place."""
    references: list[weakref.ref[Any]] = []

    async def main() -> None:
        asyncio_backend()
        references.append(weakref.ref(asyncio.get_running_loop()))

    asyncio.run(main())
    asyncio.run(main())
    gc.collect()
    assert references[0]() is None


# Interruption


async def waits_for_ever() -> None:
    await anyio.sleep_forever()


def test_a_context_ends_when_it_is_overdue(loop: Loop) -> None:
    """What it waits for is cancelled, and the coroutine goes on behind it."""

    async def main() -> str:
        async with backend_of_this_loop() as backend:
            with anyio.fail_after(TIMEOUT), backend.interruption(lambda: True):
                await waits_for_ever()
            await anyio.lowlevel.checkpoint()  # nothing of the cancellation is left
            return "went on"

    assert loop.run(main) == "went on"


def test_a_context_that_is_not_overdue_changes_nothing(loop: Loop) -> None:
    asked: list[int] = []

    async def main() -> str:
        async with backend_of_this_loop() as backend:
            ended = anyio.Event()

            def overdue() -> bool:
                asked.append(1)
                if len(asked) == 2:
                    ended.set()
                return False

            with anyio.fail_after(TIMEOUT), backend.interruption(overdue):
                await ended.wait()
                return "result"

    assert (loop.run(main), asked) == ("result", [1, 1])


def test_an_error_in_the_context_passes(loop: Loop) -> None:
    async def main() -> None:
        async with backend_of_this_loop() as backend:
            with pytest.raises(LookupError), backend.interruption(lambda: True):
                raise LookupError

    loop.run(main)


def test_a_cancellation_from_outside_passes_the_context(loop: Loop) -> None:
    """Also where the context is interrupted in the same moment."""

    async def main() -> bool:
        async with backend_of_this_loop() as backend:
            with anyio.CancelScope() as scope:

                def overdue() -> bool:
                    scope.cancel()
                    return True

                with backend.interruption(overdue):
                    await waits_for_ever()
                await waits_for_ever()
            return scope.cancelled_caught

    assert loop.run(main)


def test_a_tasks_own_cancellation_passes_the_context() -> None:
    """The same with asyncio's way: a server cancels the request's task."""

    async def request(begun: asyncio.Event) -> None:
        backend = asyncio_backend()
        assert backend is not None
        task = asyncio.current_task()
        assert task is not None

        def overdue() -> bool:
            task.cancel()
            return True

        with backend.interruption(overdue):
            begun.set()
            await waits_for_ever()
        raise AssertionError("unreachable: the task was cancelled")

    async def main() -> bool:
        begun = asyncio.Event()
        task = asyncio.create_task(request(begun))
        await begun.wait()
        await asyncio.wait((task,), timeout=TIMEOUT)
        return task.cancelled()

    assert asyncio.run(main())
