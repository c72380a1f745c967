"""Both sides of an adapter instrumented: one record, with what each side knows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bridgekit.adapters.asgi_to_wsgi.adapter import ASGIToWSGI
from bridgekit.adapters.wsgi_to_asgi.adapter import WSGIToASGI
from bridgekit.timing import ASGITimingMiddleware, Outcome, RequestTiming, WSGITimingMiddleware, span
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of


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


# -- adapters of other libraries


def asgirefs() -> Callable[[Any], Any]:
    from asgiref.wsgi import WsgiToAsgi

    return WsgiToAsgi


def a2wsgis() -> Callable[[Any], Any]:
    return pytest.importorskip("a2wsgi").WSGIMiddleware  # type: ignore[no-any-return]


@pytest.mark.parametrize("adapter", [asgirefs, a2wsgis])
@pytest.mark.parametrize("path", ["/users/7", "/ä", "/fail"])
def test_wsgi_in_asgi_by_another_library_is_one_record(
    adapter: Callable[[], Callable[[Any], Any]], path: str
) -> None:
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []
    made = adapter()  # imported before the wrapper is made, as always: it stands around that
    wsgi = WSGITimingMiddleware(legacy, exporters=[inner.append])
    wrapped = ASGITimingMiddleware(made(wsgi), exporters=[outer.append])

    async def run() -> None:
        messages: list[Any] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            return messages.pop() if messages else await asyncio.Event().wait()

        try:
            await wrapped(scope_of(path=path, query_string=b"a=1"), receive, ASGIClient(FakeClock()).send)  # type: ignore[arg-type]
        except ValueError:
            assert path == "/fail"

    asyncio.run(run())
    assert inner == []
    (timing,) = outer
    assert (timing.interface, timing.path) == ("asgi", path)
    assert timing.error_type == ("ValueError" if path == "/fail" else None)
    if path != "/fail":
        assert [span.name for span in timing.spans] == ["legacy"]


def test_asgi_in_wsgi_by_another_library_is_one_record() -> None:
    a2wsgi = pytest.importorskip("a2wsgi")
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []

    async def modern(scope: Any, receive: Any, send: Any) -> None:
        scope["path_template"] = "/orders/{id}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    asgi = ASGITimingMiddleware(modern, exporters=[inner.append])
    wrapped = WSGITimingMiddleware(a2wsgi.ASGIMiddleware(asgi), exporters=[outer.append])
    WSGIClient(FakeClock(), validates=False).call(wrapped, environ_of(path="/orders/7"))
    assert inner == []
    (timing,) = outer
    assert (timing.interface, timing.route, timing.bytes_out) == ("wsgi", "/orders/{id}", 5)


def test_a_request_that_is_made_in_the_middle_of_another_is_one_of_its_own() -> None:
    """Also one of the other protocol, in the same context: it asks for something else."""
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []
    wsgi = WSGITimingMiddleware(legacy, exporters=[inner.append])

    async def asks_itself(scope: Any, receive: Any, send: Any) -> None:
        WSGIClient(FakeClock()).call(wsgi, environ_of(path="/other"))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"hello"})

    client = ASGIClient(FakeClock())
    client.call(ASGITimingMiddleware(asks_itself, exporters=[outer.append]), scope_of(path="/one"))
    assert [timing.path for timing in (*inner, *outer)] == ["/other", "/one"]
