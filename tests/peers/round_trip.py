"""Both adapters between a framework's test client and the application under test.

Part of the plugin `peer_shim`. Starlette's test client runs the lifespan itself, so its state is carried past the bridge.
Everything else has to cross.
"""

from __future__ import annotations

import collections
import importlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bridgekit import ASGIToWSGI, WSGIToASGI

__all__ = ["ROUND_TRIP", "shut_down_bridges", "touched"]

touched = {"calls": 0, "websockets": 0}
"""How often the test under way has met what is in the place of the peer's."""

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
        self.through = WSGIToASGI(bridge(self.inner, **options))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            touched["websockets"] += scope["type"] == "websocket"
            await self.app(scope, receive, send)
            return
        touched["calls"] += 1
        cuts: collections.deque[int] = collections.deque()
        await self.through(scope | {"cuts": cuts}, receive, lambda message: resend(message, cuts, send))

    async def inner(self, scope: Any, receive: Any, send: Any) -> None:
        outer = scope["wsgi_environ"]["asgi.scope"]
        scope["state"] = outer["state"]

        async def measured(message: Any) -> None:
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

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if (
            "asgi.scope" in environ
        ):  # Werkzeug makes a response of an application in the same way, behind the bridge
            inner: Iterable[bytes] = self.app(environ, start_response)
            return inner
        touched["calls"] += 1
        if "REQUEST_METHOD" not in environ:  # a test that needs none of what every server gives
            environ = importlib.import_module("werkzeug.test").create_environ() | environ
        adapter = bridge(WSGIToASGI(self.app), wait_for_background=True)
        iterable = adapter(environ, start_response)
        if isinstance(iterable, list):
            adapter.shutdown()
            return iterable
        return Ending(iterable, adapter)


class Ending:
    """A streamed response whose application has ended where its end or its close() has been seen.

    The tests look at what their application has done by then, in the same thread. Through the bridge it has a thread of its
    own and may be a moment behind.
    """

    def __init__(self, iterable: Any, adapter: ASGIToWSGI) -> None:
        self.iterable = iterable
        self.adapter = adapter

    def __iter__(self) -> Iterator[bytes]:
        yield from self.iterable
        self.adapter.shutdown()

    def close(self) -> None:
        self.iterable.close()
        self.adapter.shutdown()


def werkzeug_run(bare: Callable[..., Any]) -> Callable[..., Any]:
    """What Werkzeug's test client, and with it Flask's, calls an application with."""
    return lambda app, environ, buffered=False: bare(ThroughASGI(app), environ, buffered)


def validated(bare: Callable[..., Any]) -> Callable[..., Any]:
    """What Bottle's tests and WebTest's test client put around an application: a validator, here on both sides."""
    return lambda app, *options: bare(ThroughASGI(bare(app, *options)), *options)


ROUND_TRIP: dict[str, dict[str, Callable[[Any], object]]] = {
    "starlette": {"starlette.testclient.TestClient": starlette_client},
    "werkzeug": {"werkzeug.test.run_wsgi_app": werkzeug_run},
    "flask": {"werkzeug.test.run_wsgi_app": werkzeug_run},
    "bottle": {"wsgiref.validate.validator": validated},
    "webtest": {"webtest.lint.middleware": validated},
}
"""What is put in whose place, made of what was there."""
