from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from bridgekit.concurrency.own_loop import loop_thread
from bridgekit.concurrency.own_loop.loop_thread import borrow
from bridgekit.concurrency.own_loop.loops import AsyncioLoop
from tests.helpers.loosely import void

WAIT = 10.0
ROOT = Path(__file__).parents[3]


async def nothing() -> None: ...


@pytest.fixture(autouse=True)
def _no_borrows_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler of Django's in the same process may hold a borrow for as long as that runs."""
    monkeypatch.setattr(loop_thread, "_states", {})


@pytest.fixture(params=["asyncio", "uvloop", "trio"])
def backend(request: pytest.FixtureRequest) -> Any:
    if request.param != "asyncio":
        pytest.importorskip(request.param)
    return request.param


def test_borrows_of_one_backend_share_a_thread_that_ends_with_the_last(backend: Any) -> None:
    first, second = borrow(backend, nothing), borrow(backend, nothing)
    thread = first.thread
    assert second.thread is thread
    first.give_back()
    assert first.ended.wait(WAIT)
    assert thread.alive
    second.give_back()
    assert second.ended.wait(WAIT)
    assert thread.join(WAIT)
    assert not thread.alive
    third = borrow(backend, nothing)
    assert third.thread is not thread
    third.give_back()
    assert third.thread.join(WAIT)


def test_closing_runs_on_the_loop_before_the_borrow_ends(backend: Any) -> None:
    ran: list[int] = []

    async def closing() -> None:
        ran.append(threading.get_ident())

    held = borrow(backend, closing)
    held.give_back()
    held.give_back()
    assert held.ended.wait(WAIT)
    assert held.thread.join(WAIT)
    assert len(ran) == 1
    assert ran[0] != threading.get_ident()


def test_a_failing_close_is_logged_and_ends_the_borrow(
    backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def closing() -> None:
        raise LookupError("why")

    held = borrow(backend, closing)
    held.give_back()
    assert held.thread.join(WAIT)
    assert "LookupError: why" in caplog.text


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
def test_a_task_that_tries_to_end_the_process_does_not_end_the_loop(kind: type[BaseException]) -> None:
    """asyncio lets both out of run_forever()."""
    held = borrow("asyncio", nothing)
    loop = held.thread.loop

    async def exits() -> None:
        await asyncio.sleep(0)
        raise kind

    def begin() -> None:
        begun.append(loop.spawn(exits, contextvars.Context()))

    answered = threading.Event()
    begun: list[Any] = []
    loop.post(begin)
    loop.post(lambda: void(loop.later(0.01, answered.set)))
    assert answered.wait(WAIT)
    # Asked for: asyncio would report it when the task is collected, in the middle of another test.
    assert type(begun[0].exception()) is kind
    held.give_back()
    assert held.thread.join(WAIT)


def test_letters_behind_one_that_tries_to_end_the_process_are_delivered() -> None:
    held = borrow("asyncio", nothing)
    loop = held.thread.loop
    in_line, answered = threading.Event(), threading.Event()

    def exits() -> None:
        assert in_line.wait(WAIT)
        raise SystemExit

    loop.post(exits)
    loop.post(answered.set)
    in_line.set()
    assert answered.wait(WAIT)
    held.give_back()
    assert held.thread.join(WAIT)


def test_an_application_that_stops_the_loop_does_not_stop_it() -> None:
    held = borrow("asyncio", nothing)
    loop = held.thread.loop
    assert isinstance(loop, AsyncioLoop)
    loop.post(loop.native.stop)
    answered = threading.Event()
    loop.post(answered.set)
    assert answered.wait(WAIT)
    held.give_back()
    assert held.thread.join(WAIT)


def test_what_is_left_on_the_loop_is_cancelled_at_its_end(backend: Any) -> None:
    cancelled, begun = threading.Event(), threading.Event()
    held = borrow(backend, nothing)
    loop = held.thread.loop

    async def forever() -> None:
        begun.set()
        try:
            await loop.waiter()
        finally:
            cancelled.set()

    loop.post(lambda: void(loop.spawn(forever, contextvars.Context())))
    assert begun.wait(WAIT)
    held.give_back()
    assert cancelled.wait(WAIT)
    assert held.thread.join(WAIT)


def test_a_dead_loop_is_replaced_and_its_tenants_are_told() -> None:
    class Session:
        def __init__(self) -> None:
            self.stopped = threading.Event()

        def stop(self) -> None:
            self.stopped.set()

    session = Session()
    dead = borrow("asyncio", nothing)
    dead.thread.sessions.add(session)
    loop = dead.thread.loop
    assert isinstance(loop, AsyncioLoop)
    loop.post(loop.stop)
    assert session.stopped.wait(WAIT)
    alive = borrow("asyncio", nothing)
    assert alive.thread is not dead.thread
    dead.give_back()
    assert dead.ended.wait(WAIT)
    alive.give_back()
    assert alive.thread.join(WAIT)


def test_uvloop_that_is_not_installed_is_an_error_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with pytest.raises(RuntimeError, match="pip install uvloop"):
        borrow("uvloop", nothing)


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


APP = """
import os, sys, threading
from bridgekit import ASGIToWSGI
from tests.helpers.wsgi_client import get

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        print("startup", flush=True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("shutdown", flush=True)
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})

adapter = ASGIToWSGI(app)
"""


def test_nothing_starts_at_import_and_everything_ends_at_exit() -> None:
    code = APP + "assert threading.active_count() == 1; print(get(adapter).body)"
    assert run(code).split() == ["startup", "b'hello'", "shutdown"]


def test_a_forked_child_serves_whether_the_parent_did_or_not() -> None:
    """gunicorn --preload, uwsgi --master: the application is imported, and used or not, before the fork."""
    for before in ("", "get(adapter);"):
        code = f"""{APP}
{before}
pid = os.fork()
if pid == 0:
    assert get(adapter).body == b"hello"
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert get(adapter).body == b"hello"
"""
        assert sorted(run(code).split()) == ["shutdown"] * 2 + ["startup"] * 2


def test_dropped_adapters_leave_no_thread_behind() -> None:
    code = f"""{APP}
import gc
for _ in range(3):
    adapters = [ASGIToWSGI(app) for _ in range(3)]
    for one in adapters:
        get(one)
    (thread,) = [t for t in threading.enumerate() if t.name == "bridgekit-asyncio"]
    del adapters, one
    gc.collect()
    thread.join(10)
    assert not thread.is_alive()
assert threading.active_count() == 1
"""
    assert run(code).split().count("shutdown") == 9


def test_asyncio_is_left_as_it_was() -> None:
    """The caller's thread has no loop set by us."""
    code = f"""{APP}
import asyncio
get(adapter)
asyncio.run(asyncio.sleep(0))
"""
    assert "shutdown" in run(code)
