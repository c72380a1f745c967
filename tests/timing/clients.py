"""Servers and a clock for timing tests: nothing in here waits, time passes only where a test says so."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from wsgiref.validate import validator

from bridgekit.timing import RequestTiming
from bridgekit.typing import ASGIApp, Environ, Message, Scope, WSGIApp

EPOCH = 1_800_000_000


class FakeClock:
    """Nanoseconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 5_000_000_000

    def __call__(self) -> int:
        return self.now

    def wall(self) -> int:
        return EPOCH * 10**9 + self.now - 5_000_000_000

    def advance(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)


def scope_of(
    method: str = "GET", path: str = "/", headers: Iterable[tuple[str, str]] = (), **more: Any
) -> Scope:
    """An HTTP scope as uvicorn makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers],
        "client": ("192.0.2.7", 50000),
        "server": ("127.0.0.1", 8000),
    } | more


def environ_of(
    method: str = "GET",
    path: str = "/",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    **more: Any,
) -> Environ:
    """An environ as gunicorn makes it."""
    environ: Environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "192.0.2.7",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in headers:
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    return environ | more


@dataclass
class ASGIClient:
    """Calls an application as a server does; a client that leaves makes ``send`` raise `OSError` (ASGI 2.4)."""

    clock: FakeClock
    send_seconds: float = 0.0
    """How long the server takes for each message."""
    gone_at: int | None = None
    """The number of the body message with which the client turns out to have left."""
    request_body: list[tuple[float, bytes]] = field(default_factory=list)
    """How long each piece of the request body is waited for, and the piece."""
    sent: list[Message] = field(default_factory=list)
    bodies: int = 0

    def call(self, app: ASGIApp, scope: Scope | None = None) -> None:
        """Run one request to its end; the application's exception comes out."""
        asyncio.run(self.run(app, scope))

    async def run(self, app: ASGIApp, scope: Scope | None = None) -> None:
        await app(scope_of() if scope is None else scope, self.receive, self.send)

    async def receive(self) -> Message:
        if self.request_body:
            seconds, piece = self.request_body.pop(0)
            self.clock.advance(seconds)
            return {"type": "http.request", "body": piece, "more_body": bool(self.request_body)}
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            if self.bodies == self.gone_at:
                raise BrokenPipeError("the client has gone")
            self.bodies += 1
        self.clock.advance(self.send_seconds)
        self.sent.append(message)

    @property
    def headers(self) -> list[tuple[str, str]]:
        start = next(m for m in self.sent if m["type"] == "http.response.start")
        return [(name.decode().lower(), value.decode("latin-1")) for name, value in start["headers"]]


@dataclass
class WSGIClient:
    """Calls an application as a server does, between two validators where the application lets it."""

    clock: FakeClock
    send_seconds: float = 0.0
    gone_at: int | None = None
    """The number of the chunk whose writing fails; the server closes then (PEP 3333)."""
    closes: bool = True
    validates: bool = True
    started: list[tuple[str, list[tuple[str, str]]]] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)

    def call(self, app: WSGIApp, environ: Environ | None = None) -> None:
        """Run one request to its end; the application's exception comes out."""
        environ = environ_of() if environ is None else environ
        result: Any = (validator(app) if self.validates else app)(environ, self.start_response)
        try:
            for chunk in result:
                self.write(chunk)
        except BrokenPipeError:
            pass
        finally:
            if self.closes and hasattr(result, "close"):
                result.close()

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], object]:
        if exc_info and self.chunks:
            raise exc_info[1].with_traceback(exc_info[2])
        self.started.append((status, headers))
        return self.write

    def write(self, chunk: bytes) -> None:
        if len(self.chunks) == self.gone_at:
            raise BrokenPipeError("the client has gone")
        self.clock.advance(self.send_seconds)
        self.chunks.append(chunk)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name.lower(), value) for name, value in self.started[-1][1]]


def export_often(export: Callable[[RequestTiming], object], timing: RequestTiming, times: int) -> None:
    """What one of several threads does to an exporter."""
    for _ in range(times):
        export(timing)
