"""A real framework, with what it does beside answering."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import starlette
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import FileResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute

from bridgekit.timing import ASGITimingMiddleware, Kind, Outcome, RequestTiming
from bridgekit.timing.spans import span
from bridgekit.typing import Scope
from tests.timing.clients import ASGIClient, FakeClock, scope_of

LEAKS = int(starlette.__version__.partition(".")[0]) < 1
"""The BaseHTTPMiddleware of older ones leaves streams open, which are warnings here."""


async def pass_on(request: Any, call_next: Any) -> Any:
    with span("middleware"):
        return await call_next(request)


def application(clock: FakeClock) -> Starlette:
    async def produce() -> AsyncIterator[bytes]:
        for chunk in (b"data: 1\n\n", b"data: 2\n\n"):
            clock.advance(1)
            with span("produce"):
                clock.advance(0.5)
            yield chunk

    def sync_view(request: Any) -> Any:
        with span("view"):  # in a worker thread
            return PlainTextResponse("x")

    async def with_background(request: Any) -> Any:
        return PlainTextResponse("x", background=BackgroundTask(clock.advance, 60))

    async def stream(request: Any) -> Any:
        return StreamingResponse(produce(), media_type="text/plain")

    async def events(request: Any) -> Any:
        return StreamingResponse(produce(), media_type="text/event-stream")

    async def broken(request: Any) -> Any:
        raise LookupError("no")

    async def file(request: Any) -> Any:
        return FileResponse(__file__)

    async def socket(websocket: Any) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    return Starlette(
        routes=[
            Route("/sync", sync_view),
            Route("/background", with_background),
            Route("/stream", stream),
            Route("/events/{channel}", events),
            Route("/broken", broken),
            Route("/file", file),
            Mount("/live/{room}", routes=[WebSocketRoute("/ws", socket)]),
        ],
        middleware=[] if LEAKS else [Middleware(BaseHTTPMiddleware, dispatch=pass_on)],
    )


def record(path: str, raises: type[Exception] | None = None, **more: Any) -> RequestTiming:
    clock = FakeClock()
    seen: list[RequestTiming] = []
    client = ASGIClient(clock)
    scope: Scope = scope_of(path=path, **more)
    incoming = [{"type": "websocket.connect"} if scope["type"] == "websocket" else {"type": "http.request"}]

    async def receive() -> Any:
        if incoming:
            return incoming.pop()
        return await asyncio.Event().wait()

    wrapped = ASGITimingMiddleware(application(clock), exporters=[seen.append], clock=clock)
    with contextlib.nullcontext() if raises is None else pytest.raises(raises):
        asyncio.run(wrapped(scope, receive, client.send))  # type: ignore[arg-type]
    (timing,) = seen
    return timing


def test_background_tasks_are_excluded() -> None:
    timing = record("/background")
    assert (timing.duration, timing.outcome, timing.route) == (0.0, Outcome.OK, "/background")


@pytest.mark.parametrize(
    ("path", "kind", "route"),
    [("/stream", Kind.STREAM, "/stream"), ("/events/news", Kind.EVENT_STREAM, "/events/{channel}")],
)
def test_a_stream_is_measured_to_its_end(path: str, kind: Kind, route: str) -> None:
    """Also behind BaseHTTPMiddleware, which runs the application in a task of its own; its spans arrive."""
    timing = record(path)
    assert (timing.kind, timing.route, timing.bytes_out, timing.duration) == (kind, route, 18, 3.0)
    assert [(s.name, s.calls, s.seconds) for s in timing.spans if s.name == "produce"] == [
        ("produce", 2, 1.0)
    ]


@pytest.mark.skipif(LEAKS, reason="needs a BaseHTTPMiddleware that closes its streams")
def test_spans_of_a_sync_view_and_of_the_middleware_around_it_arrive() -> None:
    assert {s.name for s in record("/sync").spans} == {"view", "middleware"}


def test_an_answered_exception_is_a_server_error_with_its_name() -> None:
    """ServerErrorMiddleware sends a 500 and raises again, for the server's log."""
    timing = record("/broken", raises=LookupError)
    assert (timing.status, timing.outcome, timing.error_type) == (500, Outcome.SERVER_ERROR, "LookupError")


def test_a_file_is_plain_and_has_its_size() -> None:
    timing = record("/file")
    with open(__file__, "rb") as this:  # noqa: PTH123
        assert (timing.kind, timing.bytes_out) == (Kind.PLAIN, len(this.read()))


def test_a_websocket_has_the_template_of_its_route() -> None:
    scope: dict[str, Any] = {"type": "websocket", "scheme": "ws", "method": None, "subprotocols": []}
    timing = record("/live/blue/ws", **scope)
    assert (timing.kind, timing.route, timing.status) == (Kind.WEBSOCKET, "/live/{room}/ws", 101)
    assert (timing.outcome, timing.bytes_out) == (Outcome.OK, 5)
