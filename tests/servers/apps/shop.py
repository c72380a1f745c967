"""What the manual's page on deployment serves as ``shop.wsgi:application``; behind nginx it tells what reached it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator

from bridgekit import WSGIToASGI
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse

TOLD = (
    "SCRIPT_NAME",
    "PATH_INFO",
    "HTTP_HOST",
    "REMOTE_ADDR",
    "wsgi.url_scheme",
    "HTTP_X_REQUEST_START",
    "HTTP_CONNECTION",
)


def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """``/events`` is a stream that goes on when somebody opens the named pipe EVENTS for writing; others are told their environ."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"] == "/events":
        return events()
    return [json.dumps({key: environ.get(key) for key in TOLD}).encode()]


def events() -> Iterator[bytes]:
    yield b"one\n"
    with open(os.environ["EVENTS"], "rb"):  # noqa: PTH123  # blocks until the other end is opened
        yield b"two\n"


adapted = WSGIToASGI(application)


async def with_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """The same with a WebSocket that sends back what it is sent, once."""
    if scope["type"] != "websocket":
        await adapted(scope, receive, send)
        return
    await receive()
    await send({"type": "websocket.accept"})
    message = await receive()
    await send({"type": "websocket.send", "text": f"{scope['path']} {message['text']}"})
    await send({"type": "websocket.close"})
