"""An exporter that takes its time, or never ends: whom it keeps waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse
from tests.helpers.asgi_driver import TIMEOUT, Connection, http_scope, serving
from tests.helpers.waiting import until
from tests.helpers.wsgi_client import environ_of as whole_environ_of
from tests.helpers.wsgi_client import get
from tests.timing.clients import ASGIClient, FakeClock, environ_of


def as_list(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"he", b"llo"]


def as_generator(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"he"
    yield b"llo"


def with_length(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    yield b"he"
    yield b"llo"


@pytest.mark.parametrize("app", [as_list, as_generator, with_length])
@pytest.mark.parametrize("send_time", [False, True])
def test_a_wsgi_server_has_all_of_the_body_before_the_exporter_runs(app: Any, send_time: bool) -> None:
    """So a client that was told the length is done."""
    happened: list[str] = []
    note = happened.append

    def export(timing: RequestTiming) -> None:
        note(f"exported {timing.bytes_out}")

    measured = WSGITimingMiddleware(app, exporters=[export], send_time=send_time)
    result: Any = measured(environ_of(), lambda *given: lambda data: None)
    for piece in result:
        note(piece.decode())
    result.close()
    assert happened == ["he", "llo", "exported 5"]


@pytest.mark.parametrize("app", [as_list, as_generator, with_length])
def test_behind_an_adapter_it_keeps_its_own_thread(app: Any) -> None:
    """Its client has the whole body, with the end of it where the length was told; others are served by the threads that are left."""
    exporting, release = threading.Event(), threading.Event()

    def export(timing: RequestTiming) -> None:
        if timing.path == "/slow":
            exporting.set()
            assert release.wait(TIMEOUT)

    adapter = WSGIToASGI(WSGITimingMiddleware(app, exporters=[export]), max_workers=2)

    async def main() -> None:
        slow = Connection(http_scope("/slow"))
        async with serving(adapter, slow):
            await slow.until(lambda: slow.body == b"hello")
            assert await asyncio.to_thread(exporting.wait, TIMEOUT)
            for _ in range(3):
                other = Connection(http_scope("/other"))
                async with serving(adapter, other):
                    await other.until(lambda other=other: other.complete)  # type: ignore[misc]
                assert other.body == b"hello"
            assert not slow.ended
            if app is with_length:
                await slow.until(lambda: slow.complete)
            release.set()
        assert (slow.error, slow.complete) == (None, True)

    try:
        asyncio.run(main())
    finally:
        release.set()
        adapter.pool.shutdown(wait_seconds=TIMEOUT)


def test_a_pool_whose_threads_all_wait_for_it_answers_503_in_time() -> None:
    """An exporter that never ends holds a thread for each request: the queue and its time are bounded as ever."""
    exporting, release = threading.Event(), threading.Event()

    def export(timing: RequestTiming) -> None:
        exporting.set()
        assert release.wait(TIMEOUT)

    adapter = WSGIToASGI(
        WSGITimingMiddleware(with_length, exporters=[export]), max_workers=1, queue_timeout=0.05
    )

    async def main() -> None:
        slow, other = Connection(http_scope()), Connection(http_scope())
        async with serving(adapter, slow):
            assert await asyncio.to_thread(exporting.wait, TIMEOUT)
            async with serving(adapter, other):
                await other.until(lambda: other.ended)
            assert other.status == 503
            release.set()
        assert slow.body == b"hello"

    try:
        asyncio.run(main())
    finally:
        release.set()
        adapter.pool.shutdown(wait_seconds=TIMEOUT)


def test_a_shutdown_does_not_wait_for_one_that_never_ends() -> None:
    """The pool waits as long as it is told, and the threads are daemons: no exit of the process hangs on them."""
    exporting, release = threading.Event(), threading.Event()

    def export(timing: RequestTiming) -> None:
        exporting.set()
        assert release.wait(TIMEOUT)

    adapter = WSGIToASGI(WSGITimingMiddleware(with_length, exporters=[export]), max_workers=1)

    async def main() -> None:
        connection = Connection(http_scope())
        async with serving(adapter, connection):
            assert await asyncio.to_thread(exporting.wait, TIMEOUT)
            (worker,) = [worker.thread for worker in adapter.pool._workers]
            assert worker is not None
            assert worker.daemon
            adapter.pool.shutdown(wait_seconds=0)
            assert worker.is_alive()
            release.set()

    try:
        asyncio.run(main())
    finally:
        release.set()
        adapter.pool.shutdown(wait_seconds=TIMEOUT)


def test_an_asgi_server_has_all_of_the_response_before_the_exporter_runs() -> None:
    """It runs on the event loop: everything waits for it, but what this client is owed."""
    sent: list[list[str]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello", "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    client = ASGIClient(FakeClock())

    def export(timing: RequestTiming) -> None:
        sent.append([message["type"] for message in client.sent])

    client.call(ASGITimingMiddleware(app, exporters=[export]))
    assert sent == [["http.response.start", "http.response.body", "http.response.body"]]


async def at_once(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})


async def in_pieces(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"he", "more_body": True})
    await asyncio.sleep(0)
    await send({"type": "http.response.body", "body": b"llo"})


@pytest.fixture
def bridge() -> Iterator[Callable[[Any], ASGIToWSGI]]:
    made: list[ASGIToWSGI] = []

    def make(app: Any) -> ASGIToWSGI:
        made.append(ASGIToWSGI(app, lifespan="off"))
        return made[-1]

    yield make
    for each in made:
        each.shutdown()


@pytest.mark.parametrize("app", [at_once, in_pieces])
def test_a_wsgi_server_has_all_of_the_response_of_an_asgi_application_whose_exporter_blocks_the_loop(
    app: Any, bridge: Callable[[Any], ASGIToWSGI]
) -> None:
    """One within `ASGIToWSGI` runs on its loop, and what comes after waits for that. This client has its answer."""
    exporting, release = threading.Event(), threading.Event()

    def export(timing: RequestTiming) -> None:
        exporting.set()
        assert release.wait(TIMEOUT)

    adapter = bridge(ASGITimingMiddleware(app, exporters=[export]))
    try:
        assert get(adapter).body == b"hello"
        assert exporting.wait(TIMEOUT)
        assert not release.is_set()
    finally:
        release.set()
    assert get(adapter).body == b"hello"


@pytest.mark.parametrize("app", [at_once, in_pieces])
def test_around_an_asgi_application_it_keeps_the_servers_thread_alone(
    app: Any, bridge: Callable[[Any], ASGIToWSGI]
) -> None:
    """The loop that all requests share goes on."""
    taken: list[bytes] = []
    exporting, release = threading.Event(), threading.Event()

    def export(timing: RequestTiming) -> None:
        if timing.path == "/slow":
            exporting.set()
            assert release.wait(TIMEOUT)

    measured = WSGITimingMiddleware(bridge(app), exporters=[export])

    def slow() -> None:
        result: Any = measured(whole_environ_of(path="/slow"), lambda *given: lambda data: None)
        taken.extend(result)
        result.close()

    thread = threading.Thread(target=slow)
    thread.start()
    try:
        assert exporting.wait(TIMEOUT)
        assert b"".join(taken) == b"hello"
        for _ in range(3):
            assert get(measured, "/other").body == b"hello"
        assert thread.is_alive()
    finally:
        release.set()
        thread.join(TIMEOUT)


@pytest.mark.parametrize("app", [at_once, in_pieces])
def test_one_that_raises_on_either_side_of_an_adapter_is_logged_and_hurts_nobody(
    app: Any, bridge: Callable[[Any], ASGIToWSGI], caplog: pytest.LogCaptureFixture
) -> None:
    def broken(timing: RequestTiming) -> None:
        raise RuntimeError("disk full")

    for measured in (
        bridge(ASGITimingMiddleware(app, exporters=[broken])),
        WSGITimingMiddleware(bridge(app), exporters=[broken]),
    ):
        caplog.clear()
        for _ in range(2):
            assert get(measured).body == b"hello"
        until(lambda: len(lost(caplog)) == 2)
        assert lost(caplog) == ["disk full"] * 2


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the exporters have raised."""
    return [
        str(record.exc_info[1])
        for record in caplog.records
        if record.name == "bridgekit.timing" and record.exc_info
    ]
