"""What an application's receive() gives, apart from the request around it."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from bridgekit.adapters.asgi_to_wsgi.receive import BodyFeed
from bridgekit.adapters.asgi_to_wsgi.request_body import WSGIInput
from bridgekit.concurrency.own_loop.loops import AsyncioLoop

DISCONNECT = {"type": "http.disconnect"}


class Request:
    """The feed's request; its thread reads when `ask` says so."""

    def __init__(self, ask: Callable[[], None] = lambda: None) -> None:
        self.lock = threading.Lock()
        self.closed = self.disconnected = False
        self.ask_request_thread = ask


@pytest.fixture
def native() -> Iterator[asyncio.AbstractEventLoop]:
    native = asyncio.new_event_loop()
    yield native
    native.close()


def feed_of(native: asyncio.AbstractEventLoop, request: Request, stream: Any, length: int) -> BodyFeed:
    body = WSGIInput({"CONTENT_LENGTH": str(length), "wsgi.input": stream}, 4)
    return BodyFeed(request, body, AsyncioLoop(native))


def test_a_body_in_memory_comes_in_pieces_and_then_the_disconnect(native: asyncio.AbstractEventLoop) -> None:
    request = Request()
    feed = feed_of(native, request, io.BytesIO(b"abcdef"), 6)

    async def work() -> list[Any]:
        got = [await feed.receive(), await feed.receive()]
        waiting = asyncio.ensure_future(feed.receive())
        await asyncio.sleep(0)
        assert not waiting.done(), "nobody has left yet"
        request.disconnected = True
        feed.wake()
        return [*got, await waiting]

    assert native.run_until_complete(work()) == [
        {"type": "http.request", "body": b"abcd", "more_body": True},
        {"type": "http.request", "body": b"ef", "more_body": False},
        DISCONNECT,
    ]


def test_an_empty_body_is_one_empty_event(native: asyncio.AbstractEventLoop) -> None:
    feed = feed_of(native, Request(), io.BytesIO(), 0)
    assert native.run_until_complete(feed.receive()) == {
        "type": "http.request",
        "body": b"",
        "more_body": False,
    }


def test_a_body_that_ends_early_is_a_disconnect(native: asyncio.AbstractEventLoop) -> None:
    feed = feed_of(native, Request(), io.BytesIO(b"abcd"), 6)
    first = native.run_until_complete(feed.receive())
    assert (first["body"], first["more_body"]) == (b"abcd", True)
    assert native.run_until_complete(feed.receive()) == DISCONNECT
    assert feed.failure is None


def test_what_reading_raises_is_kept_for_the_server(native: asyncio.AbstractEventLoop) -> None:
    stream = io.BytesIO(b"abcd")
    feed = feed_of(native, Request(), stream, 4)
    stream.close()
    assert native.run_until_complete(feed.receive()) == DISCONNECT
    assert isinstance(feed.failure, ValueError)


def test_a_closed_request_is_not_read_from(native: asyncio.AbstractEventLoop) -> None:
    """The input is the server's again: it may hold the next request."""

    class Untouchable:
        def read(self, size: int) -> bytes:
            raise AssertionError("read after the request was closed")

    request = Request()
    feed = feed_of(native, request, Untouchable(), 4)
    request.closed = True
    feed.end(kept=False)
    assert native.run_until_complete(feed.receive()) == DISCONNECT
    assert feed.failure is None


def test_ending_waits_for_the_reader(native: asyncio.AbstractEventLoop) -> None:
    """Two readers would tear the next request apart."""
    reading, go_on = threading.Event(), threading.Event()
    steps: list[str] = []

    class Slow:
        def read(self, size: int) -> bytes:
            reading.set()
            go_on.wait()
            steps.append("read")
            return b"abcd"

    request = Request()
    feed = feed_of(native, request, Slow(), 4)

    def the_request_ends() -> None:
        with request.lock:
            request.closed = True
            assert feed.busy
        go_on.set()
        feed.end(kept=False)
        steps.append("ended")

    async def work() -> Any:
        receiving = asyncio.ensure_future(feed.receive())
        await asyncio.to_thread(reading.wait)
        ending = asyncio.ensure_future(asyncio.to_thread(the_request_ends))
        await ending
        return await receiving

    assert native.run_until_complete(work())["body"] == b"abcd"
    assert steps == ["read", "ended"]


class Socket:
    """The client's, of gunicorn."""

    def __init__(self) -> None:
        self.shut: list[int] = []
        self.ended = threading.Event()

    def shutdown(self, how: int) -> None:
        self.shut.append(how)
        self.ended.set()


def test_a_body_that_has_been_read_is_never_interrupted(native: asyncio.AbstractEventLoop) -> None:
    """The application answers as soon as it has the last piece, while the reader has yet to return from its read."""
    sock = Socket()

    class Last:
        def read(self, size: int) -> bytes:
            return b"abcd"

    for _ in range(300):
        request = Request()
        environ = {"CONTENT_LENGTH": "4", "wsgi.input": Last(), "gunicorn.socket": sock}
        feed = BodyFeed(request, WSGIInput(environ, 4), AsyncioLoop(native))
        message = native.run_until_complete(feed.receive())
        assert (message["body"], message["more_body"]) == (b"abcd", False)
        with request.lock:
            request.closed = True
            assert not feed.busy
        feed.end(kept=False)
    assert sock.shut == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_client_that_has_stopped_sending_is_given_up(
    native: asyncio.AbstractEventLoop, kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridgekit.adapters.asgi_to_wsgi.receive.READ_TIMEOUT", 0.01)
    reading = threading.Event()
    sock = Socket()

    class Stalled:
        def read(self, size: int) -> bytes:
            reading.set()
            sock.ended.wait(10)
            return b""

    request = Request()
    environ = {"CONTENT_LENGTH": "4", "wsgi.input": Stalled(), "gunicorn.socket": sock}
    feed = BodyFeed(request, WSGIInput(environ, 4), AsyncioLoop(native))

    async def work() -> Any:
        receiving = asyncio.ensure_future(feed.receive())
        await asyncio.to_thread(reading.wait)
        await asyncio.to_thread(partial(feed.end, kept=kept))
        return await receiving

    assert native.run_until_complete(work()) == DISCONNECT
    assert sock.shut == [socket.SHUT_RD]
    assert feed.truncated


def test_a_client_that_is_still_sending_is_not_interrupted(native: asyncio.AbstractEventLoop) -> None:
    """Its next request comes behind its body on the same connection."""
    reading = threading.Event()
    sock = Socket()

    class Slow:
        def read(self, size: int) -> bytes:
            reading.set()
            sock.ended.wait(0.2)
            return b"abcd"

    request = Request()
    environ = {"CONTENT_LENGTH": "8", "wsgi.input": Slow(), "gunicorn.socket": sock}
    feed = BodyFeed(request, WSGIInput(environ, 4), AsyncioLoop(native))

    async def work() -> Any:
        receiving = asyncio.ensure_future(feed.receive())
        await asyncio.to_thread(reading.wait)
        await asyncio.to_thread(partial(feed.end, kept=True))
        return await receiving

    assert native.run_until_complete(work())["body"] == b"abcd"
    assert sock.shut == []


@pytest.mark.parametrize("failure", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_whatever_reading_raises_the_application_hears_of_it(
    native: asyncio.AbstractEventLoop, failure: BaseException
) -> None:
    """gevent's timeouts are no `Exception`s either."""

    class Broken:
        def read(self, size: int) -> bytes:
            raise failure

    feed = feed_of(native, Request(), Broken(), 4)
    assert native.run_until_complete(feed.receive()) == DISCONNECT
    assert feed.failure is failure
