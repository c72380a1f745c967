"""asyncio's running loop, kept for each greenlet as for a thread."""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Callable
from typing import Any

import greenlet
import pytest

from bridgekit.concurrency.own_loop.greenlets import isolate_running_loops, threads_are_greenlets


def in_a_thread(function: Callable[[], None]) -> None:
    """Trace functions are the operating-system thread's: this one must keep its own."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()
    if failures:
        raise failures[0]


class YieldingSelector(selectors.DefaultSelector):
    """Lets another greenlet run while the loop waits, as gevent's does."""

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.other = other

    def select(self, timeout: float | None = None) -> Any:
        self.other.switch()
        return super().select(0)


def assert_nothing_runs() -> None:
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


async def ask() -> str:
    await asyncio.sleep(0)
    return "there and back"


def test_a_waiting_loop_is_the_matter_of_its_greenlet() -> None:
    """Others may run a loop of their own meanwhile: Django's queries and asgiref's async_to_sync look for one."""

    def check() -> None:
        isolate_running_loops()
        loop = asyncio.SelectorEventLoop(YieldingSelector(greenlet.getcurrent()))
        seen: list[Any] = []

        async def main() -> None:
            for _ in range(3):
                await asyncio.sleep(0)
                seen.append(asyncio.get_running_loop())

        runner = greenlet.greenlet(lambda: loop.run_until_complete(main()))
        runner.switch()
        switches = 0
        while not runner.dead:
            assert_nothing_runs()
            assert asyncio.run(ask()) == "there and back"
            runner.switch()
            switches += 1
        assert switches >= 3
        assert seen == [loop] * 3
        assert_nothing_runs()
        loop.close()

    in_a_thread(check)


def test_a_step_that_waits_is_the_matter_of_its_greenlet() -> None:
    """A thread pool's submit() waits for its thread to begin, in the middle of a task."""

    def check() -> None:
        isolate_running_loops()
        outside = greenlet.getcurrent()

        async def main() -> tuple[Any, Any]:
            before = asyncio.current_task()
            outside.switch()
            return before, asyncio.current_task()

        runner = greenlet.greenlet(lambda: asyncio.run(main()))
        runner.switch()
        assert_nothing_runs()
        assert asyncio.run(ask()) == "there and back"
        before, after = runner.switch()
        assert before is after is not None

    in_a_thread(check)


def test_an_error_thrown_into_a_loops_greenlet_finds_its_loop() -> None:
    """gevent ends greenlets and delivers timeouts so."""

    def check() -> None:
        isolate_running_loops()
        outside = greenlet.getcurrent()
        found: list[Any] = []

        async def main() -> None:
            try:
                outside.switch()
            except LookupError:
                found.append(asyncio.get_running_loop())

        runner = greenlet.greenlet(lambda: asyncio.run(main()))
        runner.switch()
        runner.throw(LookupError)
        assert len(found) == 1
        assert_nothing_runs()

    in_a_thread(check)


def test_another_trace_function_goes_on() -> None:
    """gevent's monitoring has one."""

    def check() -> None:
        events: list[str] = []
        greenlet.settrace(lambda event, switch: events.append(event))
        isolate_running_loops()
        isolate_running_loops()
        greenlet.greenlet(lambda: None).switch()
        assert events == ["switch", "switch"]

    in_a_thread(check)


def test_without_gevent_threads_are_threads() -> None:
    assert not threads_are_greenlets()


def test_a_loop_that_was_left_before_anybody_looked_is_put_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client library's, in a thread that gevent has made a greenlet, before `ASGIToWSGI` was first called."""
    # So patched, asyncio notes for a loop which greenlet runs it.
    monkeypatch.setattr("threading.get_ident", lambda: id(greenlet.getcurrent()))

    def check() -> None:
        main = greenlet.getcurrent()
        running: list[object] = []

        async def client() -> None:
            await ask()
            running.append(asyncio.get_running_loop())
            running.append(asyncio.current_task())

        def run_client() -> None:
            loop = asyncio.SelectorEventLoop(YieldingSelector(main))
            loop.run_until_complete(client())
            running.append(loop)
            loop.close()

        other = greenlet.greenlet(run_client)
        other.switch()
        assert asyncio._get_running_loop() is not None, "the other one's, as asyncio believes"
        isolate_running_loops()
        assert_nothing_runs()
        assert asyncio.run(ask()) == "there and back"
        while not other.dead:
            other.switch()
        assert running[0] is running[2]
        assert running[1] is not None
        assert_nothing_runs()

    in_a_thread(check)
