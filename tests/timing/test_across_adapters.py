"""Both sides of an adapter instrumented: one record, with what each side knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridgekit.adapters.wsgi_to_asgi import WSGIToASGI
from bridgekit.timing import ASGITimingMiddleware, Outcome, RequestTiming, WSGITimingMiddleware, span
from tests.timing.drivers import ASGIClient, FakeClock, scope_of


def legacy(environ: Any, start_response: Any) -> Any:
    if environ["PATH_INFO"] == "/fail":
        raise ValueError("no")
    with span("legacy"):
        start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


def joined(app: Any, path: str = "/") -> RequestTiming:
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []
    wrapped = ASGITimingMiddleware(
        WSGIToASGI(WSGITimingMiddleware(app, exporters=[inner.append])), exporters=[outer.append]
    )

    async def run() -> None:
        client = ASGIClient(FakeClock(), request_body=[(0, b"")])

        async def receive() -> Any:
            if client.request_body:
                return await client.receive()
            return await asyncio.Event().wait()

        try:
            await wrapped(scope_of(path=path), receive, client.send)  # type: ignore[arg-type]
        except ValueError:
            assert path == "/fail"

    asyncio.run(run())
    assert inner == []
    (timing,) = outer
    return timing


def test_wsgi_in_asgi_is_one_record_with_the_wait_for_a_thread() -> None:
    timing = joined(legacy)
    assert (timing.interface, timing.status, timing.outcome) == ("asgi", 200, Outcome.OK)
    assert timing.thread_wait is not None
    assert 0 <= timing.thread_wait <= timing.duration
    assert [s.name for s in timing.spans] == ["legacy"]
    assert timing.bytes_out == 5


def test_flasks_route_comes_out() -> None:
    flask = pytest.importorskip("flask")
    app = flask.Flask("test")
    app.add_url_rule("/users/<int:number>", "user", lambda number: "x")
    assert joined(app, "/users/7").route == "/users/<int:number>"


def test_an_exception_on_the_inner_side_has_its_name_in_the_record() -> None:
    assert joined(legacy, "/fail").error_type == "ValueError"
