"""A Starlette application behind `ASGIToWSGI`: lifespan, middleware, form, stream, file, background task, WebSocket, debug page."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.endpoints import WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from bridgekit import ASGIToWSGI

logging.basicConfig(level=logging.INFO, format="LOG %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("app")

HERE = Path(__file__).resolve()
released = asyncio.Event()


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, Any]]:
    async with asyncio.TaskGroup() as tasks:
        yield {"pid": os.getpid(), "tasks": tasks}


class Stamp(BaseHTTPMiddleware):
    """Answers through a memory stream and a task of its own: the middleware that strains adapters most."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["x-pid"] = str(request.state.pid)
        return response


async def hello(request: Request) -> Response:
    return PlainTextResponse(f"hello {request.path_params['name']}")


def threaded(request: Request) -> Response:
    """Not a coroutine function: Starlette runs it in a thread, through anyio."""
    return PlainTextResponse(request.headers["x-word"])


async def where(request: Request) -> Response:
    return PlainTextResponse(str(request.url_for("where", name=request.path_params["name"])))


async def files(request: Request) -> Response:
    async with request.form() as form:
        file = form["file"]
        assert isinstance(file, UploadFile)
        digest = hashlib.sha256(await file.read()).hexdigest()
        return JSONResponse({"name": file.filename, "digest": digest, "word": form["word"]})


async def stream(request: Request) -> Response:
    async def lines() -> AsyncIterator[str]:
        for number in range(200):
            yield f"{number} {request.query_params['tag']}\n"

    return StreamingResponse(lines(), media_type="text/plain")


async def file(request: Request) -> Response:
    return FileResponse(HERE)


async def background(request: Request) -> Response:
    async def work() -> None:
        await released.wait()
        logger.info("background task ended")

    released.clear()
    return PlainTextResponse("accepted", 202, background=BackgroundTask(work))


async def release(request: Request) -> Response:
    """Let the background task end, and see it end: some servers let no thread run between requests."""
    released.set()
    await asyncio.sleep(0.1)
    return PlainTextResponse("released")


async def fail(request: Request) -> Response:
    raise LookupError(f"no tenant in {request.scope['wsgi_environ']}")


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        await websocket.send_text(f"{data} {websocket.state.pid}")


inner = [Route("/where/{name}", where, name="where")]
app = ASGIToWSGI(
    Starlette(
        debug=True,
        routes=[
            Route("/hello/{name}", hello),
            Route("/threaded", threaded),
            Mount("/inner", routes=inner),
            Route("/files", files, methods=["POST"]),
            Route("/stream", stream),
            Route("/file", file),
            Route("/background", background, methods=["POST"]),
            Route("/release", release, methods=["POST"]),
            Route("/fail", fail),
            WebSocketRoute("/echo", Echo),
        ],
        middleware=[Middleware(Stamp), Middleware(GZipMiddleware, minimum_size=500)],
        lifespan=lifespan,
    )
)
