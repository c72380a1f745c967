"""Both sides of an adapter instrumented: one record, with what each side knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridgekit.adapters.asgi_to_wsgi import ASGIToWSGI
from bridgekit.adapters.wsgi_to_asgi import WSGIToASGI
from bridgekit.timing import ASGITimingMiddleware, Outcome, RequestTiming, WSGITimingMiddleware, span
from tests.timing.drivers import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of


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


def test_a_mount_with_parameters_stays_a_template() -> None:
    """Its text reaches the inner side as SCRIPT_NAME, and would make a label per tenant."""
    flask = pytest.importorskip("flask")
    starlette = pytest.importorskip("starlette.applications")
    routing = pytest.importorskip("starlette.routing")
    app = flask.Flask("test")
    app.add_url_rule("/users/<int:number>", "user", lambda number: "x")
    seen: list[RequestTiming] = []
    inner = WSGIToASGI(WSGITimingMiddleware(app))
    outer = ASGITimingMiddleware(
        starlette.Starlette(routes=[routing.Mount("/t/{tenant}", app=inner)]), exporters=[seen.append]
    )

    async def run() -> None:
        client = ASGIClient(FakeClock(), request_body=[(0, b"")])

        async def receive() -> Any:
            if client.request_body:
                return await client.receive()
            return await asyncio.Event().wait()

        await outer(scope_of(path="/t/acme/users/7"), receive, client.send)  # type: ignore[arg-type]

    asyncio.run(run())
    assert seen[0].route == "/t/{tenant}/users/<int:number>"


def test_asgi_in_wsgi_is_one_record_with_the_wait_for_the_loop() -> None:
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []

    async def modern(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("no lifespan")
        with span("modern"):
            await asyncio.sleep(0)
        scope["path_template"] = "/orders/{id}"
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        )
        await send({"type": "http.response.body", "body": b"hello"})

    app = WSGITimingMiddleware(
        ASGIToWSGI(ASGITimingMiddleware(modern, exporters=[inner.append])), exporters=[outer.append]
    )
    WSGIClient(FakeClock()).call(app, environ_of(path="/orders/7"))
    assert inner == []
    (timing,) = outer
    assert (timing.interface, timing.status, timing.outcome) == ("wsgi", 200, Outcome.OK)
    assert timing.route == "/orders/{id}"
    assert timing.loop_wait is not None
    assert [s.name for s in timing.spans] == ["modern"]
    assert timing.bytes_out == 5
