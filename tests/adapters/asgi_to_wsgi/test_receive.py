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

from bridgekit.adapters.asgi_to_wsgi import client_socket, receive
from bridgekit.adapters.asgi_to_wsgi.receive import BodyFeed
from bridgekit.adapters.asgi_to_wsgi.request_body import WSGIInput
from bridgekit.concurrency.own_loop.loops import AsyncioLoop

DISCONNECT = {"type": "http.disconnect"}


class Request:
    """The feed's request; its thread reads when `ask` says so."""

    def __init__(self, ask: Callable[[], None] = lambda: None) -> None:
        self.lock = threading.Lock()
        self.closed = self.disconnected = self.told_left = False
        self.ask_request_thread = ask

    def note_client_left(self) -> None:
        self.told_left = True


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
        feed.dismiss()
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


# -- a client that leaves while the application waits for that


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's socket and the client's. Questions follow each other quickly."""
    if not client_socket.ENDED:
        pytest.skip("this system does not tell that a peer has ended its sending (poll's POLLRDHUP)")
    monkeypatch.setattr(receive, "WATCH_INTERVAL", 0.001)
    server, client = socket.socketpair()
    with server, client:
        yield server, client


class AskedInput(WSGIInput):
    """Counts how often the client was looked for."""

    asked = 0

    def client_has_left(self) -> bool:
        self.asked += 1
        if self.asked == 3:
            self.often.set()
        return super().client_has_left()

    def __init__(self, environ: dict[str, Any], size: int) -> None:
        super().__init__(environ, size)
        self.often = asyncio.Event()


def waiting_feed(
    native: asyncio.AbstractEventLoop, request: Request, environ: dict[str, Any]
) -> tuple[BodyFeed, AskedInput]:
    body = AskedInput(environ, 4)
    return BodyFeed(request, body, AsyncioLoop(native)), body


@pytest.mark.parametrize("sent", [b"", b"GET /next HTTP/1.1\r\n\r\n"])
def test_a_client_that_leaves_is_told_to_an_application_that_waits(
    sent: bytes, connected: tuple[socket.socket, socket.socket], native: asyncio.AbstractEventLoop
) -> None:
    """Also behind a request that is in the socket already, and stays there: its bytes are the server's."""
    server, client = connected
    request = Request()
    feed, body = waiting_feed(native, request, {"gunicorn.socket": server})

    async def work() -> Any:
        assert await feed.receive() == {"type": "http.request", "body": b"", "more_body": False}
        waiting = asyncio.ensure_future(feed.receive())
        await body.often.wait()
        assert not waiting.done(), "the client is still there"
        client.sendall(sent)
        client.close()
        return await waiting

    assert native.run_until_complete(asyncio.wait_for(work(), 20)) == DISCONNECT
    assert request.told_left
    assert server.recv(1024) == sent


def test_a_client_that_has_left_is_told_at_the_first_question(
    connected: tuple[socket.socket, socket.socket], native: asyncio.AbstractEventLoop
) -> None:
    """Starlette's ``is_disconnected()`` gives `receive` no time to wait."""
    server, client = connected
    feed, _ = waiting_feed(native, Request(), {"werkzeug.socket": server})
    client.close()
    with pytest.raises(StopIteration):
        feed.receive().send(None)
    with pytest.raises(StopIteration) as told:
        feed.receive().send(None)
    assert told.value.value == DISCONNECT


def test_waitress_is_asked_where_it_reads_ahead(
    monkeypatch: pytest.MonkeyPatch, native: asyncio.AbstractEventLoop
) -> None:
    monkeypatch.setattr(receive, "WATCH_INTERVAL", 0.001)
    left = threading.Event()
    feed, body = waiting_feed(native, Request(), {"waitress.client_disconnected": left.is_set})

    async def work() -> Any:
        await feed.receive()
        waiting = asyncio.ensure_future(feed.receive())
        await body.often.wait()
        assert not waiting.done()
        left.set()
        return await waiting

    assert native.run_until_complete(asyncio.wait_for(work(), 20)) == DISCONNECT


def test_nothing_is_asked_of_a_socket_that_is_of_the_next_request(
    connected: tuple[socket.socket, socket.socket], native: asyncio.AbstractEventLoop
) -> None:
    server, client = connected
    request = Request()
    feed, body = waiting_feed(native, request, {"gunicorn.socket": server})

    async def work() -> None:
        await feed.receive()
        request.closed = True
        client.close()
        waiting = asyncio.ensure_future(feed.receive())
        await asyncio.sleep(0)
        assert (waiting.done(), body.asked) == (False, 0)
        waiting.cancel()

    native.run_until_complete(work())


def test_a_wait_that_was_given_up_leaves_nothing_behind(
    connected: tuple[socket.socket, socket.socket], native: asyncio.AbstractEventLoop
) -> None:
    """An application may ask like this once a second, for hours."""
    feed, _ = waiting_feed(native, Request(), {"gunicorn.socket": connected[0]})

    async def work() -> None:
        await feed.receive()
        waiting = asyncio.ensure_future(feed.receive())
        await asyncio.sleep(0)
        assert (len(feed._waiters), feed._watch is not None) == (1, True)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert (feed._waiters, feed._watch) == ([], None)

    native.run_until_complete(work())
