from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest

from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware, set_route
from bridgekit.timing.named_routes import FalconRoutes
from bridgekit.timing.routing.routes import flask_rule, route_from_environ, route_from_scope
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of


def asgi_record(app: Any, path: str, method: str = "GET", **more: Any) -> RequestTiming:
    seen: list[RequestTiming] = []
    client = ASGIClient(FakeClock(), request_body=[(0, b"")])

    async def receive() -> Any:
        if client.request_body:
            return await client.receive()
        return await asyncio.Event().wait()

    wrapped = ASGITimingMiddleware(app, exporters=[seen.append])
    asyncio.run(
        wrapped(scope_of(method, path, headers=[("host", "localhost")], **more), receive, client.send)
    )  # type: ignore[arg-type]
    (record,) = seen
    return record


def wsgi_record(app: Any, path: str, **more: Any) -> RequestTiming:
    seen: list[RequestTiming] = []
    WSGIClient(FakeClock(), validates=False).call(
        WSGITimingMiddleware(app, exporters=[seen.append]),
        environ_of(path=path, HTTP_HOST="localhost", **more),
    )
    return seen[0]


def starlette_app() -> Any:
    pytest.importorskip("starlette")
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Host, Mount, Route

    async def endpoint(request: Any) -> Any:
        return PlainTextResponse("x")

    async def other_application(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("other")(scope, receive, send)

    users = [Route("/", endpoint), Route("/u/{id:int}", endpoint, methods=["GET"])]
    return Starlette(
        routes=[
            Route("/", endpoint),
            Route("/users/{id}", endpoint),
            Mount("/m", routes=users),
            Mount("/t/{tenant}", routes=[Mount("/deep", app=Starlette(routes=users))]),
            Mount("/files", app=other_application),
            Host("api.example", app=Starlette(routes=[Route("/hosted/{x}", endpoint)])),
        ]
    )


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", "/"),
        ("/users/7", "/users/{id}"),
        ("/m/u/5", "/m/u/{id:int}"),
        ("/m/", "/m/"),
        ("/t/acme/deep/u/5", "/t/{tenant}/deep/u/{id:int}"),
        ("/files/a/b.css", "/files"),
        ("/nowhere", None),
        ("/m/nowhere", None),
        ("/t/acme/deep/nowhere", None),
    ],
)
def test_starlettes_route_is_the_whole_template(path: str, route: str | None) -> None:
    assert asgi_record(starlette_app(), path).route == route


def test_starlette_below_the_root_path_of_a_proxy() -> None:
    record = asgi_record(starlette_app(), "/behind/t/acme/deep/u/5", root_path="/behind")
    assert record.route == "/t/{tenant}/deep/u/{id:int}"


def test_starlette_method_not_allowed_has_its_route() -> None:
    record = asgi_record(starlette_app(), "/m/u/5", "DELETE")
    assert (record.route, record.status) == ("/m/u/{id:int}", 405)


def test_starlettes_routes_by_host_are_found() -> None:
    seen: list[RequestTiming] = []
    client = ASGIClient(FakeClock())
    wrapped = ASGITimingMiddleware(starlette_app(), exporters=[seen.append])
    client.call(wrapped, scope_of(path="/hosted/1", headers=[("host", "api.example")]))
    assert seen[0].route == "/hosted/{x}"


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/plain/3", "/plain/{n}"),
        ("/api/v1/items/3", "/api/v1/items/{item_id}"),
        ("/api/v1/more/deep/x", "/api/v1/more/deep/{leaf}"),
        ("/sub/things/9", "/sub/things/{id}"),
        ("/sub/r/routed/9", "/sub/r/routed/{id}"),
        ("/nowhere", None),
        ("/sub/nowhere", None),
    ],
)
def test_fastapis_route_is_the_whole_template(path: str, route: str | None) -> None:
    """Since 0.137 the route in the scope lacks the prefix of ``include_router``."""
    fastapi = pytest.importorskip("fastapi")

    async def read() -> str:
        return "x"

    app, router, inner, sub, sub_router = (
        fastapi.FastAPI(),
        fastapi.APIRouter(),
        fastapi.APIRouter(),
        fastapi.FastAPI(),
        fastapi.APIRouter(),
    )
    app.get("/plain/{n}")(read)
    inner.get("/deep/{leaf}")(read)
    router.get("/items/{item_id}")(read)
    router.include_router(inner, prefix="/more")
    app.include_router(router, prefix="/api/v1")
    sub.get("/things/{id}")(read)
    sub_router.get("/routed/{id}")(read)
    sub.include_router(sub_router, prefix="/r")
    app.mount("/sub", sub)
    assert asgi_record(app, path).route == route


def test_litestars_route_is_its_template() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        litestar = pytest.importorskip("litestar")

        @litestar.get("/books/{book_id:int}")
        async def book(book_id: int) -> str:
            return "x"

        app = litestar.Litestar(route_handlers=[book], openapi_config=None)
        assert asgi_record(app, "/books/4").route == "/books/{book_id}"
        assert asgi_record(app, "/nowhere").route is None


def test_falcon_on_both_protocols() -> None:
    falcon = pytest.importorskip("falcon")
    asgi_falcon = pytest.importorskip("falcon.asgi")

    class Resource:
        def on_get(self, req: Any, resp: Any, number: str) -> None:
            resp.text = "x"

    class AsyncResource:
        async def on_get(self, req: Any, resp: Any, number: str) -> None:
            resp.text = "x"

    wsgi = falcon.App(middleware=[FalconRoutes()])
    wsgi.add_route("/orders/{number}", Resource())
    asgi = asgi_falcon.App(middleware=[FalconRoutes()])
    asgi.add_route("/orders/{number}", AsyncResource())
    assert wsgi_record(wsgi, "/orders/7").route == "/orders/{number}"
    assert asgi_record(asgi, "/orders/7").route == "/orders/{number}"
    assert wsgi_record(wsgi, "/nowhere").route is None


def flask_app() -> Any:
    flask = pytest.importorskip("flask")
    app = flask.Flask("test")
    app.add_url_rule("/users/<int:number>", "user", lambda number: "x")
    app.add_url_rule("/stream/<kind>", "stream", lambda kind: iter([b"a", b"b"]))
    return app


@pytest.mark.parametrize(
    ("path", "route"),
    [("/users/7", "/users/<int:number>"), ("/stream/x", "/stream/<kind>"), ("/nowhere", None)],
)
def test_flasks_route_is_its_rule(path: str, route: str | None) -> None:
    assert wsgi_record(flask_app(), path).route == route


def test_flask_below_a_mount() -> None:
    assert wsgi_record(flask_app(), "/users/7", SCRIPT_NAME="/shop").route == "/shop/users/<int:number>"


def test_a_route_can_be_named_from_within() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        set_route("/by/hand/{x}")
        start_response("200 OK", [("Content-Type", "text/plain")])
        return []

    assert wsgi_record(app, "/by/hand/1").route == "/by/hand/{x}"


def test_a_route_can_come_from_a_callback() -> None:
    seen: list[RequestTiming] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["quart_rule"] = "/q/<x>"
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    wrapped = ASGITimingMiddleware(app, exporters=[seen.append], route=lambda scope: scope["quart_rule"])
    ASGIClient(FakeClock()).call(wrapped)
    assert seen[0].route == "/q/<x>"


def test_a_callback_that_fails_is_logged_and_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing that only measures may break a request, or take the place of the application's own exception."""
    seen: list[RequestTiming] = []

    def broken(source: Any) -> str:
        raise KeyError("rule")

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    def wsgi(environ: Any, start_response: Any) -> list[bytes]:
        raise LookupError("the application's own")

    inner = ASGITimingMiddleware(asgi, route=broken)
    client = ASGIClient(FakeClock())
    client.call(ASGITimingMiddleware(inner, exporters=[seen.append], route=broken))
    with pytest.raises(LookupError, match="own"):
        WSGIClient(FakeClock()).call(WSGITimingMiddleware(wsgi, exporters=[seen.append], route=broken))
    assert len(client.sent) == 2
    assert [(r.route, r.outcome) for r in seen] == [(None, "ok"), (None, "exception")]
    assert [record.levelname for record in caplog.records if record.name == "bridgekit.timing"] == [
        "ERROR"
    ] * 3


@pytest.mark.parametrize("scope", [scope_of(), scope_of(route=object()), scope_of(path_template="")])
def test_what_is_not_known_is_none(scope: Any) -> None:
    assert route_from_scope(scope) is None


def test_an_emptied_request_of_flask_is_none() -> None:
    """Flask sets the key to None when its context ends (flask/ctx.py)."""
    assert flask_rule({"werkzeug.request": None}) is None
    assert route_from_environ({"werkzeug.request": None}) is None
