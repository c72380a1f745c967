"""The adapter's own life: lifespan, websockets, saturation, context variables, threads."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import itertools
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

import anyio
import pytest
from asgiref.local import Local
from asgiref.sync import async_to_sync

from bridgekit import WSGIToASGI
from bridgekit.adapters.wsgi_to_asgi.rate_limited_log import SECONDS, RateLimitedLog
from bridgekit.typing import Environ, Message, StartResponse
from tests.adapters.conftest import worker_threads
from tests.helpers.asgi_driver import TIMEOUT, Connection, Loop, http_scope, reached, serve_whole, serving
from tests.helpers.wsgi_apps import PLAIN, Streams, answers

Adapt = Callable[..., WSGIToASGI]

HELLO = answers(b"hello")


async def talk(adapter: WSGIToASGI, scope: dict[str, Any], *events: Message) -> list[Message]:
    """Run a connection that is not HTTP over scripted events; what was sent."""
    pending, sent = list(events), []

    async def receive() -> Message:
        assert pending, "receive() was called once too often"
        return pending.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    with anyio.fail_after(TIMEOUT):
        try:
            await adapter(scope, receive, send)
        except BaseException as error:
            error.sent = sent  # type: ignore[attr-defined]
            raise
    return sent


LIFESPAN = {"type": "lifespan", "asgi": {"version": "3.0"}}
STARTUP: Message = {"type": "lifespan.startup"}
SHUTDOWN: Message = {"type": "lifespan.shutdown"}


# Lifespan


def test_lifespan_is_answered(adapt: Adapt, loop: Loop) -> None:
    """ASGI "Lifespan Protocol": one answer to each question, then return."""
    sent = loop.run(lambda: talk(adapt(HELLO), LIFESPAN, STARTUP, SHUTDOWN))
    assert sent == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_hooks_run_between_question_and_answer(adapt: Adapt, loop: Loop) -> None:
    """A coroutine function on the loop, a plain one in a thread, since it may block."""
    home: list[int] = []
    steps: list[tuple[str, bool]] = []

    async def startup() -> None:
        steps.append(("startup", threading.get_ident() == home[0]))

    def shutdown() -> None:
        steps.append(("shutdown", threading.get_ident() == home[0]))

    async def main() -> list[Message]:
        home.append(threading.get_ident())
        return await talk(adapt(HELLO, on_startup=startup, on_shutdown=shutdown), LIFESPAN, STARTUP, SHUTDOWN)

    assert len(loop.run(main)) == 2
    assert steps == [("startup", True), ("shutdown", False)]


def test_hook_that_is_an_object_with_a_coroutine_call(adapt: Adapt, loop: Loop) -> None:
    """Not every coroutine function looks like one."""
    done: list[int] = []

    class Hook:
        async def __call__(self) -> None:
            await anyio.lowlevel.checkpoint()
            done.append(1)

    loop.run(lambda: talk(adapt(HELLO, on_startup=Hook()), LIFESPAN, STARTUP, SHUTDOWN))
    assert done == [1]


@pytest.mark.parametrize("phase", ["startup", "shutdown"])
def test_failing_hook_is_reported(adapt: Adapt, loop: Loop, phase: str) -> None:
    """ASGI "Lifespan Protocol": startup.failed makes the server log and exit; the traceback says why."""

    def fail() -> None:
        raise LookupError("no database")

    options: dict[str, Any] = {f"on_{phase}": fail}
    with pytest.raises(LookupError, match="no database") as caught:
        loop.run(lambda: talk(adapt(HELLO, **options), LIFESPAN, STARTUP, SHUTDOWN))
    sent: list[Message] = caught.value.sent  # type: ignore[attr-defined]
    assert sent[-1]["type"] == f"lifespan.{phase}.failed"
    assert "LookupError: no database" in sent[-1]["message"]


def test_shutdown_ends_the_threads(adapt: Adapt, loop: Loop) -> None:
    """No thread is left behind, and the pool opens again: tests start one application many times."""
    others = set(worker_threads())
    adapter = adapt(HELLO)
    for _ in range(2):
        assert loop.get(adapter).body == b"hello"
        threads = set(worker_threads()) - others
        assert threads
        loop.run(lambda: talk(adapter, LIFESPAN, STARTUP, SHUTDOWN))
        for thread in threads:
            thread.join(TIMEOUT)
        assert not any(thread.is_alive() for thread in threads)


# WebSockets and unknown scopes


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_never_gives_the_first_event_holds_no_thread(
    adapt: Adapt, loop: Loop, method: str
) -> None:
    """ASGI, "Request": every request has an event, also without a body. Where it does not come, nothing but a task waits:
    others are answered, and the server's cancelling or the client's leaving ends the wait."""
    adapter = adapt(HELLO, max_workers=1, max_queue=0)

    async def work() -> None:
        cancelled, left = (Connection(http_scope(method=method), events=[]) for _ in range(2))
        async with serving(adapter, left), serving(adapter, cancelled) as request:
            await left.until(lambda: left.receiving == 1)
            await cancelled.until(lambda: cancelled.receiving == 1)
            assert adapter.pool.threads == 0
            assert (await serve_whole(adapter, Connection(http_scope()))).body == b"hello"
            request.cancel()
            left.leave()
        assert (cancelled.sent, left.sent) == ([], [])
        assert (cancelled.error, left.error) == (None, None)

    loop.run(work)


def test_websocket_is_refused(adapt: Adapt, loop: Loop) -> None:
    """ASGI "WebSocket": a close before the accept; servers answer 403."""
    scope = {"type": "websocket", "path": "/"}
    sent = loop.run(lambda: talk(adapt(HELLO), scope, {"type": "websocket.connect"}))
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_websocket_is_refused_with_a_reason_where_possible(adapt: Adapt, loop: Loop) -> None:
    """ASGI "Websocket Denial Response"."""
    scope = {"type": "websocket", "path": "/", "extensions": {"websocket.http.response": {}}}
    sent = loop.run(lambda: talk(adapt(HELLO), scope, {"type": "websocket.connect"}))
    assert [message["type"] for message in sent] == [
        "websocket.http.response.start",
        "websocket.http.response.body",
    ]
    assert sent[0]["status"] == 403
    assert b"not over WebSocket" in sent[1]["body"]


def test_websocket_that_is_gone_is_not_answered(adapt: Adapt, loop: Loop) -> None:
    """ASGI "WebSocket": after websocket.disconnect nothing is to be sent."""
    scope = {"type": "websocket", "path": "/"}
    sent = loop.run(lambda: talk(adapt(HELLO), scope, {"type": "websocket.disconnect", "code": 1006}))
    assert sent == []


def test_unknown_scope_is_an_error(adapt: Adapt, loop: Loop) -> None:
    """ASGI "Applications": an exception says that the protocol is not supported."""
    with pytest.raises(ValueError, match="'telnet'"):
        loop.run(lambda: talk(adapt(HELLO), {"type": "telnet"}))


def test_shutdown_waits_for_requests_that_were_given_up(adapt: Adapt, loop: Loop) -> None:
    """Servers cancel what is left when their grace time ends, and the process ends after lifespan shutdown: ``close()`` runs
    before that, and before the hook takes down what it may need. The loop is free for it meanwhile.
    """
    steps: list[str] = []
    closing, go_on = threading.Event(), threading.Event()

    class Endless:
        def __iter__(self) -> Iterator[bytes]:
            return itertools.repeat(b"x" * 1000)

        def close(self) -> None:
            closing.set()
            assert go_on.wait(TIMEOUT)
            async_to_sync(anyio.lowlevel.checkpoint)()
            steps.append("close")

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        return Endless()

    adapter = adapt(app, on_shutdown=lambda: steps.append("hook"), shutdown_timeout=TIMEOUT)
    connection = Connection(http_scope())

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            async with serving(adapter, connection) as scope:
                await connection.until(lambda: connection.body != b"")
                scope.cancel()
            await reached(closing)
            tasks.start_soon(talk, adapter, LIFESPAN, SHUTDOWN)
            await anyio.wait_all_tasks_blocked()
            assert steps == []
            go_on.set()
        assert steps == ["close", "hook"]

    loop.run(main)
    assert adapter.pool.threads == 0


def test_shutdown_does_not_wait_for_ever(adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    """What takes longer is told, and the server is let go."""
    go_on = threading.Event()
    app = Streams(lambda: [b"first", go_on])
    adapter = adapt(validator(app), shutdown_timeout=0)
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapter, connection):
            await connection.until(lambda: connection.body == b"first")
            sent = await talk(adapter, LIFESPAN, SHUTDOWN)
            assert sent == [{"type": "lifespan.shutdown.complete"}]
            go_on.set()

    loop.run(main)
    assert "1 requests had not ended 0 seconds after the server's shutdown" in caplog.text


# Saturation


def test_full_queue_is_answered_503_at_once(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """RFC 9110 15.6.4: 503 with Retry-After; waiting is bounded."""
    go_on = threading.Event()
    app = Streams(lambda: [go_on])
    adapter = adapt(validator(app), max_workers=1, max_queue=0, retry_after=7)
    busy, refused = Connection(http_scope()), Connection(http_scope())

    async def main() -> None:
        async with serving(adapter, busy):
            await reached(app.called)
            async with serving(adapter, refused):
                pass
            go_on.set()

    loop.run(main)
    assert (refused.status, refused.header(b"retry-after"), refused.complete) == (503, b"7", True)
    assert busy.complete
    assert "no worker thread was free" in caplog.text


def test_wait_in_the_queue_is_bounded_in_time(adapt: Adapt, loop: Loop) -> None:
    """``queue_timeout``: taken back and answered 503, and never run."""
    go_on = threading.Event()
    app = Streams(lambda: [go_on])
    adapter = adapt(validator(app), max_workers=1, queue_timeout=0)
    busy, refused = Connection(http_scope()), Connection(http_scope())

    async def main() -> None:
        async with serving(adapter, busy):
            await reached(app.called)
            async with serving(adapter, refused):
                pass
            go_on.set()

    loop.run(main)
    assert refused.status == 503
    assert len(app.responses) == 1
    assert adapter.pool.waiting == 0


def test_saturation_is_logged_once_in_a_while(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """A flood of requests must not become a flood of lines."""
    go_on = threading.Event()
    app = Streams(lambda: [go_on])
    adapter = adapt(validator(app), max_workers=1, max_queue=0)
    busy, refused = Connection(http_scope()), [Connection(http_scope()) for _ in range(50)]

    async def main() -> None:
        async with serving(adapter, busy):
            await reached(app.called)
            for connection in refused:
                await adapter(connection.scope, connection.receive, connection.send)
            go_on.set()

    loop.run(main)
    assert [connection.status for connection in refused] == [503] * 50
    assert len(caplog.records) == 1


def test_events_between_two_lines_are_counted() -> None:
    now = 100.0
    seldom = RateLimitedLog(lambda: now)
    assert [seldom.note() for _ in range(3)] == [1, 0, 0]
    now += SECONDS
    assert [seldom.note(), seldom.note()] == [3, 0]


def test_queued_requests_are_served_in_turn(adapt: Adapt, loop: Loop) -> None:
    """Within the limits everybody is served."""
    order: list[str] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        order.append(environ["PATH_INFO"])
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(validator(app), max_workers=1, max_queue=50)
    connections = [Connection(http_scope(f"/{number}")) for number in range(40)]

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for connection in connections:
                tasks.start_soon(one, connection)

    async def one(connection: Connection) -> None:
        async with serving(adapter, connection):
            pass

    loop.run(main)
    assert [connection.status for connection in connections] == [200] * 40
    assert sorted(order) == sorted(f"/{number}" for number in range(40))


@pytest.mark.parametrize(
    "options",
    [
        {"max_workers": 0},
        {"max_queue": -1},
        {"queue_timeout": -1},
        {"retry_after": -1},
        {"idle_seconds": -1},
        {"prebuffer": -1},
        {"window": 0},
        {"max_body_size": -1},
        {"buffer_memory": -1},
        {"buffer_disk": -1},
        {"body_timeout": 0},
        {"body_timeout": -1},
        {"min_body_rate": -1},
    ],
)
def test_senseless_options_are_refused(options: dict[str, Any]) -> None:
    """The error names the option."""
    with pytest.raises(ValueError, match=next(iter(options))):
        WSGIToASGI(HELLO, **options)


# Context variables


variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable", default="unset")


async def in_one_context(adapter: WSGIToASGI) -> None:
    connection = Connection(http_scope())
    await adapter(connection.scope, connection.receive, connection.send)


def test_context_goes_in_and_comes_out(adapt: Adapt, loop: Loop) -> None:
    """What the caller has set the application sees, and what it sets the caller sees, as with a plain call."""
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(variable.get())
        variable.set("by the application")
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    async def main() -> Any:
        variable.set("by the caller")
        await in_one_context(adapt(validator(app)))
        return variable.get()

    assert loop.run(main) == "by the application"
    assert seen == ["by the caller"]


def test_value_that_equals_the_old_one_comes_out(adapt: Adapt, loop: Loop) -> None:
    """Identity decides, not equality: a new list is another list."""
    new: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        variable.set(new)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    async def main() -> bool:
        variable.set([])
        await in_one_context(adapt(app))
        return variable.get() is new

    assert loop.run(main)


def test_values_are_never_compared(adapt: Adapt, loop: Loop) -> None:
    """Some values (arrays) have no truth in their equality."""

    class Array:
        def __eq__(self, other: object) -> bool:
            raise ValueError("the truth value of an array is ambiguous")

        __hash__ = None  # type: ignore[assignment]

    new = Array()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        variable.set(new)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    async def main() -> bool:
        variable.set(Array())
        await in_one_context(adapt(app))
        return variable.get() is new

    assert loop.run(main)


def test_requests_do_not_see_each_other(adapt: Adapt, loop: Loop) -> None:
    """The thread is shared, the context is not."""
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(variable.get())
        variable.set("left behind")
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    adapter = adapt(app, max_workers=1)
    loop.get(adapter)
    loop.get(adapter)
    assert seen == ["unset", "unset"]


def test_context_of_call_iteration_and_close_is_one(adapt: Adapt, loop: Loop) -> None:
    """PEP 567: one logical flow."""
    seen: list[Any] = []

    class Body:
        def __iter__(self) -> Any:
            seen.append(variable.get())
            yield b"x"

        def close(self) -> None:
            seen.append(variable.get())

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        variable.set("mine")
        start_response("200 OK", list(PLAIN))
        return Body()

    loop.get(adapt(app))
    assert seen == ["mine", "mine"]


@pytest.mark.parametrize("thread_critical", [False])
def test_asgiref_local_goes_in_and_out(adapt: Adapt, loop: Loop, thread_critical: bool) -> None:
    """DESIGN 16: asgiref since 3.13 hides a Local's data on threads that it does not manage."""
    local = Local(thread_critical=thread_critical)
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(getattr(local, "who", None))
        local.who = "the application"
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    async def main() -> Any:
        local.who = "the caller"
        await in_one_context(adapt(app))
        return getattr(local, "who", None)

    assert loop.run(main) == "the application"
    assert seen == ["the caller"]


# Threads


def test_no_thread_before_the_first_request(adapt: Adapt) -> None:
    """Nothing is started at import or construction, so a fork afterwards is harmless."""
    before = threading.active_count()
    adapter = adapt(HELLO)
    assert threading.active_count() == before
    assert adapter.pool.threads == 0


def test_dropped_adapter_takes_its_threads_along(loop: Loop) -> None:
    """An adapter that nobody holds ends its threads, without waiting for their idle time."""
    others = set(worker_threads())  # of adapters that other tests have left idle
    adapter = WSGIToASGI(HELLO, idle_seconds=3600)
    assert loop.get(adapter).body == b"hello"
    threads = set(worker_threads()) - others
    reference = weakref.ref(adapter)
    del adapter
    gc.collect()
    assert reference() is None
    assert threads
    for thread in threads:
        thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in threads)


def test_dropped_adapter_in_a_cycle(loop: Loop) -> None:
    """The same where the garbage collector finds it."""

    class App:
        adapter: WSGIToASGI

        def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
            return HELLO(environ, start_response)

    others = set(worker_threads())
    app = App()
    app.adapter = WSGIToASGI(app, idle_seconds=3600)
    assert loop.get(app.adapter).body == b"hello"
    threads = set(worker_threads()) - others
    reference = weakref.ref(app)
    del app
    # The thread has answered, but may hold the application until it has done its last step.
    deadline = time.monotonic() + TIMEOUT
    while reference() is not None and time.monotonic() < deadline:
        gc.collect()
    assert threads
    for thread in threads:
        thread.join(TIMEOUT)
    assert not any(thread.is_alive() for thread in threads)


def test_two_loops_at_once_share_an_adapter(adapt: Adapt) -> None:
    """One adapter, two event loops in two threads: nothing of a loop is kept in the adapter."""
    adapter = adapt(validator(HELLO))
    outcome: list[bytes] = []

    def run() -> None:
        async def main() -> None:
            for _ in range(50):
                connection = Connection(http_scope())
                await adapter(connection.scope, connection.receive, connection.send)
                outcome.append(connection.body)

        asyncio.run(main())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert outcome == [b"hello"] * 100


FORK = """
import os, threading
from bridgekit import WSGIToASGI
from tests.helpers.asgi_driver import LOOPS, Connection, http_scope, reached, serve_whole, serving
from tests.helpers.wsgi_apps import Streams, answers

go_on = threading.Event()
busy = Streams(lambda: [go_on])
hello = answers(b"hello")
adapter = WSGIToASGI(
    lambda environ, start: (busy if environ["PATH_INFO"] == "/busy" else hello)(environ, start), max_workers=1
)
codes = []

async def main():
    waiting = Connection(http_scope("/busy"))
    async with serving(adapter, waiting):
        await reached(busy.called)
        def fork():
            pid = os.fork()
            if pid == 0:
                try:
                    body = LOOPS[0].get(adapter).body
                finally:
                    os._exit(0 if body == b"hello" else 1)
            codes.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        thread = threading.Thread(target=fork)
        thread.start()
        import anyio.to_thread
        await anyio.to_thread.run_sync(thread.join)
        go_on.set()
    assert waiting.complete

LOOPS[0].run(main)
print(codes)
"""


def test_a_child_forked_from_a_busy_parent_serves() -> None:
    """A child forked while every thread of the parent is busy serves requests of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", FORK],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("[0]\n", 0), done.stderr


def test_exit_with_a_request_in_flight() -> None:
    """The interpreter's exit does not wait for an application that blocks."""
    source = (
        "import asyncio, threading\n"
        "from bridgekit import WSGIToASGI\n"
        "from tests.helpers.asgi_driver import Connection, http_scope, reached\n"
        "called = threading.Event()\n"
        "def app(environ, start_response):\n"
        "    called.set()\n"
        "    threading.Event().wait()\n"
        "adapter = WSGIToASGI(app)\n"
        "async def main():\n"
        "    c = Connection(http_scope())\n"
        "    task = asyncio.ensure_future(adapter(c.scope, c.receive, c.send))\n"
        "    await reached(called)\n"
        "asyncio.run(main())\n"
        "print('left')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout, done.returncode) == ("left\n", 0), done.stderr
