"""However a WebSocket session ends, nothing of the server's is held until some later garbage collection.

An environ has the connection in it, and what a server keeps open as long as somebody has that.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import logging
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from wsproto.extensions import PerMessageDeflate

from bridgekit import ASGITimingMiddleware, ASGIToWSGI
from bridgekit.exceptions import ClientDisconnected
from bridgekit.typing import ASGIApp, Receive, Scope, Send
from tests.helpers.asgi_driver import TIMEOUT
from tests.helpers.websocket_client import WebSocketClient

Bridge = Callable[..., ASGIToWSGI]
ACCEPT = {"type": "websocket.accept"}
DENIAL = "websocket.http.response"
variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")
tasks: set[asyncio.Task[Any]] = set()


class Token:
    """In the environ, and so in whatever holds anything of the request."""


# The applications


async def echoes(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    while (message := await receive())["type"] == "websocket.receive":
        await send({**message, "type": "websocket.send"})


async def closes(scope: Scope, receive: Receive, send: Send) -> None:
    await send(ACCEPT)
    await send({"type": "websocket.close", "code": 3001})


async def returns_once_it_is_open(scope: Scope, receive: Receive, send: Send) -> None:
    await send(ACCEPT)


async def forbids(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.close"})


async def denies(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": DENIAL + ".start", "status": 401, "headers": []})
    await send({"type": DENIAL + ".body", "body": b"who are you?"})


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("before its verdict")


async def exits(scope: Scope, receive: Receive, send: Send) -> None:
    raise SystemExit(3)


async def raises_when_it_is_open(scope: Scope, receive: Receive, send: Send) -> None:
    await send(ACCEPT)
    raise LookupError("in the session")


async def floods(scope: Scope, receive: Receive, send: Send) -> None:
    """More than is taken: it waits in send()."""
    await send(ACCEPT)
    with contextlib.suppress(ClientDisconnected):
        while True:
            await send({"type": "websocket.send", "bytes": b"x" * 100_000})


async def never_listens(scope: Scope, receive: Receive, send: Send) -> None:
    await send(ACCEPT)
    await anyio.sleep_forever()


async def goes_on_when_it_is_cancelled(scope: Scope, receive: Receive, send: Send) -> None:
    await send(ACCEPT)
    try:
        await anyio.sleep_forever()
    finally:
        await anyio.sleep_forever()


async def keeps_what_it_got(scope: Scope, receive: Receive, send: Send) -> None:
    variable.set((scope, receive, send))
    await echoes(scope, receive, send)


async def asks_for_a_moment(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    for _ in range(3):
        with anyio.move_on_after(0):
            await receive()


async def talks_nonsense(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200})


async def leaves_a_task(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(ACCEPT)
    task = asyncio.ensure_future(receive())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    await asyncio.sleep(0)


# The clients


def leaves(client: WebSocketClient) -> None:
    client.socket.close()


def reads_the_close(client: WebSocketClient) -> None:
    client.accepted()
    client.closed()


def talks_and_leaves(client: WebSocketClient) -> None:
    client.accepted()
    client.text("hello", "again")
    client.receive()


def sends_what_is_no_frame(client: WebSocketClient) -> None:
    client.accepted()
    client.socket.sendall(b"\xff" * 20)


def is_accepted(client: WebSocketClient) -> None:
    client.accepted()


CASES: dict[str, tuple[ASGIApp, Callable[[WebSocketClient], None]]] = {
    "it closes": (closes, reads_the_close),
    "it closes, and the client has left": (closes, leaves),
    "it returns": (returns_once_it_is_open, reads_the_close),
    "the client leaves": (echoes, talks_and_leaves),
    "the client leaves at once": (echoes, leaves),
    "the client talks nonsense": (echoes, sends_what_is_no_frame),
    "the client leaves a flood": (floods, is_accepted),
    "the client leaves nobody who listens": (never_listens, is_accepted),
    "it goes on when it is cancelled": (goes_on_when_it_is_cancelled, is_accepted),
    "what it got is in a context variable": (keeps_what_it_got, talks_and_leaves),
    "it waits a moment at a time": (asks_for_a_moment, reads_the_close),
    "it forbids": (forbids, leaves),
    "it denies": (denies, leaves),
    "it decides nothing": (returns, leaves),
    "it raises": (raises, leaves),
    "it exits": (exits, leaves),
    "it raises in the session": (raises_when_it_is_open, reads_the_close),
    "it talks nonsense": (talks_nonsense, leaves),
}  # fmt: skip


def serve(app: Any, environ: dict[str, Any], gone: threading.Event) -> None:
    """One request, as a server has it; ``gone`` is set when nobody has it any more."""
    token = Token()
    weakref.finalize(token, gone.set).atexit = False
    environ["test.token"] = token
    del token
    with contextlib.suppress(BaseException):
        app(environ, lambda *args: lambda data: None)


@pytest.fixture(autouse=True)
def no_collection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # pytest keeps what is logged
    monkeypatch.setattr(logging.getLogger("bridgekit.adapters"), "disabled", True)
    gc.disable()
    yield
    gc.enable()


def is_let_go(app: ASGIToWSGI, client_does: Callable[[WebSocketClient], None]) -> bool:
    gone = threading.Event()
    with WebSocketClient(extensions=[PerMessageDeflate()]) as client:
        thread = threading.Thread(target=serve, args=(app, client.environ(), gone))
        thread.start()
        client_does(client)
        client.socket.close()
        thread.join(TIMEOUT)
        assert not thread.is_alive()
        return gone.wait(TIMEOUT)


@pytest.mark.parametrize("name", CASES)
def test_a_session_is_let_go_when_it_ends(name: str, bridge: Bridge) -> None:
    app, client_does = CASES[name]
    assert is_let_go(bridge(app, disconnect_grace=0.05), client_does)


@pytest.mark.parametrize("name", ["it closes", "the client leaves", "it raises in the session", "it denies"])
def test_a_session_that_is_measured_is_let_go_too(name: str, bridge: Bridge) -> None:
    app, client_does = CASES[name]
    assert is_let_go(bridge(ASGITimingMiddleware(app, exporters=[lambda timing: None])), client_does)


def test_a_task_that_is_left_lets_go_too() -> None:
    """It hears that the client has left. Tasks of their own are asyncio's alone."""
    bridged, gone = ASGIToWSGI(leaves_a_task, lifespan="off"), threading.Event()
    with WebSocketClient() as client:
        client.socket.shutdown(socket.SHUT_WR)
        serve(bridged, client.environ(), gone)
        assert gone.wait(TIMEOUT)
    bridged.shutdown()


def test_of_waits_that_were_cancelled_nothing_stays(bridge: Bridge) -> None:
    """As of a session that asks for a moment at a time whether there is something, for as long as its client is silent."""
    waiting: list[int] = []

    async def polls(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        for _ in range(5):
            with anyio.move_on_after(0):
                await receive()
        waiting.append(len(receive.__self__._waiters))  # type: ignore[attr-defined]

    with WebSocketClient() as client:
        thread = threading.Thread(target=serve, args=(bridge(polls), client.environ(), threading.Event()))
        thread.start()
        reads_the_close(client)
        thread.join(TIMEOUT)
    assert waiting == [0]


def test_a_handshake_that_is_none_is_let_go(bridge: Bridge) -> None:
    gone = threading.Event()
    with WebSocketClient() as client:
        environ = client.environ()
        del environ["HTTP_SEC_WEBSOCKET_KEY"]
        serve(bridge(echoes), environ, gone)
        del environ
        assert gone.wait(TIMEOUT)
