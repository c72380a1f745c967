from __future__ import annotations

import asyncio
import contextlib
import contextvars
import errno
import gc
import io
import logging
import queue
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from asgiref.local import Local

from bridgekit import ASGIToWSGI
from bridgekit.adapters.asgi_to_wsgi.request_body import Reader
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import ASGIApp, Message, Receive, Scope, Send
from tests.helpers.loosely import loosely
from tests.helpers.waiting import until
from tests.helpers.wsgi_client import Exchange, environ_of, get, post

WAIT = 10.0


def given(stream: object, length: str | None = None) -> dict[str, Any]:
    """A body, and how long it is said to be."""
    return {"wsgi.input": stream} | ({"CONTENT_LENGTH": length} if length is not None else {})


def hinting(callback: Callable[[Any], object]) -> dict[str, Any]:
    """A server that sends early hints."""
    return {"wsgi.early_hints": callback}


def noting(started: list[object]) -> Any:
    """A ``start_response`` that notes its arguments."""
    return lambda *arguments: started.append(arguments)


TEXT = [(b"content-type", b"text/plain")]


Bridge = Callable[..., ASGIToWSGI]


def start(status: int = 200, headers: Any = TEXT) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


def piece(data: bytes, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send(piece(b"hello"))


def endless(left: threading.Event) -> ASGIApp:
    """Sends one byte after another until sending fails, because the client has gone."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        try:
            while True:
                await send(piece(b"x", more=True))
                await checkpoint()
        except OSError:
            left.set()

    return app


async def read_body(receive: Receive) -> bytes:
    data = b""
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        data += message["body"]
        if not message["more_body"]:
            return data


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    data = await read_body(receive)
    await send(start())
    await send(piece(data))


# Responses


def test_status_headers_and_body_arrive(bridge: Bridge) -> None:
    answer = get(bridge(hello))
    assert (answer.status, answer.body) == ("200 OK", b"hello")
    assert answer.get("content-type") == "text/plain"


def test_a_response_of_one_piece_has_its_length(bridge: Bridge) -> None:
    """PEP 3333, "Handling the Content-Length Header"."""
    assert get(bridge(hello)).get("content-length") == "5"
    iterable = bridge(hello)(environ_of(), lambda *a: lambda b: None)
    assert len(iterable) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("wait", [True, False])
def test_a_response_without_body_has_no_pieces(bridge: Bridge, wait: bool) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(204, headers=[]))
        await send(piece(b""))

    iterable = bridge(app, wait_for_background=wait)(environ_of(), lambda *a: lambda b: None)
    assert list(iterable) == []


def test_a_stream_has_no_length_however_fast_it_is(bridge: Bridge) -> None:
    """Whether its end is there before the thread looks is chance; headers must not depend on it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"he", more=True))
        await send(piece(b"llo"))

    answer = get(bridge(app))
    assert (answer.body, answer.get("content-length")) == (b"hello", None)
    iterable = bridge(app)(environ_of(), lambda *a: lambda b: None)
    assert not hasattr(iterable, "__len__")  # servers take the length of one piece for that of the body
    assert b"".join(iterable) == b"hello"


def test_a_declared_length_is_kept(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=[*TEXT, (b"Content-Length", b"5")]))
        await send(piece(b"hello"))

    answer = get(bridge(app))
    assert [v for n, v in answer.headers if n.lower() == "content-length"] == ["5"]


def test_pieces_leave_as_they_come(bridge: Bridge) -> None:
    """PEP 3333, "Buffering and Streaming": no delay of any block."""
    go_on = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"first", more=True))
        while not go_on.is_set():
            await checkpoint()
        await send(piece(b"second", more=True))
        await send(piece(b""))

    with Exchange(bridge(app), environ_of()) as exchange:
        assert next(exchange.pieces) == b"first"
        go_on.set()
        assert b"".join(exchange.pieces) == b"second"


async def checkpoint() -> None:
    """Let others run, on any backend."""
    await anyio.sleep(0.001)


def test_the_application_waits_at_the_high_water_mark(bridge: Bridge) -> None:
    """No more than one window, and one piece, lies between the application and a server that does not take."""
    sent: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        for number in range(50):
            await send(piece(b"x" * 1000, more=True))
            sent.append(number)
        await send(piece(b""))

    with Exchange(bridge(app, window=4000), environ_of()) as exchange:
        total = len(next(exchange.pieces))
        assert len(sent) <= 8
        total += sum(map(len, exchange.pieces))
    assert (total, len(sent)) == (50_000, 50)


@pytest.mark.parametrize("method", ["HEAD"])
def test_an_endless_body_of_head_ends_the_response_at_once(bridge: Bridge, method: str) -> None:
    left = threading.Event()

    with Exchange(bridge(endless(left)), environ_of(method)) as exchange:
        assert exchange.answer().body == b""
    assert left.wait(WAIT)


def test_hop_by_hop_headers_do_not_reach_the_server(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=[*TEXT, (b"connection", b"keep-alive"), (b"transfer-encoding", b"chunked")]))
        await send(piece(b""))

    assert [n for n, _ in get(bridge(app)).headers] == ["content-type", "Content-Length"]


# Requests


@pytest.mark.parametrize("size", [0, 1, 5000, 300_000])
def test_a_body_arrives_whole(bridge: Bridge, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert post(bridge(echo, read_size=4096), data[:size]).body == data[:size]


class Trickle:
    """A server's input that has no `read1`, and counts what it was asked for."""

    def __init__(self, data: bytes, then: Callable[[], bytes] = lambda: b"") -> None:
        self.data = io.BytesIO(data)
        self.then = then
        self.asked: list[int] = []
        self.threads: set[int] = set()

    def read(self, size: int) -> bytes:
        self.asked.append(size)
        self.threads.add(threading.get_ident())
        return self.data.read(size) or self.then()


def test_a_body_is_read_piece_by_piece_by_another_thread(bridge: Bridge) -> None:
    stream = Trickle(b"x" * 100_000)
    answer = post(bridge(echo), b"x", validate=False, **given(stream, "100000"))
    assert len(answer.body) == 100_000
    assert stream.asked == [4096, 8192, 16384, 32768, 38560]
    assert threading.get_ident() not in stream.threads


def test_nothing_is_read_that_the_application_does_not_ask_for(bridge: Bridge) -> None:
    """RFC 9110 10.1.1: a read makes the server send 100 Continue."""
    stream = Trickle(b"x" * 10)
    answer = post(bridge(hello), b"x", validate=False, **given(stream, "10"))
    assert (answer.body, stream.asked) == (b"hello", [])


def test_a_chunked_body_ends_where_the_server_says(bridge: Bridge) -> None:
    extra: dict[str, Any] = {
        "wsgi.input": Trickle(b"y" * 9000),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    assert post(bridge(echo), b"", validate=False, **extra).body == b"y" * 9000


def test_a_terminated_input_is_not_read_where_there_is_no_body(bridge: Bridge) -> None:
    """RFC 9112 6.3: without Content-Length and Transfer-Encoding there is none. gunicorn sets the key always."""
    stream = Trickle(b"")
    assert get(bridge(echo), validate=False, **(given(stream) | {"wsgi.input_terminated": True})).body == b""
    assert stream.asked == []


def test_a_chunked_body_of_unknown_end_is_answered_411(bridge: Bridge) -> None:
    answer = post(bridge(echo), b"", HTTP_TRANSFER_ENCODING="chunked")
    assert answer.status == "411 Length Required"
    assert b"wsgi.input_terminated" in answer.body


def test_a_length_that_is_no_number_is_answered_400(bridge: Bridge) -> None:
    assert get(bridge(hello), validate=False, CONTENT_LENGTH="1x").status == "400 Bad Request"


def test_a_server_without_an_input_is_told_so(bridge: Bridge) -> None:
    """PEP 3333 requires ``wsgi.input``: the client is not to blame, and its body is not lost without a word."""
    answer = post(bridge(echo), b"hello", validate=False, **given(None))
    assert answer.status == "500 Internal Server Error"
    assert b"no wsgi.input" in answer.body


async def until_disconnect(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the types of what was received."""
    kinds: list[str] = []
    while not kinds or kinds[-1] != "http.disconnect":
        kinds.append((await receive())["type"])
    await send(start())
    await send(piece(" ".join(kinds).encode()))


def test_a_truncated_body_is_a_disconnect(bridge: Bridge) -> None:
    """Not an endless number of empty pieces."""
    extra: dict[str, Any] = {"wsgi.input": Trickle(b"x" * 400), "CONTENT_LENGTH": "1000"}
    answer = post(bridge(until_disconnect), b"x", validate=False, **extra)
    assert answer.body == b"http.request http.disconnect"


def test_an_input_that_raises_is_a_disconnect(bridge: Bridge) -> None:
    def broken() -> bytes:
        raise OSError("reset")

    extra: dict[str, Any] = {"wsgi.input": Trickle(b"", broken), "CONTENT_LENGTH": "1000"}
    assert post(bridge(until_disconnect), b"x", validate=False, **extra).body == b"http.disconnect"


async def returns_on_disconnect(scope: Scope, receive: Receive, send: Send) -> None:
    """As the specification asks, and answers what it was sent otherwise."""
    data, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        data += message["body"]
        more = message["more_body"]
    await send(start())
    await send(piece(data))


@pytest.mark.parametrize("failure", [None, ConnectionResetError(104, "reset"), TimeoutError()])
@pytest.mark.parametrize("raise_exceptions", [True, False])
def test_an_application_that_returns_when_the_client_has_left_has_done_nothing_wrong(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, failure: Exception | None, raise_exceptions: bool
) -> None:
    def broken() -> bytes:
        if failure is None:
            return b""
        raise failure

    extra: dict[str, Any] = {"wsgi.input": Trickle(b"", broken), "CONTENT_LENGTH": "1000"}
    adapter = bridge(returns_on_disconnect, raise_exceptions=raise_exceptions)
    answer = post(adapter, b"x", validate=False, **extra)
    assert answer.status == "400 Bad Request"
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


def test_a_stream_whose_client_leaves_in_the_upload_breaks_off_as_by_the_connection(bridge: Bridge) -> None:
    """A connection's error, of which servers take no notice; and never a complete response."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"x", more=True))
        await returns_on_disconnect(scope, receive, send)

    extra: dict[str, Any] = {"wsgi.input": Trickle(b"", lambda: b""), "CONTENT_LENGTH": "1000"}
    with pytest.raises(ConnectionResetError) as caught:
        post(bridge(app), b"x", validate=False, **extra)
    assert caught.value.errno == errno.ECONNRESET


def test_what_is_thrown_into_the_reading_thread_goes_on_to_the_server(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timeout of gevent's, or SystemExit of a signal's handler, while the request's own thread reads."""

    class Timeout(BaseException):
        pass

    class Input:
        def read(self, size: int) -> bytes:
            raise Timeout

    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        heard.append((await receive())["type"])

    monkeypatch.setattr(
        "bridgekit.adapters.asgi_to_wsgi.request_body._who_reads", lambda stream: Reader.REQUEST
    )
    with pytest.raises(Timeout):
        post(bridge(app), b"x", validate=False, **given(Input()))
    until(lambda: heard == ["http.disconnect"])


def test_the_servers_own_read_error_goes_to_the_server(bridge: Bridge) -> None:
    """It may mean 400, or that nobody is there to be answered; the server knows."""

    class Malformed(Exception):
        pass

    def broken() -> bytes:
        raise Malformed

    extra: dict[str, Any] = {"wsgi.input": Trickle(b"", broken), "CONTENT_LENGTH": "1000"}
    with pytest.raises(Malformed) as caught:
        post(bridge(echo), b"x", validate=False, **extra)
    assert isinstance(caught.value.__cause__, AssertionError)
    with pytest.raises(Malformed):
        post(bridge(returns_on_disconnect), b"x", validate=False, **extra)


def test_an_early_answer_leaves_before_the_upload_has_ended(bridge: Bridge) -> None:
    """Full duplex: the response does not wait for a read that waits for the client."""
    arrived = threading.Event()

    def stalled() -> bytes:
        assert arrived.wait(WAIT)
        return b""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with anyio.move_on_after(0.05):
            await read_body(receive)
        await send(start(413))
        await send(piece(b"too large", more=True))

        await send(piece(b""))

    stream = Trickle(b"x" * 4096, stalled)
    environ = environ_of("POST", "/", b"x", **{"wsgi.input": stream, "CONTENT_LENGTH": "1000000"})
    with Exchange(bridge(app), environ, validate=False) as exchange:
        assert exchange.status == "413 Request Entity Too Large" or exchange.status.startswith("413")
        assert next(exchange.pieces) == b"too large"
        assert not arrived.is_set()
        arrived.set()


def test_the_servers_input_is_left_alone_after_the_response(bridge: Bridge) -> None:
    """The server reads the next request from it."""
    reading, arrived = threading.Event(), threading.Event()

    def stalled() -> bytes:
        reading.set()
        assert arrived.wait(WAIT)
        return b""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(loosely(receive))
            while not reading.is_set():
                await checkpoint()
            await send(start())
            await send(piece(b"done"))
            tasks.cancel_scope.cancel()

    environ = environ_of("POST", "/", b"x", **{"wsgi.input": Trickle(b"", stalled), "CONTENT_LENGTH": "10"})
    exchange = Exchange(bridge(app), environ, validate=False)
    with exchange:
        assert next(exchange.pieces) == b"done"
        closing = threading.Thread(target=exchange.close)
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
        arrived.set()
        closing.join(WAIT)
        assert not closing.is_alive()


# The end


def test_closing_the_response_is_the_client_leaving(bridge: Bridge) -> None:
    """PEP 3333: close() is called however the request ended."""
    heard: list[Message] = []
    raised: list[BaseException] = []
    ended = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(start())
        await send(piece(b"x", more=True))
        heard.append(await receive())
        try:
            await send(piece(b"y", more=True))
        except OSError as error:
            raised.append(error)
        ended.set()

    with Exchange(bridge(app), environ_of()) as exchange:
        assert next(exchange.pieces) == b"x"
    assert ended.wait(WAIT)
    assert heard == [{"type": "http.disconnect"}]
    assert isinstance(raised[0], ClientDisconnected)


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_who_listens_hears_of_it_before_send_raises(bridge: Bridge, size: int) -> None:
    """Django ends a response whose listener tells it that the client has left, and leaves it open where send() raises.

    Whether the sender waits for room, as with a mebibyte, or is about to send more.
    """
    ended: queue.Queue[str] = queue.Queue()

    class Left(Exception):
        pass

    async def listen(receive: Receive, listening: anyio.Event) -> None:
        while (await receive())["type"] != "http.disconnect":
            listening.set()
        raise Left

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        how = "by receive()"
        try:
            async with anyio.create_task_group() as tasks:
                listening = anyio.Event()
                tasks.start_soon(listen, receive, listening)
                await listening.wait()
                await send(start())
                try:
                    while True:
                        await send(piece(b"x" * size, more=True))
                        await checkpoint()
                except OSError:
                    how = "by send()"
                    raise
        except* Left:
            pass
        finally:
            ended.put(how)

    adapter = bridge(app)
    for taken in range(20):
        with Exchange(adapter, environ_of()) as exchange:
            for _ in range(1 + taken % 3):
                next(exchange.pieces)
        assert ended.get(timeout=WAIT) == "by receive()"


def test_an_application_that_goes_on_without_its_client_is_cancelled(bridge: Bridge) -> None:
    cancelled = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"x", more=True))
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    with Exchange(bridge(app, disconnect_grace=0.01), environ_of()) as exchange:
        next(exchange.pieces)
    assert cancelled.wait(WAIT)


def test_a_response_dropped_without_close_is_the_client_leaving(bridge: Bridge) -> None:
    cancelled = threading.Event()

    iterable = bridge(endless(cancelled))(environ_of(), lambda *a: lambda b: None)
    del iterable
    gc.collect()
    assert cancelled.wait(WAIT)


def test_after_the_response_receive_says_disconnect(bridge: Bridge) -> None:
    """ASGI: also sent "if called after a response has been sent"."""
    heard: list[str] = []
    ended = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        heard.append((await receive())["type"])
        ended.set()

    get(bridge(app))
    assert ended.wait(WAIT)
    assert heard == ["http.disconnect"]


def test_background_work_does_not_hold_the_thread(bridge: Bridge) -> None:
    go_on, ended = threading.Event(), threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        while not go_on.is_set():
            await checkpoint()
        ended.set()

    assert get(bridge(app)).body == b"hello"
    assert not ended.is_set()
    go_on.set()
    assert ended.wait(WAIT)


def test_background_work_can_be_waited_for(bridge: Bridge) -> None:
    ended = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        for _ in range(5):
            await checkpoint()
        ended.set()

    assert get(bridge(app, wait_for_background=True)).body == b"hello"
    assert ended.is_set()


@pytest.mark.parametrize("wait", [True, False])
def test_a_server_that_stops_at_the_declared_length_has_not_left(
    bridge: Bridge, caplog: pytest.LogCaptureFixture, wait: bool
) -> None:
    """PEP 3333, "Handling the Content-Length Header": it "should stop iterating"; the application is not done yet."""
    go_on, ended = threading.Event(), threading.Event()
    heard: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=[*TEXT, (b"content-length", b"5")]))
        await send(piece(b"hello", more=True))
        while not go_on.is_set():
            await checkpoint()
        await send(piece(b""))
        heard.append((await receive())["type"])
        await checkpoint()
        ended.set()

    adapter = bridge(app, disconnect_grace=0, wait_for_background=wait)
    with Exchange(adapter, environ_of(), validate=False) as exchange:
        assert next(exchange.pieces) == b"hello"
        go_on.set()
    assert wait is False or ended.is_set()
    adapter.shutdown()
    assert ended.is_set()
    assert (heard, caplog.records) == (["http.disconnect"], [])


def test_the_end_leaves_with_the_last_declared_byte(bridge: Bridge) -> None:
    go_on = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=[*TEXT, (b"content-length", b"5")]))
        await send(piece(b"hello", more=True))
        with anyio.fail_after(WAIT):
            while not go_on.is_set():
                await checkpoint()
        await send(piece(b""))

    assert get(bridge(app)).body == b"hello"
    go_on.set()


def test_an_exception_of_background_work_is_logged(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    go_on = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        while not go_on.is_set():
            await checkpoint()
        raise LookupError("in the background")

    adapter = bridge(app)
    assert get(adapter).body == b"hello"
    go_on.set()
    adapter.shutdown()
    (record,) = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert record.message == "the application raised after its response was complete"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


# Errors


async def fails_before_start(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("why")


async def fails_before_body(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    raise LookupError("why")


@pytest.mark.parametrize("app", [fails_before_start, fails_before_body])
def test_an_exception_before_output_goes_to_the_server(bridge: Bridge, app: ASGIApp) -> None:
    """It logs it with its traceback and answers 500."""
    with pytest.raises(LookupError, match="why") as caught:
        get(bridge(app))
    assert app.__name__ in [entry.name for entry in caught.traceback]


def test_an_exception_can_be_answered_here(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    answer = get(bridge(fails_before_start, raise_exceptions=False))
    assert answer.status == "500 Internal Server Error"
    assert answer.exc_info is None  # of headers that were never given nothing is replaced
    assert "LookupError: why" in caplog.text


def test_an_error_page_replaces_headers_that_were_given(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    """PEP 3333, "Error Handling": by ``exc_info``, which is for that alone."""
    given: list[tuple[str, Any]] = []

    def refuses_the_first(status: str, headers: Any, exc_info: Any = None) -> Any:
        given.append((status, exc_info))
        if len(given) == 1:
            raise ValueError("not with me")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"x"))

    body = bridge(app, raise_exceptions=False)(environ_of(), refuses_the_first)
    assert b"".join(body) == b"Internal Server Error\n"
    assert [status for status, _ in given] == ["200 OK", "500 Internal Server Error"]
    assert given[0][1] is None
    assert isinstance(given[1][1][1], ValueError)
    assert "ValueError: not with me" in caplog.text


def test_an_exception_in_the_middle_aborts_the_response(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"x", more=True))
        await checkpoint()
        raise LookupError("why")

    with Exchange(bridge(app), environ_of()) as exchange:
        assert next(exchange.pieces) == b"x"
        with pytest.raises(LookupError, match="why"):
            next(exchange.pieces)


@pytest.mark.parametrize("wait", [False, True])
@pytest.mark.parametrize(
    ("method", "status", "body"),
    [("GET", 500, b"sorry"), ("GET", 204, b""), ("GET", 302, b""), ("HEAD", 200, b"hello")],
)
def test_an_exception_after_a_complete_response_is_logged_and_not_raised(
    bridge: Bridge, wait: bool, method: str, status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that is raised to by `close` answers 500, where it has sent nothing yet (waitress)."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(status))
        await send(piece(body))
        raise LookupError("why")

    exchange = Exchange(
        bridge(app, wait_for_background=wait), environ_of(method), validate=False
    )  # its lint has a say in the headers of a 204
    with exchange:
        answer = exchange.answer()
    assert (answer.status[:3], answer.body) == (str(status), b"" if method == "HEAD" else body)
    until(lambda: "after its response was complete" in caplog.text)
    assert "LookupError: why" in caplog.text


def test_an_exception_of_the_application_is_logged_where_the_server_refuses_the_response(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    """The server is told of its own exception; the application's is not lost for it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"x"))
        raise LookupError("why")

    def refuses(status: str, headers: Any, exc_info: Any = None) -> Any:
        raise ValueError("not with me")

    adapter = bridge(app)
    with pytest.raises(ValueError, match="not with me"):
        adapter(environ_of(), refuses)
    assert "LookupError: why" in caplog.text


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_an_exception_that_would_end_the_loop_or_the_server_does_not(
    bridge: Bridge, kind: type[BaseException]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise kind("why")

    adapter = bridge(app)
    for _ in range(2):
        with pytest.raises(AppProtocolError, match=kind.__name__) as caught:
            get(adapter)
        assert isinstance(caught.value.__cause__, kind)


async def silent(scope: Scope, receive: Receive, send: Send) -> None: ...


async def starts_only(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())


@pytest.mark.parametrize(
    ("app", "message"),
    [(silent, "without sending a response"), (starts_only, "without completing its response")],
)
def test_an_application_that_returns_too_early_is_an_error(
    bridge: Bridge, app: ASGIApp, message: str
) -> None:
    with pytest.raises(AppProtocolError, match=message):
        get(bridge(app))


def test_an_incomplete_body_is_an_error(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send(piece(b"x", more=True))

    with Exchange(bridge(app), environ_of()) as exchange:
        with pytest.raises(AppProtocolError, match="without completing"):
            list(exchange.pieces)


@pytest.mark.parametrize(
    "messages",
    [
        [piece(b"x")],
        [start(), start()],
        [{"type": "http.response.unheard_of"}],
        [start(headers=[(b"x", b"a\r\nb: c")])],
        [start(), {"type": "http.response.body", "body": "text"}],
        [start(99)],
    ],
)
def test_messages_out_of_order_and_unknown_ones_fail_in_the_application(
    bridge: Bridge, messages: list[Message]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for message in messages:
            await send(message)

    with pytest.raises(AppProtocolError) as caught:
        get(bridge(app))
    assert "app" in [entry.name for entry in caught.traceback]


def test_a_failing_start_response_ends_the_application(bridge: Bridge) -> None:
    left = threading.Event()

    def start_response(*args: object) -> Any:
        raise ValueError("the server does not like the header")

    with pytest.raises(ValueError, match="the server does not like"):
        bridge(endless(left))(environ_of(), start_response)
    assert left.wait(WAIT)


# Extensions and context


def test_extensions_are_those_that_work(bridge: Bridge) -> None:
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        await hello(scope, receive, send)

    adapter = bridge(app)
    get(adapter)
    get(adapter, **hinting(lambda headers: None))
    assert [sorted(scope["extensions"]) for scope in scopes] == [
        ["http.response.pathsend"],
        ["http.response.early_hint", "http.response.pathsend"],
    ]


def test_early_hints_go_to_the_server_before_the_response(bridge: Bridge) -> None:
    order: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
        await hello(scope, receive, send)

    environ = environ_of(**hinting(order.append))

    def start_response(*_: object) -> Any:
        order.append("start")

    b"".join(bridge(app)(environ, start_response))
    assert order == [[("Link", "</a.css>; rel=preload")], "start"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_file_is_given_to_the_servers_own_wrapper(bridge: Bridge, tmp_path: Path, wrapped: bool) -> None:
    """PEP 3333, "Optional Platform-Specific File Handling": the wrapper itself must be returned."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 300_000)

    class Wrapper:
        def __init__(self, filelike: Any, block_size: int) -> None:
            self.filelike, self.close = filelike, filelike.close

        def __iter__(self) -> Iterator[bytes]:
            return iter(lambda: self.filelike.read(8192), b"")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start())
        await send({"type": "http.response.pathsend", "path": str(path)})

    extra: dict[str, Any] = {"wsgi.file_wrapper": Wrapper if wrapped else None}
    iterable = bridge(app)(environ_of(**extra), lambda *a: lambda b: None)
    assert isinstance(iterable, Wrapper) is wrapped
    assert b"".join(iterable) == b"x" * 300_000
    iterable.close()  # type: ignore[attr-defined]


def sends_file(path: object, *headers: tuple[bytes, bytes]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(start(headers=[*TEXT, *headers]))
        await send({"type": "http.response.pathsend", "path": path})

    return app


def test_a_file_is_opened_in_the_thread_of_the_request(bridge: Bridge, tmp_path: Path) -> None:
    """A disk that is slow, or a share that is gone, must not hold up the loop that serves everybody."""
    (tmp_path / "file").write_bytes(b"content")
    threads: list[int] = []

    class Noting:
        def __fspath__(self) -> str:
            threads.append(threading.get_ident())
            return str(tmp_path / "file")

    answer = get(bridge(sends_file(Noting())))
    assert (answer.body, answer.get("content-length")) == (b"content", "7")
    assert threads == [threading.get_ident()]


@pytest.mark.parametrize(
    ("name", "headers", "error"),
    [("missing", [], FileNotFoundError), ("file", [(b"content-length", b"3")], AppProtocolError)],
)
def test_a_file_that_cannot_be_sent_fails_before_the_response(
    bridge: Bridge, tmp_path: Path, name: str, headers: Any, error: type[Exception]
) -> None:
    (tmp_path / "file").write_bytes(b"content")
    started: list[object] = []
    with pytest.raises(error):
        bridge(sends_file(tmp_path / name, *headers))(environ_of(), noting(started))
    assert started == []


def test_trailers_are_dropped(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({**start(), "trailers": True})
        await send(piece(b"x"))
        await send({"type": "http.response.trailers", "headers": [(b"x-t", b"1")]})

    assert get(bridge(app)).body == b"x"


variable = contextvars.ContextVar("variable", default="unset")


def test_context_variables_go_in(bridge: Bridge) -> None:
    """How they come out: test_context.py."""
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(variable.get())
        await hello(scope, receive, send)

    def run() -> None:
        variable.set("by the server")
        get(bridge(app))

    contextvars.Context().run(run)
    assert seen == ["by the server"]


def test_data_of_asgiref_local_is_seen_by_the_application(bridge: Bridge) -> None:
    local: Any = Local()
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(getattr(local, "user", None))
        await hello(scope, receive, send)

    def run() -> None:
        local.user = "me"
        get(bridge(app))

    contextvars.Context().run(run)
    assert seen == ["me"]


def test_concurrent_requests_share_the_loop(bridge: Bridge) -> None:
    inside: list[int] = []
    together = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        inside.append(threading.get_ident())
        if len(inside) == 5:
            together.set()
        while not together.is_set():
            await checkpoint()
        await hello(scope, receive, send)

    adapter = bridge(app)
    bodies: list[bytes] = []
    threads = [threading.Thread(target=lambda: bodies.append(get(adapter).body)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    assert bodies == [b"hello"] * 5
    assert len(set(inside)) == 1


def test_a_call_from_the_loops_own_thread_is_refused() -> None:
    """It would wait for itself for ever."""
    inner = ASGIToWSGI(hello, lifespan="off")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        inner(environ_of(), lambda *a: lambda b: None)

    outer = ASGIToWSGI(app, lifespan="off")
    with pytest.raises(RuntimeError, match="would wait for itself"):
        get(outer)
    outer.shutdown()
    inner.shutdown()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backend": "curio"}, "backend must be one of asyncio, uvloop, trio, not 'curio'"),
        ({"lifespan": "maybe"}, "lifespan must be one of"),
        ({"window": 0}, "window must be at least 1"),
        ({"disconnect_grace": -1}, "disconnect_grace must be at least 0"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ASGIToWSGI(hello, **options)
    with pytest.raises(TypeError, match="must be an ASGI application"):
        ASGIToWSGI("module:app")  # type: ignore[arg-type]


def test_what_raises_is_not_kept_alive() -> None:
    """No cycle through the traceback: what it holds is freed at once."""

    class Held:
        pass

    adapter = ASGIToWSGI(hello, lifespan="off")
    held = Held()
    reference = weakref.ref(held)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        keep = held_box.pop()  # noqa: F841
        raise LookupError

    held_box = [held]
    del held
    failing = ASGIToWSGI(app, lifespan="off")
    gc.collect()
    gc.disable()
    try:
        with contextlib.suppress(LookupError):
            get(failing, validate=False)
        ended = threading.Event()
        failing._runtime().loop.post(ended.set)
        assert ended.wait(WAIT)
        assert reference() is None
    finally:
        gc.enable()
        failing.shutdown()
        adapter.shutdown()


def test_a_signal_in_the_middle_of_handing_a_request_over_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server's own thread may be the main one, where a handler raises between any two steps (a timeout by SIGALRM)."""

    class Alarm(BaseException):
        pass

    def interrupted(_: object) -> None:
        raise Alarm

    adapter = ASGIToWSGI(hello, lifespan="off")
    try:
        adapter.startup()
        runtime = adapter._runtime()
        with monkeypatch.context() as patch:
            patch.setattr(runtime.loop, "post", interrupted)
            with pytest.raises(Alarm):
                get(adapter, validate=False)
        assert not runtime._live, "shutdown would wait for it"
        assert get(adapter).body == b"hello"
    finally:
        adapter.shutdown()
