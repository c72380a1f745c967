"""However a request ends, nothing of the server's is held until some later garbage collection.

A server may keep a connection open as long as somebody has the request's ``receive``: granian does, which closes it when the last reference goes.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bridgekit import WSGIToASGI
from bridgekit.concurrency.user_loop.backends import TICK
from bridgekit.typing import Environ, Message, Scope, StartResponse, WSGIApp
from tests.helpers.asgi_driver import TIMEOUT, http_scope, upload_scope
from tests.helpers.wsgi_apps import PLAIN

Adapt = Callable[..., WSGIToASGI]


class Server:
    """The server's end of one request: what it receives, and at which of its calls something happens to it.

    :param events: what ``receive`` gives; an exception is raised. After the last one it waits.
    :param broken_send: ``send`` raises.
    """

    def __init__(self, *events: Message | BaseException, broken_send: bool = False) -> None:
        self._events = list(events)
        self._broken_send = broken_send
        self.more = asyncio.Event()
        self.waits = asyncio.Event()
        self.sends = asyncio.Event()
        self.statuses: list[int] = []

    async def receive(self) -> Message:
        while not self._events:
            self.more.clear()
            self.waits.set()
            await self.more.wait()
        event = self._events.pop(0)
        if isinstance(event, BaseException):
            try:
                raise event
            finally:
                del event  # this frame is in its traceback
        return event

    async def send(self, message: Message) -> None:
        self.sends.set()
        if self._broken_send:
            raise OSError("the connection is gone")
        if message["type"] == "http.response.start":
            self.statuses.append(message["status"])

    def leave(self) -> None:
        self._events.append({"type": "http.disconnect"})
        self.more.set()


def reads(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", PLAIN)
    return [environ["wsgi.input"].read()]


def reads_nothing(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("401 Unauthorized", PLAIN)
    return [b"no"]


def streams(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", PLAIN)
    while True:
        yield b"x" * 100


def raises(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    raise LookupError("of the application")


def raises_late(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
    start_response("200 OK", PLAIN)
    yield b"x"
    raise LookupError("of the application")


def exits(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    raise SystemExit(3)


def more(body: bytes, more_body: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more_body}


@dataclass(frozen=True)
class Case:
    """One way a request goes.

    :param then: what happens when the application waits for a message (``waits``) or has sent one (``sends``).
    """

    app: WSGIApp
    scope: Callable[[], Scope]
    server: Callable[[], Server]
    then: str = ""
    options: dict[str, Any] = field(default_factory=dict)


QUICK = {"body_timeout": 0.01, "min_body_rate": 100}
SMALL = {"prebuffer": 10}
CASES = {
    "no body": Case(reads, http_scope, lambda: Server(more(b"", False))),
    "small body": Case(reads, lambda: upload_scope(3), lambda: Server(more(b"abc", False))),
    "chunked body": Case(reads, lambda: upload_scope(None), lambda: Server(more(b"a"), more(b"bc", False))),
    "streamed body": Case(reads, lambda: upload_scope(30), lambda: Server(more(b"a" * 20), more(b"b" * 10, False)), options=SMALL),
    "unread body": Case(reads_nothing, lambda: upload_scope(30), lambda: Server(more(b"a" * 20)), options=SMALL),
    "small body that stops coming": Case(reads, lambda: upload_scope(9), lambda: Server(more(b"a")), options=QUICK),
    "chunked body that stops coming": Case(reads, lambda: upload_scope(None), lambda: Server(more(b"a")), options=QUICK),
    "streamed body that stops coming": Case(reads, lambda: upload_scope(30), lambda: Server(more(b"a")), options=QUICK | SMALL),
    "streamed body that never comes": Case(reads, lambda: upload_scope(30), lambda: Server(), options=QUICK | SMALL),
    "body that is too large": Case(reads, lambda: upload_scope(30), lambda: Server(), options={"max_body_size": 5}),
    "chunked body that is too large": Case(reads, lambda: upload_scope(None), lambda: Server(more(b"a" * 30)), options={"max_body_size": 5}),
    "application raises": Case(raises, http_scope, lambda: Server(more(b"", False))),
    "application raises before its body": Case(raises, lambda: upload_scope(30), lambda: Server(more(b"a")), options=SMALL),
    "application raises in its response": Case(raises_late, http_scope, lambda: Server(more(b"", False))),
    "application exits": Case(exits, http_scope, lambda: Server(more(b"", False))),
    "client leaves in its small body": Case(reads, lambda: upload_scope(9), lambda: Server(more(b"a")), "leave"),
    "client leaves in its streamed body": Case(reads, lambda: upload_scope(30), lambda: Server(more(b"a")), "leave", SMALL),
    "client leaves in the response": Case(streams, http_scope, lambda: Server(more(b"", False)), "leave"),
    "receive raises": Case(reads, lambda: upload_scope(9), lambda: Server(more(b"a"), OSError("reset"))),
    "receive raises in a streamed body": Case(reads, lambda: upload_scope(30), lambda: Server(more(b"a"), OSError("reset")), options=SMALL),
    "send raises": Case(reads, http_scope, lambda: Server(more(b"", False), broken_send=True)),
    "send raises in a stream": Case(streams, http_scope, lambda: Server(more(b"", False), broken_send=True)),
    "cancelled in its small body": Case(reads, lambda: upload_scope(9), lambda: Server(more(b"a")), "cancel"),
    "cancelled in its streamed body": Case(reads, lambda: upload_scope(30), lambda: Server(more(b"a")), "cancel", SMALL),
    "cancelled in the response": Case(streams, http_scope, lambda: Server(more(b"", False)), "cancel sending"),
    "no such length": Case(reads, lambda: http_scope(headers=[(b"content-length", b"x")]), Server),
}  # fmt: skip


async def serve(app: WSGIToASGI, case: Case) -> asyncio.Event:
    """One request, as a server has it: a task that nobody asks for its result any more when it has ended. Gives what is set when nobody
    has the server's end any more."""
    server, gone = case.server(), asyncio.Event()
    weakref.finalize(server, asyncio.get_running_loop().call_soon_threadsafe, gone.set).atexit = False
    task = asyncio.create_task(app(case.scope(), server.receive, server.send))
    match case.then:
        case "leave":
            await server.waits.wait()
            server.leave()
        case "cancel":
            await server.waits.wait()
            task.cancel()
        case "cancel sending":
            await server.sends.wait()
            task.cancel()
    async with asyncio.timeout(TIMEOUT):
        await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
    return gone


@pytest.mark.parametrize("name", CASES)
def test_the_servers_end_is_let_go_with_the_request(
    name: str, adapt: Adapt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a garbage collection: of reference cycles with it in them, nobody knows when they end."""
    for each in ("bridgekit.adapters", "bridgekit.concurrency"):
        monkeypatch.setattr(logging.getLogger(each), "disabled", True)  # pytest keeps what is logged
    case = CASES[name]
    app = adapt(case.app, **case.options)

    async def main() -> None:
        gone = await serve(app, case)
        async with asyncio.timeout(TIMEOUT):
            await gone.wait()  # a thread or a callback may be about to let go

    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()


def test_the_servers_loop_reads_what_it_read_before(adapt: Adapt) -> None:
    """What wakes it from threads while many requests are in flight goes when it has nothing to do."""
    arrived = threading.Barrier(3, timeout=TIMEOUT)

    def meets(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        arrived.wait()
        return [b"x"]

    app = adapt(meets)

    async def main() -> None:
        loop: Any = asyncio.get_running_loop()
        before = set(loop._selector.get_map())
        servers = [Server(more(b"", False)) for _ in range(3)]
        async with asyncio.timeout(TIMEOUT):
            await asyncio.gather(*(app(http_scope(), server.receive, server.send) for server in servers))
        assert [server.statuses for server in servers] == [[200]] * 3
        gone = asyncio.Event()
        loop.call_later(2 * TICK, gone.set)
        await gone.wait()
        assert set(loop._selector.get_map()) == before

    asyncio.run(main())
