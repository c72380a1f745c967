"""Applications that end in every way, their records written as JSON lines by however many workers there are."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

from starlette.responses import StreamingResponse

from bridgekit.timing import ASGITimingMiddleware, WSGITimingMiddleware
from bridgekit.timing.exporters.json_lines import JSONLinesExporter

CHUNK = b"x" * 16384
TYPE = ("Content-Type", "application/octet-stream")


async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/raises":
        raise LookupError("no")
    if scope["path"] == "/endless":
        # uvicorn's send() says nothing of a client that has gone: Starlette listens to receive() besides.
        await StreamingResponse(endless(), media_type=TYPE[1])(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": [tuple(v.encode() for v in TYPE)]})
    if scope["path"] == "/plain":
        await send({"type": "http.response.body", "body": CHUNK})
        return
    for number in range(3):
        if scope["path"] == "/broken" and number == 2:
            raise ValueError("no")
        await send({"type": "http.response.body", "body": CHUNK, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def endless() -> AsyncIterator[bytes]:
    while True:
        await asyncio.sleep(0)
        yield CHUNK


def wsgi_app(environ: Any, start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path == "/raises":
        raise LookupError("no")
    start_response("200 OK", [TYPE])
    return [CHUNK] if path == "/plain" else produce(path)


def produce(path: str) -> Iterator[bytes]:
    for number in range(10**9 if path == "/endless" else 3):
        if path == "/broken" and number == 2:
            raise ValueError("no")
        yield CHUNK


exporters = [JSONLinesExporter(os.environ["RECORDS"])]
asgi_recorded = ASGITimingMiddleware(asgi_app, exporters=exporters, exclude=["/healthz"])
wsgi_recorded = WSGITimingMiddleware(wsgi_app, exporters=exporters, exclude=["/healthz"])
