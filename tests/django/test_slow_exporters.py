"""Exporters of `TimingMiddleware` that block or raise: whom they keep waiting, under Django's handlers and ours."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.handlers.wsgi import OneLoopWSGIHandler
from bridgekit.timing import RequestTiming
from tests.django.handlers.driver import ask, scope_of
from tests.helpers.asgi_driver import TIMEOUT
from tests.helpers.wsgi_client import environ_of

TIMING = "bridgekit.django.middleware.TimingMiddleware"
PATHS = ["/hello/", "/hello-async/", "/stream/", "/stream-async/"]
BODIES = {"/hello/": b"hello you", "/hello-async/": b"hello", "/stream/": b"aabb", "/stream-async/": b"aabb"}
asgi = pytest.mark.parametrize("make", [ASGIHandler, PooledASGIHandler])
wsgi = pytest.mark.parametrize("make", [WSGIHandler, OneLoopWSGIHandler])
paths = pytest.mark.parametrize("path", PATHS)


class Blocking:
    """Blocks on the first record."""

    def __init__(self) -> None:
        self.exporting, self.release = threading.Event(), threading.Event()

    def __call__(self, timing: RequestTiming) -> None:
        if not self.exporting.is_set():
            self.exporting.set()
            assert self.release.wait(TIMEOUT)


def broken(timing: RequestTiming) -> None:
    raise RuntimeError("disk full")


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.django.site", ALLOWED_HOSTS=["*"], MIDDLEWARE=[TIMING]):
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "StreamingHttpResponse must consume")
            yield


class Watched:
    """A request whose server says when it has all of the response, which may be before the application ends."""

    def __init__(self, app: Any, path: str) -> None:
        self.body = b""
        self.complete = asyncio.Event()
        self._events = [{"type": "http.request", "body": b"", "more_body": False}]
        self.task = asyncio.create_task(app(scope_of(path), self.receive, self.send))

    async def receive(self) -> Any:
        if not self._events:
            await asyncio.Event().wait()
        return self._events.pop()

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body", False):
                self.complete.set()


def pieces_of(app: Any, path: str, taken: list[bytes]) -> None:
    """As a WSGI server does it, in this thread."""
    iterable = app(environ_of(path=path), lambda *given: lambda data: None)
    try:
        taken.extend(iterable)
    finally:
        iterable.close()


@asgi
@paths
def test_under_asgi_a_client_has_all_and_the_loop_goes_on(make: Any, path: str) -> None:
    """It runs in the request's thread, when Django closes the response, also of a stream that the loop has sent."""
    blocking = Blocking()

    async def main() -> None:
        app = make()
        slow = Watched(app, path)
        async with asyncio.timeout(TIMEOUT):
            await slow.complete.wait()
            assert await asyncio.to_thread(blocking.exporting.wait, TIMEOUT)
            assert (await ask(app, "/hello-async/")).body == b"hello"
            assert (slow.body, slow.task.done()) == (BODIES[path], False)
            blocking.release.set()
            await slow.task

    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[blocking]):
        try:
            asyncio.run(main())
        finally:
            blocking.release.set()


@wsgi
@paths
def test_under_wsgi_a_server_has_all_and_other_threads_go_on(make: Any, path: str) -> None:
    blocking, slow, other = Blocking(), list[bytes](), list[bytes]()
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[blocking]):
        app = make()
        thread = threading.Thread(target=pieces_of, args=(app, path, slow))
        thread.start()
        try:
            assert blocking.exporting.wait(TIMEOUT)
            pieces_of(app, "/hello-async/", other)
            assert (b"".join(slow), b"".join(other)) == (BODIES[path], b"hello")
            assert thread.is_alive()
        finally:
            blocking.release.set()
            thread.join(TIMEOUT)


def lost(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the exporters have raised."""
    return [
        str(record.exc_info[1])
        for record in caplog.records
        if record.name == "bridgekit.timing" and record.exc_info
    ]


@asgi
@paths
def test_under_asgi_one_that_raises_is_logged_and_hurts_nobody(
    make: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[RequestTiming] = []

    async def main() -> None:
        assert (await ask(make(), path)).body == BODIES[path]

    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[broken, seen.append]):
        asyncio.run(main())
    assert lost(caplog) == ["disk full"]
    assert [timing.route for timing in seen] == [path]


@wsgi
@paths
def test_under_wsgi_one_that_raises_is_logged_and_hurts_nobody(
    make: Any, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[RequestTiming] = []
    taken: list[bytes] = []
    with override_settings(BRIDGEKIT_TIMING_EXPORTERS=[broken, seen.append]):
        pieces_of(make(), path, taken)
    assert b"".join(taken) == BODIES[path]
    assert lost(caplog) == ["disk full"]
    assert [timing.route for timing in seen] == [path]
