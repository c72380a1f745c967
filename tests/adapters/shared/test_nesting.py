"""What an adapter inside another hears of the client outside."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import anyio
import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse, WSGIApp
from tests.helpers.asgi_driver import TIMEOUT, Connection, Loop, http_scope, reached, serving

Adapt = Callable[..., WSGIToASGI]


def copying(app: WSGIApp) -> WSGIApp:
    """Middleware that hands on an environ of its own."""

    def middleware(environ: Environ, start_response: StartResponse) -> object:
        return app(dict(environ), start_response)

    return middleware  # type: ignore[return-value]


@pytest.mark.parametrize("started", [False, True])
def test_a_client_that_leaves_in_silence_ends_the_application_inside(
    adapt: Adapt, loop: Loop, started: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A long poll gives nothing, so nothing is asked of it: thread and task were held as long as it went on."""
    seen: list[str] = []
    begun = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        if started:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.set()
        seen.append((await receive())["type"])

    inside = ASGIToWSGI(app, lifespan="off", disconnect_grace=TIMEOUT)
    adapter = adapt(copying(inside))

    async def scenario() -> Connection:
        connection = Connection(http_scope())
        async with serving(adapter, connection):
            await reached(begun)
            connection.leave()
        return connection

    connection = loop.run(scenario)
    assert (seen, connection.sent, connection.error) == (["http.disconnect"], [], None)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    inside.shutdown()


def test_an_application_inside_that_does_not_listen_is_cancelled(adapt: Adapt, loop: Loop) -> None:
    ended: list[bool] = []
    begun = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.set()
        try:
            await anyio.sleep_forever()
        finally:
            ended.append(True)

    inside = ASGIToWSGI(app, lifespan="off", disconnect_grace=0.01)
    adapter = adapt(inside)

    async def scenario() -> Connection:
        connection = Connection(http_scope())
        async with serving(adapter, connection):
            await reached(begun)
            connection.leave()
        return connection

    assert (loop.run(scenario).error, ended) == (None, [True])
    inside.shutdown()
