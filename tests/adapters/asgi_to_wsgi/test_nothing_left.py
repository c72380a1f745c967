"""However a request ends, nothing of the server's is held until some later garbage collection.

An environ has the connection in it, and what a server keeps open as long as somebody has that.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import logging
import socket
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper

import pytest

from bridgekit import ASGITimingMiddleware, ASGIToWSGI, WSGITimingMiddleware, WSGIToASGI
from bridgekit.typing import ASGIApp, Receive, Scope, Send, WSGIApp
from tests.helpers.asgi_driver import TIMEOUT
from tests.helpers.wsgi_apps import answers
from tests.helpers.wsgi_client import environ_of

Bridge = Callable[..., ASGIToWSGI]
START = {"type": "http.response.start", "status": 200, "headers": []}
variable: contextvars.ContextVar[Any] = contextvars.ContextVar("variable")
tasks: set[asyncio.Task[Any]] = set()
sockets: list[socket.socket] = []


class Piecewise(io.RawIOBase):
    """``wsgi.input``, read in a thread of its own. After its pieces it ends, or raises."""

    def __init__(self, *pieces: bytes, error: type[BaseException] | None = None) -> None:
        super().__init__()
        self._pieces = list(pieces)
        self._error = error

    def read(self, size: int | None = -1) -> bytes:
        if not self._pieces and self._error is not None:
            raise self._error("reset")
        return self._pieces.pop(0) if self._pieces else b""


class Hanging(io.RawIOBase):
    """One whose client stops in its body, and does not leave."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._first = b"first"

    def read(self, size: int | None = -1) -> bytes:
        first, self._first = self._first, b""
        return first or self._connection.recv(1)


def message(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": more}


async def says(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send(message(b"hello"))


async def reads(scope: Scope, receive: Receive, send: Send) -> None:
    body, event = b"", await receive()
    while event["type"] == "http.request" and event["more_body"]:
        body += event["body"]
        event = await receive()
    if event["type"] == "http.disconnect":
        return
    await send(START)
    await send(message(body + event["body"]))


async def echoes(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    while (event := await receive()).get("more_body"):
        await send(message(event["body"], more=True))
    await send(message(b""))


async def asks_whether_it_is_left(scope: Scope, receive: Receive, send: Send) -> None:
    """As Starlette's ``is_disconnected``."""
    for _ in range(3):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0):
                await receive()
    await says(scope, receive, send)


async def streams(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send(START)
    while True:
        await send(message(b"x" * 100, more=True))


async def streams_until_left(scope: Scope, receive: Receive, send: Send) -> None:
    async def listen() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    listening = asyncio.ensure_future(listen())
    await send(START)
    while not listening.done():
        await send(message(b"x", more=True))
        await asyncio.sleep(0)
    await listening


async def never_ends(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send(message(b"x", more=True))
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def goes_on(scope: Scope, receive: Receive, send: Send) -> None:
    await says(scope, receive, send)
    await receive()
    await asyncio.sleep(0)


async def leaves_a_task(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    task = asyncio.ensure_future(receive())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    await asyncio.sleep(0)
    await says(scope, receive, send)


async def leaves_a_task_and_no_answer(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    task = asyncio.ensure_future(receive())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    await asyncio.sleep(0)


async def raises(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    raise LookupError("of the application")


async def raises_in_its_response(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send(message(b"x", more=True))
    raise LookupError("of the application")


async def raises_behind_it(scope: Scope, receive: Receive, send: Send) -> None:
    await says(scope, receive, send)
    raise LookupError("of the application")


async def exits(scope: Scope, receive: Receive, send: Send) -> None:
    raise SystemExit(3)


async def returns(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


async def is_too_short(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**START, "headers": [(b"content-length", b"9")]})
    await send(message(b"hello"))


async def is_too_long(scope: Scope, receive: Receive, send: Send) -> None:
    await send({**START, "headers": [(b"content-length", b"2")]})
    await send(message(b"hello"))


async def talks_nonsense(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.send"})


async def sends_a_file(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send({"type": "http.response.pathsend", "path": str(Path(__file__))})


async def sends_no_file(scope: Scope, receive: Receive, send: Send) -> None:
    await send(START)
    await send({"type": "http.response.pathsend", "path": "/nowhere/at/all"})


async def hints(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.early_hint", "links": [b"</a>"]})
    await says(scope, receive, send)


async def sets_a_variable(scope: Scope, receive: Receive, send: Send) -> None:
    variable.set(scope)
    await says(scope, receive, send)


def refuses(*args: Any) -> Any:
    raise BrokenPipeError("the server has lost its client")


@dataclass(frozen=True)
class Case:
    """One way a request goes.

    :param server: what it does with the iterable: reads it to its end, ``closes`` or ``drops`` it behind its first piece.
    """

    app: Any
    environ: Callable[[], dict[str, Any]] = environ_of
    server: str = "reads"
    start_response: Any = lambda *args: lambda data: None
    options: dict[str, Any] = field(default_factory=dict)


def offering(key: str, value: object) -> Callable[[], dict[str, Any]]:
    """The environ of a server that has something to offer."""
    return lambda: environ_of() | {key: value}


def posted(stream: Any, **extra: Any) -> Callable[[], dict[str, Any]]:
    def environ() -> dict[str, Any]:
        return environ_of("POST", CONTENT_LENGTH="30") | {"wsgi.input": stream(), **extra}

    return environ


def from_a_silent_client() -> dict[str, Any]:
    ours, theirs = socket.socketpair()
    sockets.extend((ours, theirs))
    return posted(lambda: Hanging(ours), HTTP_CONNECTION="close", **{"gunicorn.socket": ours})()


UPLOAD = posted(lambda: Piecewise(b"a" * 20, b"b" * 10))
SHORT = posted(lambda: Piecewise(b"a" * 20))
BROKEN = posted(lambda: Piecewise(b"a" * 20, error=OSError))
TOLD = {"raise_exceptions": False}
CASES = {
    "nothing is received": Case(says),
    "no body": Case(reads),
    "HEAD": Case(says, lambda: environ_of("HEAD")),
    "a body in memory": Case(reads, lambda: environ_of("POST", body=b"abc")),
    "an upload": Case(reads, UPLOAD),
    "an upload that nobody reads": Case(says, UPLOAD),
    "an upload of which a part is read": Case(raises, UPLOAD),
    "an upload that is echoed": Case(echoes, UPLOAD),
    "an upload that stops": Case(echoes, from_a_silent_client, server="closes"),
    "a client that leaves in its upload": Case(reads, SHORT),
    "a client that leaves in an echo": Case(echoes, SHORT),
    "input that raises": Case(reads, BROKEN),
    "input that raises in a response": Case(echoes, BROKEN),
    "input that ends its thread": Case(reads, posted(lambda: Piecewise(error=SystemExit))),
    "a length that is none": Case(reads, lambda: environ_of("POST", CONTENT_LENGTH="x")),
    "asked whether it is left": Case(asks_whether_it_is_left),
    "a stream that is closed": Case(streams, server="closes"),
    "a stream that is dropped": Case(streams, server="drops"),
    "a stream whose end is listened for": Case(streams_until_left, server="closes"),
    "an application that never ends": Case(never_ends, server="closes", options={"disconnect_grace": 0.0}),
    "an application that goes on": Case(goes_on),
    "an application that is waited for": Case(goes_on, options={"wait_for_background": True}),
    "a task that is left": Case(leaves_a_task),
    "a task that is left without an answer": Case(leaves_a_task_and_no_answer),
    "it raises": Case(raises),
    "it raises, and is answered for": Case(raises, options=TOLD),
    "it raises in its response": Case(raises_in_its_response),
    "it raises behind its response": Case(raises_behind_it),
    "it exits": Case(exits),
    "it returns without a response": Case(returns),
    "it is too short": Case(is_too_short),
    "it is too long": Case(is_too_long),
    "it talks nonsense": Case(talks_nonsense),
    "a file": Case(sends_a_file),
    "a file by the server's means": Case(sends_a_file, offering("wsgi.file_wrapper", FileWrapper)),
    "no such file": Case(sends_no_file),
    "early hints": Case(hints, offering("wsgi.early_hints", lambda headers: None)),
    "early hints that are refused": Case(hints, offering("wsgi.early_hints", refuses)),
    "a context variable": Case(sets_a_variable),
    "a server that refuses the response": Case(says, start_response=refuses),
    "a server that refuses a stream": Case(streams, start_response=refuses),
    "a handshake that nobody can make": Case(says, lambda: environ_of(HTTP_UPGRADE="websocket")),
}  # fmt: skip


class Token:
    """In the environ, and so in whatever holds anything of the request."""


def serve(app: WSGIApp, case: Case) -> threading.Event:
    """One request, as a server has it. Gives what is set when nobody has it any more."""
    token, gone = Token(), threading.Event()
    weakref.finalize(token, gone.set).atexit = False
    environ = case.environ() | {"test.token": token}
    with contextlib.suppress(BaseException):
        iterable: Any = app(environ, case.start_response)
        pieces = iter(iterable)
        try:
            next(pieces, None)
            if case.server == "reads":
                for _ in pieces:
                    pass
        finally:
            if case.server != "drops" and hasattr(iterable, "close"):
                iterable.close()
    return gone


@pytest.fixture(params=["asyncio", "uvloop"])
def backend(request: pytest.FixtureRequest) -> str:
    """The applications here are written for asyncio."""
    name: str = request.param
    pytest.importorskip(name)
    return name


@pytest.fixture(autouse=True)
def no_collection(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for each in ("bridgekit.adapters", "bridgekit.concurrency", "bridgekit.timing"):
        monkeypatch.setattr(logging.getLogger(each), "disabled", True)  # pytest keeps what is logged
    gc.disable()
    yield
    gc.enable()
    while sockets:
        sockets.pop().close()


def timed(app: ASGIApp) -> ASGIApp:
    return ASGITimingMiddleware(app, exporters=[lambda timing: None])


@pytest.mark.parametrize("measured", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_the_servers_environ_is_let_go_with_the_request(name: str, measured: bool, bridge: Bridge) -> None:
    """Without a garbage collection: of reference cycles with it in them, nobody knows when they end."""
    case = CASES[name]
    app: Any = bridge(timed(case.app) if measured else case.app, **case.options)
    if measured:
        app = WSGITimingMiddleware(app, exporters=[lambda timing: None])
    assert serve(app, case).wait(TIMEOUT)


@pytest.mark.parametrize(
    "name", ["no body", "an upload", "a client that leaves in its upload", "a stream that is closed"]
)
def test_it_is_let_go_by_both_adapters_in_one_request(name: str, bridge: Bridge) -> None:
    inside = WSGIToASGI(bridge(CASES[name].app))
    assert serve(bridge(inside), CASES[name]).wait(TIMEOUT)
    inside.pool.shutdown(wait_seconds=TIMEOUT)


def test_it_is_let_go_around_a_wsgi_application(bridge: Bridge) -> None:
    inside = WSGIToASGI(answers(b"he", b"llo"))
    assert serve(bridge(inside), CASES["an upload"]).wait(TIMEOUT)
    inside.pool.shutdown(wait_seconds=TIMEOUT)
