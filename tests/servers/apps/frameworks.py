"""One small application of each framework, each with the same four pages. Django has modules of its own here; Dash is Flask."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

LINES = [b"%d blue\n" % number for number in range(200)]
numbers = itertools.count()


def size(body: Any) -> str:
    return str(len(body))


def fail(*_: Any, **__: Any) -> Any:
    raise LookupError("of the application")


async def fail_async(*_: Any, **__: Any) -> Any:
    raise LookupError("of the application")


async def lines() -> AsyncIterator[bytes]:
    for line in LINES:
        yield line


# WSGI


def flask_app() -> Any:
    import flask

    app = flask.Flask(__name__)
    app.add_url_rule("/hello", "hello", lambda: "hello")
    app.add_url_rule("/upload", "upload", lambda: size(flask.request.get_data()), methods=["POST"])
    app.add_url_rule("/stream", "stream", lambda: flask.Response(iter(LINES), mimetype="text/plain"))
    app.add_url_rule("/error", "error", fail)
    return app


def bottle_app() -> Any:
    import bottle

    app = bottle.Bottle()
    app.route("/hello", callback=lambda: "hello")
    app.route("/upload", method="POST", callback=lambda: size(bottle.request.body.read()))
    app.route("/stream", callback=lambda: iter(LINES))
    app.route("/error", callback=fail)
    return app


def pyramid_app() -> Any:
    from pyramid.config import Configurator
    from pyramid.response import Response

    views: dict[str, Callable[[Any], Any]] = {
        "hello": lambda request: Response("hello"),
        "upload": lambda request: Response(size(request.body)),
        "stream": lambda request: Response(app_iter=iter(LINES)),
        "error": lambda request: fail(),
    }
    config = Configurator()
    for name, view in views.items():
        config.add_route(name, f"/{name}")
        config.add_view(view, route_name=name)
    return config.make_wsgi_app()


def falcon_app() -> Any:
    import falcon

    class Page:
        def on_get_hello(self, request: Any, response: Any) -> None:
            response.text = "hello"

        def on_post_upload(self, request: Any, response: Any) -> None:
            response.text = size(request.bounded_stream.read())

        def on_get_stream(self, request: Any, response: Any) -> None:
            response.stream = iter(LINES)

        on_get_error = fail

    app, page = falcon.App(), Page()
    for name in ("hello", "upload", "stream", "error"):
        app.add_route(f"/{name}", page, suffix=name)
    return app


def cherrypy_app() -> Any:
    import cherrypy

    class Root:
        @cherrypy.expose
        def hello(self) -> str:
            return "hello"

        @cherrypy.expose
        @cherrypy.config(**{"request.process_request_body": False})
        def upload(self) -> str:
            request = cherrypy.request
            return size(request.rfile.read(int(request.headers["Content-Length"])))

        @cherrypy.expose
        @cherrypy.config(**{"response.stream": True})
        def stream(self) -> Iterator[bytes]:
            return iter(LINES)

        @cherrypy.expose
        def error(self) -> None:
            fail()

    cherrypy.config.update({"environment": "embedded", "log.screen": False})
    return cherrypy.Application(Root(), "")


def wsgidav_app() -> Any:
    """WebDAV has files: it answers 405 to a POST, and 404 where others have an error."""
    from wsgidav.fs_dav_provider import FilesystemProvider
    from wsgidav.wsgidav_app import WsgiDAVApp

    folder = Path(tempfile.mkdtemp())
    (folder / "hello").write_text("hello")
    (folder / "stream").write_bytes(b"".join(LINES))
    return WsgiDAVApp(
        {
            "provider_mapping": {"/": FilesystemProvider(str(folder))},
            "simple_dc": {"user_mapping": {"*": True}},
            "logging": {"enable": False},
        }
    )


# ASGI


def starlette_app() -> Any:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route

    async def hello(request: Any) -> Any:
        return PlainTextResponse("hello")

    async def upload(request: Any) -> Any:
        return PlainTextResponse(size(await request.body()))

    async def stream(request: Any) -> Any:
        return StreamingResponse(iter(LINES), media_type="text/plain")

    routes = [Route("/hello", hello), Route("/upload", upload, methods=["POST"])]
    return Starlette(routes=[*routes, Route("/stream", stream), Route("/error", fail)])


def fastapi_app() -> Any:
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()
    app.add_api_route("/stream", lambda: StreamingResponse(iter(LINES), media_type="text/plain"))
    app.add_api_route("/error", lambda: fail())
    app.mount("/", starlette_app())
    return app


def litestar_app() -> Any:
    from litestar import Litestar, MediaType, Request, get, post
    from litestar.response import Stream

    @get("/hello", media_type=MediaType.TEXT)
    async def hello() -> str:
        return "hello"

    async def upload(request: Any) -> str:
        return size(await request.body())

    async def stream() -> Any:
        return Stream(iter(LINES))

    async def error() -> str:
        return await fail_async()

    upload.__annotations__ = {"request": Request, "return": str}
    stream.__annotations__ = {"return": Stream}
    pages = [
        hello,
        post("/upload", media_type=MediaType.TEXT, status_code=200)(upload),
        get("/stream")(stream),
    ]
    return Litestar([*pages, get("/error")(error)])


def quart_app() -> Any:
    import quart

    app = quart.Quart(__name__)

    @app.get("/hello")
    async def hello() -> str:
        return "hello"

    @app.post("/upload")
    async def upload() -> str:
        return size(await quart.request.get_data())

    @app.get("/stream")
    async def stream() -> Any:
        return quart.Response(lines())

    app.get("/error")(fail_async)
    return app


def falcon_asgi_app() -> Any:
    import falcon.asgi

    class Page:
        async def on_get_hello(self, request: Any, response: Any) -> None:
            response.text = "hello"

        async def on_post_upload(self, request: Any, response: Any) -> None:
            response.text = size(await request.stream.read())

        async def on_get_stream(self, request: Any, response: Any) -> None:
            response.stream = lines()

        on_get_error = fail_async

    app, page = falcon.asgi.App(), Page()
    for name in ("hello", "upload", "stream", "error"):
        app.add_route(f"/{name}", page, suffix=name)
    return app


def sanic_app() -> Any:
    import sanic

    sanic.Sanic.test_mode = True  # it lets a process start several applications
    app = sanic.Sanic(f"pages{next(numbers)}", configure_logging=False)  # no two of one name

    async def hello(request: Any) -> Any:
        return sanic.text("hello")

    async def upload(request: Any) -> Any:
        return sanic.text(size(request.body))

    async def stream(request: Any) -> None:
        response = await request.respond(content_type="text/plain")
        for line in LINES:
            await response.send(line)
        await response.eof()

    app.add_route(hello, "/hello")
    app.add_route(upload, "/upload", methods=["POST"])
    app.add_route(stream, "/stream")
    app.add_route(fail_async, "/error")
    return app


def blacksheep_app() -> Any:
    import blacksheep

    app = blacksheep.Application()

    async def hello(request: Any) -> Any:
        return blacksheep.text("hello")

    async def upload(request: Any) -> Any:
        return blacksheep.text(size(await request.read()))

    async def stream(request: Any) -> Any:
        return blacksheep.Response(200, content=blacksheep.StreamedContent(b"text/plain", lines))

    async def error(request: Any) -> Any:
        return await fail_async()

    for view in (hello, upload, stream, error):
        view.__annotations__["request"] = blacksheep.Request
    app.router.add_post("/upload", upload)
    for path, view in (("/hello", hello), ("/stream", stream), ("/error", error)):
        app.router.add_get(path, view)
    return app


WSGI: dict[str, Callable[[], Any]] = {"flask": flask_app, "bottle": bottle_app, "pyramid": pyramid_app, "falcon": falcon_app,
        "cherrypy": cherrypy_app, "wsgidav": wsgidav_app}  # fmt: skip
ASGI: dict[str, Callable[[], Any]] = {"starlette": starlette_app, "fastapi": fastapi_app, "litestar": litestar_app, "quart": quart_app,
        "falcon.asgi": falcon_asgi_app, "sanic": sanic_app, "blacksheep": blacksheep_app}  # fmt: skip
