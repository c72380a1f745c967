"""A signal's exception at any step of the server's own thread, which may be the main one: nothing is left for ever."""

from __future__ import annotations

import contextlib
import gc
from functools import partial
from typing import Any

import pytest

from bridgekit import ASGIToWSGI
from bridgekit.typing import Receive, Scope, Send
from tests.helpers.interrupting import interrupted, was_interrupted
from tests.helpers.waiting import until
from tests.helpers.websocket_client import WebSocketClient
from tests.helpers.wsgi_client import environ_of


async def streams(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 1024, "more_body": True})


async def polls(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x", "more_body": True})
    while (await receive())["type"] != "http.disconnect":
        pass


async def session(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


def ask(adapter: ASGIToWSGI, step: int) -> None:
    """Ask for the first piece, and close, as a server does."""
    environ = environ_of()
    pieces: Any = None
    try:
        with interrupted(step):
            pieces = adapter(environ, lambda *_: lambda _: None)
            next(iter(pieces))
    finally:
        if pieces is not None:
            pieces.close()


def connect(adapter: ASGIToWSGI, step: int) -> None:
    """A WebSocket whose client is gone already: what only its thread finds out."""
    client = WebSocketClient()
    client.socket.close()
    try:
        with interrupted(step), contextlib.suppress(StopIteration):
            adapter(client.environ(), lambda *_: lambda _: None)
    finally:
        client.close()


REQUESTS = {"stream": (streams, ask), "poll": (polls, ask), "websocket": (session, connect)}


# Where the signal comes while a socket is being made or closed, that is left to its finalizer.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("kind", REQUESTS)
def test_shutdown_waits_for_no_request_that_a_signal_has_interrupted(kind: str) -> None:
    """The application hears that nobody is there, wherever it was."""
    app, request = REQUESTS[kind]
    adapter = ASGIToWSGI(app, lifespan="off", window=4096)
    try:
        adapter.startup()
        live = adapter._runtime()._live
        step = 1
        while was_interrupted(partial(request, adapter, step)):
            until(lambda: not live)
            step += 1
        assert step > 50
    finally:
        adapter.shutdown()
        gc.collect()
