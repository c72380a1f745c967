"""Async views in a WSGI application run on the server's loop, by `asgiref.sync.async_to_sync` as Flask and Django do it."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest
from asgiref.sync import SyncToAsync, async_to_sync, sync_to_async

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.concurrency.user_loop import async_views
from bridgekit.typing import Environ, StartResponse
from tests.helpers.asgi_driver import LOOPS, TIMEOUT, Connection, Loop, http_scope, reached, serving
from tests.helpers.wsgi_apps import PLAIN, answers

Adapt = Callable[..., WSGIToASGI]

asyncio_only = pytest.mark.parametrize(
    "loop", [loop for loop in LOOPS if loop.backend == "asyncio"], ids=str, indirect=False
)
trio_only = pytest.mark.parametrize(
    "loop", [loop for loop in LOOPS if loop.backend == "trio"], ids=str, indirect=False
)


async def running_loop() -> asyncio.AbstractEventLoop:
    await asyncio.sleep(0)
    return asyncio.get_running_loop()


def told_in_idle_thread(adapter: WSGIToASGI) -> dict[str, Any]:
    """What the adapter's only thread tells asgiref between two requests."""
    told: list[dict[str, Any]] = []
    looked = threading.Event()

    def look() -> None:
        told.append(dict(SyncToAsync.threadlocal.__dict__))
        looked.set()

    adapter.pool.submit(look)
    assert looked.wait(TIMEOUT)
    return told[0]


@asyncio_only
def test_call_iteration_and_close_run_coroutines_on_the_servers_loop(adapt: Adapt, loop: Loop) -> None:
    """What one of them makes there (a queue, a client's connections) all others and later requests can use."""
    loops: list[asyncio.AbstractEventLoop] = []
    run = async_to_sync(running_loop)

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            loops.append(run())
            yield b"x"

        def close(self) -> None:
            loops.append(run())

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        loops.append(run())
        start_response("200 OK", list(PLAIN))
        return Body()

    adapter = adapt(app)

    async def main() -> None:
        for _ in range(2):
            connection = Connection(http_scope())
            await adapter(connection.scope, connection.receive, connection.send)
            assert connection.complete
        assert loops == [asyncio.get_running_loop()] * 6

    loop.run(main)


@asyncio_only
def test_async_views_of_many_requests_wait_beside_each_other(adapt: Adapt, loop: Loop) -> None:
    """Each holds its thread, none the loop."""
    present: list[asyncio.Event] = []

    async def view() -> None:
        present.append(asyncio.Event())
        if len(present) == 8:
            for event in present:
                event.set()
        await present[0].wait()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        async_to_sync(view)()
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app, max_workers=8)
    connections = [Connection(http_scope()) for _ in range(8)]

    async def main() -> None:
        with anyio.fail_after(TIMEOUT):
            async with anyio.create_task_group() as tasks:
                for connection in connections:
                    tasks.start_soon(adapter, connection.scope, connection.receive, connection.send)

    loop.run(main)
    assert all(connection.complete for connection in connections)


@asyncio_only
def test_sync_code_of_an_async_view_runs_in_the_requests_thread(adapt: Adapt, loop: Loop) -> None:
    """asgiref's "thread-sensitive": a database connection that was opened in the thread is used there."""
    threads: list[threading.Thread] = []

    async def view() -> None:
        await sync_to_async(lambda: threads.append(threading.current_thread()))()
        await sync_to_async(lambda: async_to_sync(running_loop)())()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        threads.append(threading.current_thread())
        async_to_sync(view)()
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    loop.get(adapt(app))
    assert threads[0] is threads[1]


@pytest.mark.parametrize("fails", [False, True])
def test_the_thread_forgets_the_loop_with_the_request(adapt: Adapt, loop: Loop, fails: bool) -> None:
    """Also what asgiref itself has noted there meanwhile."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        async_to_sync(sync_to_async(lambda: None))()
        if fails:
            raise LookupError("the application's")
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app, max_workers=1)
    if fails:
        with pytest.raises(LookupError):
            loop.get(adapter)
    else:
        loop.get(adapter)
    assert told_in_idle_thread(adapter) == {}


def test_an_application_without_async_views_leaves_nothing_either(adapt: Adapt, loop: Loop) -> None:
    adapter = adapt(answers(b"x"), max_workers=1)
    loop.get(adapter)
    assert told_in_idle_thread(adapter) == {}


@asyncio_only
def test_a_thread_of_the_applications_own_has_loops_of_its_own(adapt: Adapt, loop: Loop) -> None:
    """As everywhere: nobody takes its marks back, so it is given none."""
    loops: list[asyncio.AbstractEventLoop] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        thread = threading.Thread(target=lambda: loops.append(async_to_sync(running_loop)()))
        thread.start()
        thread.join(TIMEOUT)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    async def main() -> None:
        connection = Connection(http_scope())
        await adapt(app)(connection.scope, connection.receive, connection.send)
        assert loops
        assert loops[0] is not asyncio.get_running_loop()

    loop.run(main)


@asyncio_only
def test_each_adapter_of_a_pile_tells_its_own_loop(adapt: Adapt, loop: Loop) -> None:
    """A WSGI application behind WSGI behind ASGI: its server's loop is that of the adapter around it."""
    seen: list[Any] = []

    def inner(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(async_to_sync(running_loop)())
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    innermost = adapt(inner)

    async def between(scope: Any, receive: Any, send: Any) -> None:
        seen.append(asyncio.get_running_loop())
        await innermost(scope, receive, send)

    bridge = ASGIToWSGI(between, lifespan="off")
    try:

        def outer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            seen.append(async_to_sync(running_loop)())
            body = bridge(environ, start_response)
            seen.append(async_to_sync(running_loop)())
            return body

        async def main() -> None:
            connection = Connection(http_scope())
            await adapt(outer)(connection.scope, connection.receive, connection.send)
            assert connection.body == b"x"
            mine = asyncio.get_running_loop()
            assert seen[0] is seen[3] is mine
            assert seen[1] is seen[2] is not mine

        loop.run(main)
    finally:
        bridge.shutdown()


@asyncio_only
def test_cancelling_a_request_cancels_its_async_view(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """A view that waits would hold its thread for ever; that it ended so is no error of the application."""
    waiting, ended = threading.Event(), threading.Event()

    async def view() -> None:
        waiting.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        async_to_sync(view)()
        return []

    adapter = adapt(app)
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapter, connection) as scope:
            await reached(waiting)
            scope.cancel()
        await reached(ended)
        await anyio.to_thread.run_sync(lambda: adapter.pool.shutdown(wait_seconds=TIMEOUT))

    loop.run(main)
    assert adapter.pool.threads == 0
    assert not caplog.records


@asyncio_only
def test_closing_a_cancelled_stream_reaches_the_loop(adapt: Adapt, loop: Loop) -> None:
    """``close()`` may run coroutines: Django's handlers of `request_finished` may be async."""
    loops: list[asyncio.AbstractEventLoop] = []
    closed = threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            return itertools.repeat(b"x" * 1000)

        def close(self) -> None:
            loops.append(async_to_sync(running_loop)())
            closed.set()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        return Endless()

    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(app), connection) as scope:
            await connection.until(lambda: connection.body != b"")
            scope.cancel()
        await reached(closed)
        assert loops == [asyncio.get_running_loop()]

    loop.run(main)


def test_an_async_view_after_the_loop_was_closed_has_a_loop_of_its_own(adapt: Adapt) -> None:
    """The request is over, but what the application still has to do can be done."""
    inside, go_on, done = threading.Event(), threading.Event(), threading.Event()
    results: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        inside.set()
        assert go_on.wait(TIMEOUT)
        results.append(async_to_sync(running_loop)())
        done.set()
        return []

    adapter = adapt(app)
    tasks: list[asyncio.Task[None]] = []

    async def main() -> None:
        connection = Connection(http_scope())
        tasks.append(asyncio.ensure_future(adapter(connection.scope, connection.receive, connection.send)))
        await reached(inside)

    asyncio.run(main())
    go_on.set()
    assert done.wait(TIMEOUT)
    assert results[0] is not tasks[0].get_loop()


@trio_only
def test_on_trio_async_views_have_loops_of_their_own_and_the_log_says_so(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asgiref knows asyncio alone. It is said once, not for each request."""
    monkeypatch.setattr(async_views.FOREIGN_LOOP, "_reported", False)
    names: list[str] = []

    async def view() -> None:
        await anyio.lowlevel.checkpoint()
        names.append(type(asyncio.get_running_loop()).__module__)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        async_to_sync(view)()
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app)
    assert [loop.get(adapter).body, loop.get(adapter).body] == [b"x", b"x"]
    assert len(names) == 2
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "serve on asyncio" in caplog.text


@asyncio_only
def test_hooks_reach_the_loop_of_the_requests(adapt: Adapt, loop: Loop) -> None:
    """A pool that a plain ``on_startup`` opens by `async_to_sync` is one of the loop on which views will use it."""
    loops: list[asyncio.AbstractEventLoop] = []
    threads: list[dict[str, Any]] = []

    def hook() -> None:
        loops.append(async_to_sync(running_loop)())

    adapter = adapt(answers(b"x"), on_startup=hook, on_shutdown=hook)

    async def main() -> None:
        events = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> Any:
            return {"type": next(events)}

        async def send(message: Any) -> None:
            assert message["type"].endswith(".complete")
            threads.append(await anyio.to_thread.run_sync(lambda: dict(SyncToAsync.threadlocal.__dict__)))

        await adapter({"type": "lifespan"}, receive, send)
        assert loops == [asyncio.get_running_loop()] * 2

    loop.run(main)
    assert threads == [{}, {}]


def test_what_a_thread_of_others_told_is_put_back() -> None:
    told = async_views.threadlocal.__dict__
    told.clear()
    told["main_event_loop"] = before = object()
    try:
        with pytest.raises(LookupError), async_views.lent({"main_event_loop": object(), "task_context": []}):
            raise LookupError
        assert told == {"main_event_loop": before}
    finally:
        told.clear()
