"""Both adapters between a framework's test client and the application under test.

Part of the plugin `peer_shim`. Starlette's test client runs the lifespan itself, so its state is carried past the bridge.
Everything else has to cross.
"""

from __future__ import annotations

import collections
import importlib
import io
import mmap
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bridgekit import ASGIToWSGI, WSGIToASGI

forked = mmap.mmap(-1, 1)
"""Not zero where a process that the test under way has forked has met it."""

touched = {"calls": 0, "websockets": 0}
"""How often the test under way has met what is in the place of the peer's."""

DEBUG = "http.response.debug"
"""What a framework tells its test client about a response, such as a template's context (ASGI, "Extensions"). It is no part of
HTTP, and no server has it."""

bridges: list[ASGIToWSGI] = []


def bridge(app: Any, **options: Any) -> ASGIToWSGI:
    bridges.append(ASGIToWSGI(app, lifespan="off", **options))
    return bridges[-1]


def shut_down_bridges() -> None:
    """At the end of a test. What its application still does, it does for nobody."""
    while bridges:
        bridges.pop().shutdown()


class ThroughWSGI:
    """An ASGI application whose HTTP requests go through WSGI and back. Lifespan and WebSockets go straight to it."""

    def __init__(self, app: Any, backend: str) -> None:
        self.app = app
        # The framework's test client waits for background tasks. What it leaves alone is cancelled at the test's end.
        options = {"backend": backend, "wait_for_background": True, "shutdown_timeout": 0.1}
        self.through = WSGIToASGI(bridge(self.inner, **options), allow_underscores=True)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            touched["websockets"] += scope["type"] == "websocket"
            await self.app(scope, receive, send)
            return
        touched["calls"] += 1
        cuts: collections.deque[int] = collections.deque()
        debug: list[Any] = []

        async def sent(message: Any) -> None:
            while debug:
                await send(debug.pop(0))
            await resend(message, cuts, send)

        await self.through(scope | {"cuts": cuts, "debug": debug}, receive, sent)

    async def inner(self, scope: Any, receive: Any, send: Any) -> None:
        outer = scope["wsgi_environ"]["asgi.scope"]
        scope["state"] = outer["state"]
        if DEBUG in outer.get("extensions", {}):
            scope["extensions"] = scope["extensions"] | {DEBUG: {}}

        async def measured(message: Any) -> None:
            if message["type"] == DEBUG and DEBUG in scope["extensions"]:
                outer["debug"].append(message)
                return
            if message["type"] == "http.response.body":
                outer["cuts"].append(len(message.get("body", b"")))
            await send(message)

        await self.app(scope, receive, measured)


async def resend(message: Any, cuts: collections.deque[int], send: Any) -> None:
    """Cut a body where the application cut it: bridgekit joins what is ready together, which has no meaning in ASGI.

    How much is ready is chance, so tests that look at single events would now pass and now fail.
    """
    if message["type"] == "http.response.body":
        body = message["body"]
        while cuts and cuts[0] < len(body):
            size = cuts.popleft()
            if size:
                await send(message | {"body": body[:size], "more_body": True})
                body = body[size:]
        if cuts:
            cuts[0] -= len(body)  # what is left of it comes later
            if not cuts[0]:
                cuts.popleft()
        message = message | {"body": body}
    await send(message)


def starlette_client(bare: Any) -> type:
    """Starlette's test client, with the bridge before the application."""
    testclient = importlib.import_module("starlette.testclient")

    class TestClient(bare):  # type: ignore[misc]
        __test__ = False

        def __init__(self, app: Any, *args: Any, **options: Any) -> None:
            if not testclient._is_asgi3(app):
                app = testclient._WrapASGI2(app)
            super().__init__(ThroughWSGI(app, options.get("backend", "asyncio")), *args, **options)

    return TestClient


class ThroughASGI:
    """A WSGI application whose requests go through ASGI and back."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[Any]:
        if (
            "asgi.scope" in environ
        ):  # Werkzeug makes a response of an application in the same way, behind the bridge
            inner: Iterable[bytes] = self.app(environ, start_response)
            return inner
        touched["calls"] += 1
        if "REQUEST_METHOD" not in environ:  # a test that needs none of what every server gives
            environ = importlib.import_module("werkzeug.test").create_environ() | environ
        app = Accepted(self.app)
        adapter = bridge(WSGIToASGI(app), wait_for_background=True)
        iterable = adapter(environ | input_of_its_own(environ), start_response)
        if isinstance(iterable, list):
            adapter.shutdown()
            return [app.as_given(piece) for piece in iterable]
        ending = Ending(iterable, adapter, app.as_given)
        if "werkzeug.debug.preserve_context" in environ:
            # Flask's test client enters the application's context as soon as there is a response: the application, in its own
            # thread, must have left it by then.
            ending.pieces = list(ending)
        return ending


def input_of_its_own(environ: dict[str, Any]) -> dict[str, Any]:
    """Werkzeug's test client reads a body again for a redirect, and its tests look at it. A server's socket is read once."""
    stream = environ["wsgi.input"]
    if not isinstance(stream, io.BytesIO):
        return {}
    begin = stream.tell()
    body = stream.read()
    stream.seek(begin)
    return {"wsgi.input": io.BytesIO(body)}


class Accepted:
    """An application as servers accept it: its status is text and its body bytes (PEP 3333).

    Some tests' applications give them the other way round, which their test clients let pass. What they test is something else.
    """

    def __init__(self, app: Any) -> None:
        self.app = app
        self.gives_text = False
        self.cuts: list[int] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str | bytes, *rest: Any, **options: Any) -> Any:
            write = start_response(status.decode() if isinstance(status, bytes) else status, *rest, **options)
            return lambda piece: write(self.as_bytes(piece))

        self.cuts = environ.get("cuts", [])
        iterable = self.app(environ, start)
        if isinstance(iterable, list):
            return [self.as_bytes(piece) for piece in iterable]
        if isinstance(iterable, environ["wsgi.file_wrapper"]):
            file: Iterable[bytes] = iterable
            return file
        return Pieces(iterable, self.as_bytes)

    def as_bytes(self, piece: str | bytes) -> bytes:
        if not isinstance(piece, bytes):
            self.gives_text = True
            piece = piece.encode()
        self.cuts.append(len(piece))
        return piece

    def as_given(self, piece: bytes) -> str | bytes:
        return piece.decode() if self.gives_text else piece


class Cut:
    """A streamed response, cut where the application cut it: waitress makes a chunk of each piece."""

    def __init__(self, iterable: Any, cuts: list[int]) -> None:
        self.iterable = iterable
        self.cuts = cuts

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.iterable:
            while self.cuts and len(piece) > self.cuts[0]:
                size = self.cuts.pop(0)
                yield piece[:size]
                piece = piece[size:]
            if self.cuts:
                self.cuts[0] -= len(piece)
                if not self.cuts[0]:
                    self.cuts.pop(0)
            yield piece

    def close(self) -> None:
        self.iterable.close()


class Pieces:
    """An application's iterable, each piece changed."""

    def __init__(self, iterable: Any, change: Callable[[Any], bytes]) -> None:
        self.iterable = iterable
        self.change = change

    def __iter__(self) -> Iterator[bytes]:
        return map(self.change, self.iterable)

    def close(self) -> None:
        if hasattr(self.iterable, "close"):
            self.iterable.close()


class Ending:
    """A streamed response whose application has ended where its end or its close() has been seen.

    The tests look at what their application has done by then, in the same thread. Through the bridge it has a thread of its
    own and may be a moment behind.
    """

    def __init__(self, iterable: Any, adapter: ASGIToWSGI, change: Callable[[bytes], Any]) -> None:
        self.iterable = iterable
        self.adapter = adapter
        self.change = change
        self.pieces: list[Any] | None = None

    def __iter__(self) -> Iterator[Any]:
        if self.pieces is not None:
            yield from self.pieces
            return
        yield from map(self.change, self.iterable)
        self.adapter.shutdown()

    def close(self) -> None:
        self.iterable.close()
        self.adapter.shutdown()


def waitress_server(bare: Any) -> type:
    """waitress' server, of which its tests start one for each test in a process of its own."""

    class Server(bare):  # type: ignore[misc]
        def __init__(self, application: Any, *args: Any, **options: Any) -> None:
            through = ASGIToWSGI(WSGIToASGI(Accepted(application)), lifespan="off")

            def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
                forked[0] = 1
                cuts: list[Any] = []
                environ["cuts"] = cuts
                pieces: Any = through(environ, start_response)
                return pieces if isinstance(pieces, list) else Cut(pieces, cuts)

            super().__init__(app, *args, **options)

    return Server


def werkzeug_run(bare: Callable[..., Any]) -> Callable[..., Any]:
    """What Werkzeug's test client, and with it Flask's, calls an application with."""
    return lambda app, environ, buffered=False: bare(ThroughASGI(app), environ, buffered)


def validated(bare: Callable[..., Any]) -> Callable[..., Any]:
    """What Bottle's tests and WebTest's test client put around an application: a validator, here on both sides."""
    return lambda app, *options: bare(ThroughASGI(bare(app, *options)), *options)


ROUND_TRIP: dict[str, dict[str, Callable[[Any], object]]] = {
    "starlette": {"starlette.testclient.TestClient": starlette_client},
    "fastapi": {"starlette.testclient.TestClient": starlette_client},
    "waitress": {
        "waitress.server.TcpWSGIServer": waitress_server,
        "waitress.server.UnixWSGIServer": waitress_server,
    },
    "werkzeug": {"werkzeug.test.run_wsgi_app": werkzeug_run},
    "flask": {"werkzeug.test.run_wsgi_app": werkzeug_run},
    "bottle": {"wsgiref.validate.validator": validated},
    "webtest": {"webtest.lint.middleware": validated},
}
"""What is put in whose place, made of what was there."""
