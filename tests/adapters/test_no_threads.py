"""Where the system starts no thread, a request fails and nothing else: nobody waits, and what the request had is given back."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.concurrency.own_loop import helper_threads, loop_thread
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse
from tests.helpers.asgi_driver import TIMEOUT, Connection, body_events, serving, upload_scope
from tests.helpers.no_threads import no_threads
from tests.helpers.wsgi_apps import PLAIN
from tests.helpers.wsgi_client import environ_of, get

Adapt = Callable[..., WSGIToASGI]


class Upload(io.RawIOBase):
    """No `io.BytesIO`: it is read in a thread of its own."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = [b"he", b"llo"]

    def read(self, size: int | None = -1) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


def upload() -> dict[str, Any]:
    return environ_of("POST", CONTENT_LENGTH="5") | {"wsgi.input": Upload()}


@pytest.fixture
def adapter(monkeypatch: pytest.MonkeyPatch) -> Iterator[ASGIToWSGI]:
    """On a loop thread of its own, and with no helper left of another test."""
    monkeypatch.setattr(loop_thread, "_states", {})
    monkeypatch.setattr(helper_threads, "_idle", {})
    made = ASGIToWSGI(echo, lifespan="off")
    yield made
    made.shutdown()


def told(app: ASGIToWSGI, environ: dict[str, Any]) -> BaseException | bytes:
    """What a server's thread gets, which must not wait for ever."""
    outcome: list[BaseException | bytes] = []

    def serve() -> None:
        try:
            iterable: Any = app(environ, lambda *head: lambda data: None)
            outcome.append(b"".join(iterable))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=serve, name="the server's", daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    assert outcome, "the server's thread waits for ever"
    return outcome[0]


def test_an_application_whose_body_nobody_can_read_is_told(adapter: ASGIToWSGI) -> None:
    with no_threads("bridgekit-read"):
        failure = told(adapter, upload())
    assert isinstance(failure, RuntimeError)
    assert "can't start new thread" in str(failure)
    assert told(adapter, upload()) == b"hello"


def test_without_a_loop_thread_the_request_fails_and_the_next_one_asks_again(adapter: ASGIToWSGI) -> None:
    with no_threads("bridgekit-asyncio"):
        failure = told(adapter, upload())
    assert isinstance(failure, RuntimeError)
    assert get(adapter).body == b""


@pytest.mark.parametrize("length", [5, 3_000_000])
def test_without_a_worker_thread_a_request_gives_back_the_room_of_its_body(length: int, adapt: Adapt) -> None:
    """Or all that is there for bodies would be gone after some requests, and no upload answered any more."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        return [environ["wsgi.input"].read()]

    adapter = adapt(app)

    async def ask() -> Connection:
        connection = Connection(upload_scope(length), body_events(b"x" * length))
        async with serving(adapter, connection):
            await connection.until(lambda: connection.ended)
        return connection

    with no_threads("bridgekit-worker"):
        refused = asyncio.run(ask())
    assert isinstance(refused.error, RuntimeError)
    assert (adapter.room.memory.used, adapter.room.disk.used) == (0, 0)
    assert asyncio.run(ask()).body == b"x" * length
