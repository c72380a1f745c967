"""Nothing of a request's context stays: not in the threads, not in the server's tasks, not under the wrong request."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import sniffio
from asgiref.local import Local

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import Environ, Message, StartResponse
from tests.helpers.asgi_driver import (
    LOOPS,
    TIMEOUT,
    Connection,
    Loop,
    body_events,
    http_scope,
    reached,
    serving,
    upload_scope,
)
from tests.helpers.waiting import until
from tests.helpers.wsgi_apps import PLAIN, answers

Adapt = Callable[..., WSGIToASGI]

variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")


class Held:
    """Something that a request has in a context variable."""


async def in_context_of(context: contextvars.Context, work: Callable[[], Any]) -> None:
    """Await ``work()`` in a task that begins with ``context``, as servers make one for each request."""
    async with anyio.create_task_group() as tasks:
        context.run(tasks.start_soon, work)


def context_with(value: Any) -> contextvars.Context:
    context = contextvars.copy_context()
    context.run(variable.set, value)
    return context


def let_go(references: list[weakref.ref[Held]], loop: Loop) -> None:
    """Wait until nobody holds what is referred to. trio's cancelled tasks are cycles, which wait for the collector."""

    def gone() -> bool:
        if loop.backend == "trio":
            gc.collect()
        return all(reference() is None for reference in references)

    until(gone)


def look_into(adapter: WSGIToASGI) -> contextvars.Context:
    """The context of the adapter's only thread between two requests."""
    found: list[contextvars.Context] = []
    looked = threading.Event()

    def look() -> None:
        found.append(contextvars.copy_context())
        looked.set()

    adapter.pool.submit(look)
    assert looked.wait(TIMEOUT)
    return found[0]


def test_an_idle_thread_has_no_variable_of_a_request(adapt: Adapt, loop: Loop) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        variable.set("the application's")
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app, max_workers=1)

    async def main() -> None:
        connection = Connection(http_scope())
        await in_context_of(
            context_with("the caller's"),
            lambda: adapter(connection.scope, connection.receive, connection.send),
        )

    loop.run(main)
    assert variable not in look_into(adapter)


@pytest.mark.parametrize("fails", [False, True])
def test_an_idle_thread_and_an_idle_loop_keep_no_object_of_a_request(
    adapt: Adapt, loop: Loop, fails: bool
) -> None:
    """Not even until the garbage collector comes, on asyncio; a user's record must not lie about until the thread's next request."""
    seen: list[weakref.ref[Held]] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        held = Held()
        variable.set(held)
        seen.append(weakref.ref(held))
        if fails:
            raise LookupError("the application's")
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app, max_workers=1)

    async def serve() -> None:
        held = Held()
        variable.set(held)
        seen.append(weakref.ref(held))
        connection = Connection(http_scope())
        try:
            await adapter(connection.scope, connection.receive, connection.send)
        except LookupError as error:
            assert fails
            error.__traceback__ = None

    async def main() -> None:
        await in_context_of(contextvars.copy_context(), serve)
        await anyio.lowlevel.checkpoint()
        assert len(seen) == 2
        let_go(seen, loop)

    loop.run(main)


def test_a_request_that_lasts_keeps_nothing_of_an_earlier_one(adapt: Adapt, loop: Loop) -> None:
    """The clock that looks after the requests of a loop is started by one and goes on for the others."""
    go_on, called = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/long":
            called.set()
            assert go_on.wait(TIMEOUT)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app)
    long = Connection(http_scope("/long"))
    seen: list[weakref.ref[Held]] = []

    async def first() -> None:
        held = Held()
        variable.set(held)
        seen.append(weakref.ref(held))
        connection = Connection(http_scope())
        await adapter(connection.scope, connection.receive, connection.send)

    async def main() -> None:
        await in_context_of(contextvars.copy_context(), first)
        async with serving(adapter, long):
            await reached(called)
            await long.until(lambda: long.receiving > 0)  # the clock has ticked
            await anyio.lowlevel.checkpoint()
            let_go(seen, loop)
            go_on.set()

    loop.run(main)


def test_receive_is_called_in_the_context_of_its_request(adapt: Adapt, loop: Loop) -> None:
    """Middleware around `receive` reads its request's variables there, whoever else is being served."""
    go_on = threading.Event()
    called = threading.Semaphore(0)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        called.release()
        assert go_on.wait(TIMEOUT)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app)
    seen: dict[str, list[str]] = {"first": [], "second": []}

    async def serve(name: str, connection: Connection) -> None:
        variable.set(name)

        async def receive() -> Message:
            seen[name].append(variable.get())
            return await connection.receive()

        await adapter(connection.scope, receive, connection.send)

    connections = [Connection(http_scope()), Connection(http_scope())]

    async def main() -> None:
        with anyio.fail_after(TIMEOUT):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(serve, "first", connections[0])
                tasks.start_soon(serve, "second", connections[1])
                for connection in connections:
                    await connection.until(lambda c=connection: c.receive_calls == 2)  # type: ignore[misc]
                go_on.set()

    loop.run(main)
    assert seen == {"first": ["first"] * 2, "second": ["second"] * 2}


def test_the_callers_context_is_as_it_was(adapt: Adapt, loop: Loop) -> None:
    """Variable by variable and object by object, asgiref's own data included."""
    local = Local()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        assert local.who == "the caller"
        environ["wsgi.input"].read()
        start_response("200 OK", list(PLAIN))
        return iter([b"x", b"y"])

    adapter = adapt(app, prebuffer=0)

    async def main() -> None:
        local.who = "the caller"
        variable.set(Held())
        before = dict(contextvars.copy_context())
        connection = Connection(upload_scope(6), body_events(b"abc", b"def"))
        await adapter(connection.scope, connection.receive, connection.send)
        after = dict(contextvars.copy_context())
        assert connection.complete
        assert after.keys() == before.keys()
        assert all(after[name] is before[name] for name in before)

    loop.run(main)


@pytest.mark.parametrize("inner", ["asyncio", "trio"])
def test_an_application_may_run_an_event_loop(adapt: Adapt, loop: Loop, inner: str) -> None:
    """`anyio.run` looks whether a loop runs already, in a context variable that the server's own ``anyio.run`` has set."""

    async def work() -> str:
        await anyio.lowlevel.checkpoint()
        return sniffio.current_async_library()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with pytest.raises(sniffio.AsyncLibraryNotFoundError):
            sniffio.current_async_library()
        library = anyio.run(work, backend=inner)
        start_response("200 OK", list(PLAIN))
        return [library.encode()]

    adapter = adapt(app)

    async def main() -> None:
        connection = Connection(http_scope())
        await adapter(connection.scope, connection.receive, connection.send)
        assert connection.body == inner.encode()
        assert sniffio.current_async_library() == loop.backend
        await anyio.lowlevel.checkpoint()

    loop.run(main)


@pytest.mark.parametrize("inner", ["asyncio", "trio"])
def test_an_application_behind_both_adapters_knows_its_own_loop(adapt: Adapt, loop: Loop, inner: Any) -> None:
    """The server's loop and the application's are of different libraries."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await anyio.sleep(0.001)
        library = sniffio.current_async_library().encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": library})

    bridge = ASGIToWSGI(app, backend=inner, lifespan="off")
    try:
        assert loop.get(adapt(bridge)).body == inner.encode()
    finally:
        bridge.shutdown()


def test_a_thread_that_starts_with_its_starters_context_keeps_nothing(
    adapt: Adapt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's flag `thread_inherit_context` and instrumentation of `threading.Thread.start` do that."""
    start = threading.Thread.start

    def start_with_context(thread: threading.Thread) -> None:
        context, run = contextvars.copy_context(), thread.run
        thread.run = lambda: context.run(run)  # type: ignore[method-assign]
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_with_context)
    adapter = adapt(answers(b"x"), max_workers=1)

    async def main() -> None:
        connection = Connection(http_scope())
        await in_context_of(
            context_with("the caller's"),
            lambda: adapter(connection.scope, connection.receive, connection.send),
        )
        assert connection.complete

    LOOPS[0].run(main)
    assert variable not in look_into(adapter)


def test_a_closed_loop_leaves_no_clock_behind(adapt: Adapt) -> None:
    """The thread remembers its last loop; what a request on it has set must not be remembered with it."""
    seen: list[weakref.ref[Held]] = []
    adapter = adapt(answers(b"x"))

    async def main() -> None:
        held = Held()
        variable.set(held)
        seen.append(weakref.ref(held))
        connection = Connection(http_scope())
        await adapter(connection.scope, connection.receive, connection.send)

    asyncio.run(main())
    until(lambda: seen[0]() is None)
