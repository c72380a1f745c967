"""The loop's own thread waits; others take whole steps meanwhile."""

from __future__ import annotations

import asyncio
import contextvars
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from bridgekit.concurrency.own_loop.visited_loop import Outcome, VisitedLoop, can_be_visited

pytestmark = pytest.mark.skipif(not can_be_visited(), reason="no such loop here")

WAIT = 10.0


def no_enter(context: contextvars.Context) -> None:
    pass


class Running:
    """A loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = VisitedLoop()
        self.loop.set_debug(False)  # on under PYTHONDEVMODE, where nobody visits
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.loop.run_forever()
        finally:
            self.loop.close()

    def here(
        self, function: Callable[[], Coroutine[Any, Any, Any]], enter: Any = no_enter, context: Any = None
    ) -> Outcome:
        """A visit, as soon as the loop has nothing to do."""
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            coroutine = function()
            outcome = self.loop.call_here(coroutine, context or contextvars.copy_context(), enter)
            if outcome is not None:
                return outcome
            coroutine.close()
        raise AssertionError("the loop is never idle")

    def refuses(self) -> bool:
        coroutine = nothing()
        refused = self.loop.call_here(coroutine, contextvars.copy_context(), no_enter) is None
        coroutine.close()
        return refused

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(WAIT)


async def nothing() -> None: ...


@pytest.fixture
def running() -> Iterator[Running]:
    running = Running()
    yield running
    running.stop()


def test_a_coroutine_runs_in_the_thread_that_calls_as_if_on_the_loop(running: Running) -> None:
    async def look() -> Any:
        return threading.get_ident(), asyncio.get_running_loop(), asyncio.current_task()

    ident, loop, task = running.here(look).get()
    assert ident == threading.get_ident()
    assert loop is running.loop
    assert task.done()
    assert asyncio.current_task(running.loop) is None


def test_the_thread_is_afterwards_as_it_was(running: Running) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")

    async def change() -> None:
        variable.set("changed")

    hooks = sys.get_asyncgen_hooks()
    context = contextvars.copy_context()
    running.here(change, context=context)
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    assert sys.get_asyncgen_hooks() == hooks
    assert variable.get() == "unset"
    assert context[variable] == "changed"


@pytest.mark.parametrize("error", [LookupError, SystemExit, asyncio.CancelledError])
def test_what_it_raises_is_raised_in_the_thread_and_the_loop_goes_on(
    running: Running, error: type[BaseException]
) -> None:
    async def fail() -> None:
        raise error("for the caller")

    outcome = running.here(fail)
    with pytest.raises(error, match="for the caller"):
        outcome.get()
    assert running.here(nothing).get() is None


def test_while_the_loop_runs_something_nobody_visits(running: Running) -> None:
    entered, go = threading.Event(), threading.Event()

    def busy() -> None:
        entered.set()
        go.wait(WAIT)

    running.here(nothing)
    running.loop.call_soon_threadsafe(busy)
    assert entered.wait(WAIT)
    assert running.refuses()
    go.set()
    running.here(nothing)


def test_while_one_visits_the_loop_and_others_wait(running: Running) -> None:
    """What is atomic on a loop stays so, however long it takes."""
    entered, go, ran = threading.Event(), threading.Event(), threading.Event()

    async def long() -> bool:
        entered.set()
        go.wait(WAIT)
        return ran.is_set()

    done: list[Outcome] = []
    visitor = threading.Thread(target=lambda: done.append(running.here(long)))
    visitor.start()
    assert entered.wait(WAIT)
    running.loop.call_soon_threadsafe(ran.set)
    assert running.refuses()
    assert not ran.is_set()
    go.set()
    visitor.join(WAIT)
    assert done[0].get() is False
    assert ran.wait(WAIT)


def test_what_a_visitor_leaves_is_done_by_the_loop_s_thread(running: Running) -> None:
    """It sleeps without a bound, and is told."""
    ran: dict[str, tuple[int, str]] = {}
    done = threading.Event()
    home: contextvars.ContextVar[str] = contextvars.ContextVar("home", default="nowhere")

    def enter(context: contextvars.Context) -> None:
        home.set(context[home] + ", moved")

    def note(name: str) -> None:
        ran[name] = threading.get_ident(), home.get()
        if len(ran) == 5:
            done.set()

    async def wait_for(future: asyncio.Future[None]) -> None:
        await future
        note("woken")

    futures: list[asyncio.Future[None]] = []

    def start_waiting() -> None:
        futures.append(running.loop.create_future())
        tasks.append(running.loop.create_task(wait_for(futures[0])))

    tasks: list[asyncio.Task[None]] = []
    home.set("outside")
    running.loop.call_soon_threadsafe(start_waiting)

    async def child() -> None:
        note("task")

    async def leave() -> bool:
        if not futures:
            return False
        home.set("visit")
        loop = asyncio.get_running_loop()
        loop.call_soon(note, "soon")
        loop.call_soon_threadsafe(note, "threadsafe")
        loop.call_later(0.001, note, "later")
        tasks.append(asyncio.create_task(child()))
        futures[0].set_result(None)
        return True

    while not running.here(leave, enter).get():
        pass
    assert done.wait(WAIT)
    ident = running.thread.ident
    moved = (ident, "visit, moved")
    assert ran == {
        "soon": moved,
        "threadsafe": moved,
        "later": moved,
        "task": moved,
        "woken": (ident, "outside, moved"),
    }


def test_callbacks_of_others_are_left_alone_during_a_visit(running: Running) -> None:
    entered: list[object] = []
    ran = threading.Event()

    async def meanwhile() -> None:
        other = threading.Thread(target=running.loop.call_soon_threadsafe, args=(ran.set,))
        other.start()
        other.join(WAIT)

    running.here(meanwhile, entered.append)
    assert ran.wait(WAIT)
    assert entered == []


def test_a_loop_that_wants_its_turn_gets_it_from_visitors_without_end(running: Running) -> None:
    over = threading.Event()
    turns = 0

    def visit() -> None:
        while not over.is_set():
            coroutine = nothing()
            if running.loop.call_here(coroutine, contextvars.copy_context(), no_enter) is None:
                coroutine.close()

    visitors = [threading.Thread(target=visit) for _ in range(2)]
    for visitor in visitors:
        visitor.start()
    try:
        for _ in range(3):
            ran = threading.Event()
            running.loop.call_soon_threadsafe(ran.set)
            turns += ran.wait(WAIT)
    finally:
        over.set()
        for visitor in visitors:
            visitor.join(WAIT)
    assert turns == 3


def test_in_debug_mode_and_with_tasks_that_begin_at_once_nobody_visits(running: Running) -> None:
    running.here(nothing)
    running.loop.set_debug(True)
    assert running.refuses()
    running.loop.set_debug(False)
    running.loop.set_task_factory(asyncio.eager_task_factory)  # type: ignore[attr-defined,unused-ignore]  # since 3.12
    assert running.refuses()
    running.loop.set_task_factory(None)
    running.here(nothing)


def test_a_loop_that_has_ended_is_not_visited() -> None:
    running = Running()
    running.here(nothing)
    running.stop()
    assert running.refuses()


def test_sockets_are_served_whoever_has_registered_them(running: Running) -> None:
    """Reading, writing and the end of both, through the selector of its own."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(WAIT)
    got: list[bytes] = []
    read, writable = threading.Event(), threading.Event()

    def on_data() -> None:
        got.append(ours.recv(10))
        read.set()

    def on_room() -> None:
        running.loop.remove_writer(ours)
        writable.set()

    async def register() -> None:
        running.loop.add_reader(ours, on_data)

    async def ask_for_room() -> None:
        running.loop.add_writer(ours, on_room)

    async def leave() -> None:
        running.loop.remove_reader(ours)

    with ours, theirs:
        running.here(register)
        theirs.sendall(b"ping")
        assert read.wait(WAIT)
        running.here(ask_for_room)
        assert writable.wait(WAIT)
        running.here(leave)
        theirs.sendall(b"unread")
        running.here(nothing)
        assert got == [b"ping"]


SCRIPT = """
import select, selectors, threading
for module, name in ((select, "epoll"), (selectors, "EpollSelector")):
    if hasattr(module, name):
        delattr(module, name)
from bridgekit.concurrency.own_loop.loop_thread import borrow
async def nothing(): ...
borrowed = borrow("asyncio", nothing)
ran = threading.Event()
borrowed.thread.loop.post(ran.set)
assert ran.wait(10)
borrowed.give_back()
assert borrowed.ended.wait(10)
"""


def test_where_there_is_no_epoll_the_loop_is_a_plain_one() -> None:
    """Other systems, and gevent's monkey patching, which takes the names away."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_timer_fires_when_its_time_has_come(running: Running) -> None:
    fired: list[float] = []
    done = threading.Event()

    def fire(due: float) -> None:
        fired.append(running.loop.time() - due)
        done.set()

    def start() -> None:
        due = running.loop.time() + 0.0123
        running.loop.call_at(due, fire, due)

    running.loop.call_soon_threadsafe(start)
    assert done.wait(WAIT)
    assert fired[0] >= -0.001
