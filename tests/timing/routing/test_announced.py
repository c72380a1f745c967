"""Routes of frameworks that leave nothing behind, and of those whose scope or environ a middleware copied."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest

from bridgekit.adapters.wsgi_to_asgi.adapter import WSGIToASGI
from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware, set_route
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of


def copies_environ(app: Any) -> Any:
    def wrapper(environ: Any, start_response: Any) -> Any:
        return app(environ.copy(), start_response)

    return wrapper


def copies_scope(app: Any) -> Any:
    async def wrapper(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "copied": True}, receive, send)

    return wrapper


class CopiesScope:
    """As Channels' ``BaseMiddleware`` and Starlette's ``add_middleware`` have them."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(dict(scope), receive, send)


class CopiesInSlots:
    __slots__ = ("inner",)

    def __init__(self, app: Any) -> None:
        self.inner = functools.partial(app)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.inner(scope.copy(), receive, send)


def wsgi_records(app: Any, *paths: str, **options: Any) -> list[RequestTiming]:
    seen: list[RequestTiming] = []
    wrapped = WSGITimingMiddleware(app, exporters=[seen.append], **options)
    for path in paths:
        WSGIClient(FakeClock(), validates=False).call(wrapped, environ_of(path=path, HTTP_HOST="localhost"))
    return seen


def asgi_records(app: Any, *paths: str, kind: str = "http", **options: Any) -> list[RequestTiming]:
    seen: list[RequestTiming] = []
    wrapped = ASGITimingMiddleware(app, exporters=[seen.append], **options)

    async def ask(path: str) -> None:
        client = ASGIClient(FakeClock())
        messages: list[Any] = [
            {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request"}
        ]

        async def receive() -> Any:
            return messages.pop() if messages else await asyncio.Event().wait()

        scope = scope_of(path=path, headers=[("host", "localhost")], type=kind)
        if kind == "websocket":
            del scope["method"]
            scope.update(scheme="ws", subprotocols=[])
        await wrapped(scope, receive, client.send)  # type: ignore[arg-type]

    async def ask_all() -> None:
        for path in paths:
            await ask(path)

    asyncio.run(ask_all())
    return seen


def routes(records: list[RequestTiming]) -> list[str | None]:
    return [record.route for record in records]


# -- WSGI


def flask_app() -> Any:
    flask = pytest.importorskip("flask")
    app = flask.Flask("announced")
    app.add_url_rule("/users/<int:number>", "user", lambda number: "x")
    app.add_url_rule("/stream/<kind>", "stream", lambda kind: flask.stream_with_context(iter("ab")))

    def named(kind: str) -> str:
        set_route("/by/hand")
        return kind

    app.add_url_rule("/named/<kind>", "named", named)
    return app


PATHS = ("/users/7", "/nowhere", "/stream/x")
FLASKS = ["/users/<int:number>", None, "/stream/<kind>"]


@pytest.mark.parametrize("around", [lambda app: app, copies_environ])
def test_flasks_routes(around: Callable[[Any], Any]) -> None:
    assert routes(wsgi_records(around(flask_app()), *PATHS)) == FLASKS


def test_flasks_routes_within_flask_socketio() -> None:
    """It copies the environ for every request."""
    socketio = pytest.importorskip("flask_socketio")
    app = flask_app()
    socketio.SocketIO(app, async_mode="threading")
    assert routes(wsgi_records(app, *PATHS)) == FLASKS


def test_a_route_named_in_the_view_goes_before_flasks() -> None:
    assert routes(wsgi_records(flask_app(), "/named/x")) == ["/by/hand"]


def test_a_callback_goes_before_what_a_framework_announces() -> None:
    """Where it knows one."""
    given = {"/users/7": "/mine"}
    records = wsgi_records(flask_app(), *PATHS, route=lambda environ: given.get(environ["PATH_INFO"]))
    assert routes(records) == ["/mine", None, "/stream/<kind>"]


def test_flask_below_an_adapter_needs_no_wrapper_of_its_own() -> None:
    starlette, routing = (
        pytest.importorskip("starlette.applications"),
        pytest.importorskip("starlette.routing"),
    )
    mounts = [
        routing.Mount("/t/{tenant}", app=WSGIToASGI(flask_app())),
        routing.Mount("/", app=WSGIToASGI(flask_app())),
    ]
    records = asgi_records(starlette.Starlette(routes=mounts), *PATHS, "/t/a/users/7", "/t/a/nowhere")
    assert routes(records) == [*FLASKS, "/t/{tenant}/users/<int:number>", None]
    assert routes(asgi_records(WSGIToASGI(flask_app()), *PATHS)) == FLASKS


def test_a_framework_that_the_first_request_imports_is_heard_from_the_second_on() -> None:
    """Applications that are made late: nothing was there to listen to when the wrapper was made."""
    flask = pytest.importorskip("flask")
    receivers = dict(flask.signals.request_started.receivers)
    made: list[Any] = []

    def late(environ: Any, start_response: Any) -> Any:
        if not made:
            made.append(copies_environ(flask_app()))
        return made[0](environ, start_response)

    seen: list[RequestTiming] = []
    wrapped = WSGITimingMiddleware(late, exporters=[seen.append])
    flask.signals.request_started.receivers.clear()  # as if it were not loaded yet
    try:
        for _ in range(2):
            WSGIClient(FakeClock(), validates=False).call(
                wrapped, environ_of(path="/users/7", HTTP_HOST="localhost")
            )
    finally:
        flask.signals.request_started.receivers.update(receivers)
    assert seen[1].route == "/users/<int:number>"


@pytest.mark.parametrize("around", [lambda app: app, copies_environ])
def test_bottles_routes(around: Callable[[Any], Any]) -> None:
    bottle = pytest.importorskip("bottle")
    inner, app = bottle.Bottle(), bottle.Bottle()
    inner.route("/deep/<name>", callback=lambda name: name)
    app.route("/users/<number:int>", callback=lambda number: "x")
    app.mount("/below/", inner)
    assert routes(wsgi_records(around(app), "/users/7", "/nowhere", "/below/deep/x")) == [
        "/users/<number:int>",
        None,
        "/below/deep/<name>",
    ]


@pytest.mark.parametrize("around", [lambda app: app, copies_environ])
def test_pyramids_routes(around: Callable[[Any], Any]) -> None:
    config = pytest.importorskip("pyramid.config")
    response = pytest.importorskip("pyramid.response")
    with config.Configurator() as made:
        made.add_route("user", "/users/{number}")
        made.add_route("bare", "no/slash")
        for name in ("user", "bare"):
            made.add_view(lambda request: response.Response("x"), route_name=name)
        app = made.make_wsgi_app()
    records = wsgi_records(around(app), "/users/7", "/nowhere", "/no/slash")
    assert routes(records) == ["/users/{number}", None, "/no/slash"]
    assert routes(asgi_records(WSGIToASGI(app), "/users/7", "/nowhere")) == ["/users/{number}", None]


# -- ASGI


def starlette_app(**options: Any) -> Any:
    applications = pytest.importorskip("starlette.applications")
    responses = pytest.importorskip("starlette.responses")
    routing = pytest.importorskip("starlette.routing")

    async def endpoint(request: Any) -> Any:
        return responses.PlainTextResponse("x")

    users = [routing.Route("/u/{id:int}", endpoint)]
    copied = copies_scope(applications.Starlette(routes=users))
    return applications.Starlette(
        routes=[
            routing.Route("/", endpoint),
            routing.Mount("/t/{tenant}", routes=users),
            routing.Mount("/copied", app=copied),
            routing.Mount("", app=responses.PlainTextResponse("anything")),
        ],
        **options,
    )


STARLETTES = {
    "/": "/",
    "/t/a/u/7": "/t/{tenant}/u/{id:int}",
    "/t/a/nowhere": None,
    "/copied/u/7": "/copied/u/{id:int}",
    "/of/another/application": None,
}


@pytest.mark.parametrize("around", [lambda app: app, copies_scope, CopiesScope, CopiesInSlots])
def test_starlettes_routes(around: Callable[[Any], Any]) -> None:
    """An application that answers everything at the root has no route: "/" would be that of the first page."""
    assert dict(zip(STARLETTES, routes(asgi_records(around(starlette_app()), *STARLETTES)), strict=True)) == (
        STARLETTES
    )


def test_starlettes_routes_below_a_copying_middleware_of_its_own() -> None:
    middleware = pytest.importorskip("starlette.middleware")
    app = starlette_app(middleware=[middleware.Middleware(CopiesScope)])
    assert routes(asgi_records(app, *STARLETTES)) == list(STARLETTES.values())


@pytest.mark.parametrize("around", [lambda app: app, copies_scope])
def test_fastapis_routes(around: Callable[[Any], Any]) -> None:
    fastapi = pytest.importorskip("fastapi")

    async def read() -> str:
        return "x"

    app, router = fastapi.FastAPI(), fastapi.APIRouter()
    router.get("/items/{item_id}")(read)
    app.include_router(router, prefix="/api/v1")
    records = asgi_records(around(app), "/api/v1/items/3", "/nowhere")
    assert routes(records) == ["/api/v1/items/{item_id}", None]


def test_starlettes_routes_within_asgi_csrf() -> None:
    asgi_csrf = pytest.importorskip("asgi_csrf").asgi_csrf
    app = asgi_csrf(starlette_app(), signing_secret="s")
    assert routes(asgi_records(app, "/t/a/u/7")) == ["/t/{tenant}/u/{id:int}"]


@pytest.mark.parametrize("around", [lambda app: app, copies_scope])
def test_quarts_routes(around: Callable[[Any], Any]) -> None:
    quart = pytest.importorskip("quart")
    app = quart.Quart("announced")

    async def user(number: int) -> str:
        return "x"

    async def talk(room: str) -> None:
        await quart.websocket.accept()

    app.add_url_rule("/users/<int:number>", "user", user)
    app.add_websocket("/rooms/<room>", "talk", talk)
    assert routes(asgi_records(around(app), "/users/7", "/nowhere")) == ["/users/<int:number>", None]
    assert routes(asgi_records(around(app), "/rooms/x", kind="websocket")) == ["/rooms/<room>"]


@pytest.mark.parametrize(
    ("around", "kind"),
    [
        (lambda app: app, "http"),
        (copies_scope, "http"),
        (CopiesScope, "websocket"),
        (CopiesInSlots, "websocket"),
    ],
)
def test_channels_routes(around: Callable[[Any], Any], kind: str) -> None:
    """Its routers hand a copy on in any case."""
    pytest.importorskip("channels")
    from channels.routing import ProtocolTypeRouter, URLRouter
    from django.urls import path, re_path

    async def consumer(scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    rooms = URLRouter([path("<int:number>/", consumer)])
    router = URLRouter([path("rooms/", rooms), re_path(r"^jobs/(?P<job>\w+)/$", consumer)])
    app = around(ProtocolTypeRouter({kind: around(router)}))
    records = asgi_records(app, "/rooms/7/", "/jobs/x/", kind=kind)
    assert routes(records) == ["/rooms/<int:number>/", r"/^jobs/(?P<job>\w+)/$"]


def test_channels_below_a_mount_is_known_by_its_mount() -> None:
    """What it matches there it writes into a copy, and Starlette's router does not match its patterns."""
    pytest.importorskip("channels")
    from channels.routing import URLRouter
    from django.urls import path

    async def consumer(scope: Any, receive: Any, send: Any) -> Any:
        await send({"type": "websocket.close"})

    starlette = pytest.importorskip("starlette.applications")
    routing = pytest.importorskip("starlette.routing")
    mounted = copies_scope(URLRouter([path("<int:number>/", consumer)]))
    app = starlette.Starlette(routes=[routing.Mount("/rooms", app=mounted)])
    assert routes(asgi_records(app, "/rooms/7/", kind="websocket")) == ["/rooms"]
