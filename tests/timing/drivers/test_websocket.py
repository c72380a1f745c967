"""A websocket session is one record: from the handshake to the close."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from bridgekit.timing import ASGITimingMiddleware, Kind, Outcome, RequestTiming
from tests.timing.clients import FakeClock, scope_of

SCOPE: dict[str, Any] = {"type": "websocket", "scheme": "ws", "path": "/ws"}


def session(
    app: Callable[[FakeClock], Any], incoming: list[tuple[float, dict[str, Any]]], gone: bool = False
) -> RequestTiming:
    seen: list[RequestTiming] = []
    clock = FakeClock()
    incoming = [(1.0, {"type": "websocket.connect"}), *incoming]

    async def receive() -> Any:
        seconds, message = incoming.pop(0)
        clock.advance(seconds)
        return message

    async def send(message: Any) -> None:
        if gone and message["type"] == "websocket.send":
            raise ConnectionResetError("gone")

    scope = scope_of(**SCOPE)
    del scope["method"]
    wrapped = ASGITimingMiddleware(app(clock), exporters=[seen.append], clock=clock, wall_clock=clock.wall)
    with contextlib.suppress(ValueError, ConnectionResetError):
        asyncio.run(wrapped(scope, receive, send))
    (record,) = seen
    return record


def echo(clock: FakeClock) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})
        clock.advance(30)

    return app


def test_a_session_is_measured_until_the_client_closes() -> None:
    timing = session(
        echo,
        [
            (2, {"type": "websocket.receive", "text": "añb"}),
            (3, {"type": "websocket.disconnect", "code": 1000}),
        ],
    )
    assert (timing.kind, timing.protocol, timing.method, timing.scheme) == (
        Kind.WEBSOCKET,
        "websocket",
        "GET",
        "ws",
    )
    assert (timing.status, timing.outcome) == (101, Outcome.OK)
    assert (timing.duration, timing.time_to_first_byte) == (6.0, 1.0)
    assert (timing.bytes_in, timing.bytes_out) == (4, 4)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (1000, Outcome.OK),
        (1001, Outcome.OK),
        (None, Outcome.OK),
        (1006, Outcome.CLIENT_GONE),
        (1011, Outcome.CLIENT_GONE),
    ],
)
def test_a_client_that_breaks_off_is_gone(code: int | None, outcome: Outcome) -> None:
    assert session(echo, [(0, {"type": "websocket.disconnect", "code": code})]).outcome is outcome


def test_a_client_that_send_finds_missing_is_gone() -> None:
    timing = session(echo, [(0, {"type": "websocket.receive", "text": "x"})], gone=True)
    assert timing.outcome is Outcome.CLIENT_GONE


def test_a_refused_handshake_is_a_403() -> None:
    """ASGI websocket, "Close": before the handshake is complete, the server answers 403."""

    def refuse(clock: FakeClock) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.close"})

        return app

    timing = session(refuse, [])
    assert (timing.status, timing.outcome) == (403, Outcome.CLIENT_ERROR)


def test_a_denial_response_has_its_status() -> None:
    """ASGI extension "Websocket Denial Response"."""

    def deny(clock: FakeClock) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.http.response.start", "status": 503, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b"later"})

        return app

    timing = session(deny, [])
    assert (timing.status, timing.outcome) == (503, Outcome.SERVER_ERROR)


def test_an_application_that_raises_is_an_exception_in_the_stream() -> None:
    def fail(clock: FakeClock) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            raise ValueError("no")

        return app

    timing = session(fail, [])
    assert (timing.outcome, timing.error_type) == (Outcome.STREAM_EXCEPTION, "ValueError")


def test_an_application_that_returns_closes_in_order() -> None:
    def short(clock: FakeClock) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.send", "bytes": b"1234"})

        return app

    timing = session(short, [])
    assert (timing.outcome, timing.bytes_out) == (Outcome.OK, 4)
