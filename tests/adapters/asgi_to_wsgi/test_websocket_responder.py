"""WebSocket sessions of ASGI applications in a WSGI server's request, without the server."""

from __future__ import annotations

import contextlib
import logging
import queue
import select
import threading
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from wsproto.events import BytesMessage, CloseConnection, TextMessage

from bridgekit import ASGIToWSGI
from bridgekit.adapters.asgi_to_wsgi import adapter as asgi_to_wsgi
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Message, Receive, Scope, Send
from tests.helpers.websocket_client import WAIT, WebSocketClient
from tests.helpers.wsgi_client import Exchange

Bridge = Callable[..., ASGIToWSGI]


class Session:
    """One request in a thread of its own; `outcome` is the answer, or what was raised to the server."""

    def __init__(self, app: ASGIToWSGI, client: WebSocketClient, key: str = "gunicorn.socket") -> None:
        self.outcomes: queue.Queue[Any] = queue.Queue()
        self.thread = threading.Thread(target=self._serve, args=(app, client.environ(key)))
        self.thread.start()

    def _serve(self, app: ASGIToWSGI, environ: dict[str, Any]) -> None:
        try:
            with Exchange(app, environ, validate=False) as exchange:
                self.outcomes.put(exchange.answer())
        except BaseException as error:
            self.outcomes.put(error)

    def outcome(self) -> Any:
        return self.outcomes.get(timeout=WAIT)


@contextlib.contextmanager
def session(
    app: ASGIToWSGI, path: str = "/", subprotocols: tuple[str, ...] = (), key: str = "gunicorn.socket"
) -> Iterator[tuple[WebSocketClient, Session]]:
    """A client and its request, which must have ended once the client has left."""
    client = WebSocketClient(path, subprotocols)
    running = Session(app, client, key)
    try:
        yield client, running
    finally:
        client.socket.close()
        running.thread.join(WAIT)
        client.close()
        assert not running.thread.is_alive()


ACCEPT: Message = {"type": "websocket.accept"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


# The handshake


def test_the_scope_of_a_session(bridge: Bridge) -> None:
    """ASGI, "WebSocket Connection Scope"."""
    scopes: queue.Queue[Scope] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert await receive() == {"type": "websocket.connect"}
        scopes.put(scope)
        await send({**ACCEPT, "subprotocol": "b", "headers": [(b"x-one", b"1")]})
        await receive()

    with session(bridge(app), "/caf%C3%A9?q=1", ("a", "b")) as (client, _):
        answer = client.accepted()
    assert (answer.subprotocol, (b"x-one", b"1") in list(answer.extra_headers)) == ("b", True)
    scope = scopes.get(timeout=WAIT)
    assert (scope["type"], scope["scheme"], scope["query_string"]) == ("websocket", "ws", b"q=1")
    assert scope["subprotocols"] == ["a", "b"]
    assert "method" not in scope


@pytest.mark.parametrize(
    ("key", "error"), [("gunicorn.socket", StopIteration), ("werkzeug.socket", ConnectionError)]
)
def test_the_server_is_told_that_the_connection_has_been_dealt_with(
    bridge: Bridge, key: str, error: type[Exception]
) -> None:
    with session(bridge(echo), key=key) as (client, running):
        client.accepted()
        client.text("hello")
        assert client.receive() == TextMessage(data="hello")
        client.socket.close()
        assert isinstance(running.outcome(), error)


def test_a_refusal_is_403(bridge: Bridge) -> None:
    """ASGI, "Close": before the accept it is a 403. Nothing is left open: ResourceWarning is an error here."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1000})

    with session(bridge(app)) as (_, running):
        answer = running.outcome()
    assert (answer.status, answer.body) == ("403 Forbidden", b"")


def test_a_denial_is_the_applications_own_response(bridge: Bridge) -> None:
    """ASGI, "WebSocket Denial Response"."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert "websocket.http.response" in scope["extensions"]
        await receive()
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-why", b"no")]})
        await send({"type": "websocket.http.response.body", "body": b"who ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"are you?"})

    with session(bridge(app)) as (_, running):
        answer = running.outcome()
    assert (answer.status, answer.get("x-why"), answer.body) == ("401 Unauthorized", "no", b"who are you?")


def test_what_is_no_handshake_is_answered_400(bridge: Bridge) -> None:
    with WebSocketClient() as client:
        environ = client.environ(HTTP_SEC_WEBSOCKET_VERSION="8")
        with Exchange(bridge(echo), environ) as exchange:
            assert exchange.answer().status == "400 Bad Request"


def test_without_a_socket_or_wsproto_it_is_answered_501(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    with WebSocketClient() as client:
        with Exchange(bridge(echo), client.environ("no.socket")) as exchange:
            answer = exchange.answer()
        assert (answer.status, b"does not hand over its socket" in answer.body) == (
            "501 Not Implemented",
            True,
        )
        monkeypatch.setattr(asgi_to_wsgi, "wsproto_installed", lambda: False)
        with Exchange(bridge(echo), client.environ()) as exchange:
            answer = exchange.answer()
        assert (answer.status, b"bridgekit[websocket]" in answer.body) == ("501 Not Implemented", True)


def test_an_exception_before_the_verdict_goes_to_the_server(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError("no such room")

    with session(bridge(app)) as (_, running):
        error = running.outcome()
    assert isinstance(error, LookupError)


@pytest.mark.parametrize("kind", [None, SystemExit])
def test_an_application_without_a_verdict_is_an_error(
    bridge: Bridge, kind: type[BaseException] | None
) -> None:
    """SystemExit, too: it would end the server's worker."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if kind is not None:
            raise kind

    with session(bridge(app)) as (_, running):
        error = running.outcome()
    assert isinstance(error, AppProtocolError)
    assert "without websocket.accept" in str(error)


# What an application may not send


async def caught(send: Send, message: Message) -> str:
    """What `send` raises for ``message``."""
    try:
        await send(message)
    except AppProtocolError as error:
        return str(error)
    return "nothing"


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        ({"type": "websocket.send", "text": "too early"}, "before websocket.accept"),
        ({"type": "http.response.start", "status": 200}, "before websocket.accept"),
        ({"type": "websocket.http.response.body"}, "before websocket.accept"),
        ({**ACCEPT, "subprotocol": "not-offered"}, "cannot be sent"),
        ({**ACCEPT, "headers": [(b"x", b"a\nb")]}, "cannot be sent"),
    ],
)
def test_events_before_the_verdict_are_checked(bridge: Bridge, message: Message, complaint: str) -> None:
    """And the application, once told, can still accept."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        said = await caught(send, message)
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": said})
        await receive()

    with session(bridge(app)) as (client, _):
        client.accepted()
        event = client.receive()
    assert isinstance(event, TextMessage)
    assert complaint in event.data


@pytest.mark.parametrize(
    ("message", "complaint"),
    [
        (ACCEPT, "not an event that an application may send"),
        ({"type": "websocket.send"}, "needs one of bytes and text"),
        ({"type": "websocket.send", "bytes": b"", "text": ""}, "needs one of bytes and text"),
        ({"type": "websocket.send", "text": b"x"}, "text must be str"),
        ({"type": "websocket.send", "bytes": "x"}, "bytes must be bytes"),
        ({"type": "websocket.send", "text": "\ud800"}, "UTF-8"),
        ({"type": "websocket.close", "code": 999}, "from 1000 to 4999"),
        ({"type": "websocket.close", "code": "1000"}, "from 1000 to 4999"),
    ],
)
def test_events_of_an_open_session_are_checked(bridge: Bridge, message: Message, complaint: str) -> None:
    """In `send`, where the application's author sees it; the session goes on."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": await caught(send, message)})
        await receive()

    with session(bridge(app)) as (client, _):
        client.accepted()
        event = client.receive()
    assert isinstance(event, TextMessage)
    assert complaint in event.data


def test_nothing_may_follow_a_close(bridge: Bridge) -> None:
    said: queue.Queue[str] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 4000, "reason": "bye"})
        said.put(await caught(send, {"type": "websocket.send", "text": "again"}))

    with session(bridge(app)) as (client, _):
        client.accepted()
        assert client.closed() == (4000, "bye")
    assert "after websocket.close" in said.get(timeout=WAIT)


# The end


def test_an_application_that_returns_closes_its_session(bridge: Bridge) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)

    with session(bridge(app)) as (client, _):
        client.accepted()
        assert client.closed()[0] == 1000


def test_an_application_that_fails_closes_its_session_and_is_logged(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    """RFC 6455 7.4.1: 1011."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        raise LookupError("in the session")

    adapter = bridge(app)
    with session(adapter) as (client, _):
        client.accepted()
        assert client.closed()[0] == 1011
    adapter.shutdown()  # waits until the session has been dealt with
    assert "in the session" in caplog.text


def test_after_the_clients_leaving_everything_says_so(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    """`receive` as often as it is asked, `send` with an OSError (ASGI 2.4), which is no failure of the application."""
    said: queue.Queue[Any] = queue.Queue()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for _ in range(3):
            said.put(await receive())
        try:
            await send({"type": "websocket.send", "text": "anybody?"})
        except OSError as error:
            said.put(error)
            raise

    adapter = bridge(app)
    with session(adapter) as (client, _):
        client.accepted()
    adapter.shutdown()  # waits until the session has been dealt with
    gone = {"type": "websocket.disconnect", "code": 1006, "reason": ""}
    assert [said.get(timeout=WAIT) for _ in range(3)] == [gone] * 3
    assert isinstance(said.get(timeout=WAIT), OSError)
    assert "failed" not in caplog.text


def test_an_application_that_goes_on_without_its_client_is_cancelled(bridge: Bridge) -> None:
    ended = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    with session(bridge(app, disconnect_grace=0.01)) as (client, _):
        client.accepted()
    assert ended.wait(WAIT)


# Backpressure


def test_the_application_waits_for_a_client_that_does_not_read(bridge: Bridge) -> None:
    sent: list[int] = []
    stuck = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for number in range(400):
            with anyio.move_on_after(0.2) as waited:
                await send({"type": "websocket.send", "bytes": b"x" * 10_000})
                sent.append(number)
            if waited.cancelled_caught:
                stuck.set()
                break
        await receive()

    with session(bridge(app, window=20_000)) as (client, _):
        client.accepted()
        assert stuck.wait(WAIT)
        assert len(sent) < 399
        for _ in sent:
            assert client.receive() == BytesMessage(data=b"x" * 10_000)


def test_the_client_waits_for_an_application_that_does_not_read(bridge: Bridge) -> None:
    """However many messages the application has taken: each of them makes room for as much, and no more."""
    taken: queue.Queue[int] = queue.Queue()
    go_on = threading.Semaphore(0)
    ended = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for _ in range(100):
            await anyio.to_thread.run_sync(go_on.acquire)
            taken.put(len((await receive())["bytes"]))
        while (await receive())["type"] != "websocket.disconnect":
            pass
        ended.set()

    with session(bridge(app, window=1000)) as (client, _):
        client.accepted()
        frame = client.encode(BytesMessage(data=b"x" * 100))
        sent = push(client, frame)
        for _ in range(100):
            go_on.release()
            taken.get(timeout=WAIT)
            sent += push(client, frame)
        # Socket buffers, one read and one window, beside what has been taken: without a bound it is a read for each.
        assert sent < 2_000_000
    assert ended.wait(WAIT)


def push(client: WebSocketClient, frame: bytes) -> int:
    """Send frames until the connection takes no more; returns the bytes."""
    block = frame * 500
    sent = 0
    while select.select([], [client.socket], [], 0.005)[1]:
        client.socket.setblocking(False)
        try:
            count = client.socket.send(block[sent % len(frame) :])
        except BlockingIOError:
            count = 0
        finally:
            client.socket.settimeout(WAIT)
        sent += count
    return sent


def test_a_client_that_leaves_a_busy_application_is_no_failure_of_it(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    """It is cancelled, which is nobody's fault."""
    ended = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()

    adapter = bridge(app, disconnect_grace=0.01)
    with session(adapter) as (client, _):
        client.accepted()
    assert ended.wait(WAIT)
    adapter.shutdown()
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("size", [1, 1 << 20])
def test_who_listens_hears_the_clients_code_before_send_raises(bridge: Bridge, size: int) -> None:
    """Starlette's `send` raises a disconnect of its own, 1006, and an application ends with whichever comes first.

    Whether the sender waits for room, as with a mebibyte, or is about to send more.
    """
    ended: queue.Queue[object] = queue.Queue()

    class Left(Exception):
        pass

    async def listen(receive: Receive) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            pass
        raise Left(message["code"])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        how: object = None
        await receive()
        await send(ACCEPT)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(listen, receive)
                try:
                    while True:
                        await send({"type": "websocket.send", "bytes": b"x" * size})
                        await anyio.lowlevel.checkpoint()
                except OSError:
                    how = "send() raised"
        except* Left as group:
            how = how or group.exceptions[0].args[0]
        finally:
            ended.put(how)

    adapter = bridge(app)
    for taken in range(20):
        with session(adapter) as (client, _):
            client.accepted()
            for _ in range(taken % 3):
                client.receive()
            client.send(CloseConnection(code=4001))
            while client.socket.recv(1 << 16):
                pass
            assert ended.get(timeout=WAIT) == 4001
