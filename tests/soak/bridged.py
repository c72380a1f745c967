"""The applications that are soaked through the adapters, each of which gives back the token that it was given; timed.

The variable SOAK_STACK names the way through the adapters; ``uvicorn --factory`` makes `on_asgi`, gunicorn `on_wsgi`.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import json
import logging
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bridgekit import ASGITimingMiddleware, ASGIToWSGI, WSGITimingMiddleware, WSGIToASGI
from bridgekit.typing import ASGIApp, Environ, Receive, Scope, Send, StartResponse, WSGIApp
from tests.helpers.descriptors import allow_many

ASGI_STACKS = ("wsgi-in-asgi", "wsgi-in-asgi-in-wsgi-in-asgi")
WSGI_STACKS = ("asgi-in-wsgi", "asgi-in-wsgi-in-asgi-in-wsgi")

current: contextvars.ContextVar[str | None] = contextvars.ContextVar("current", default=None)
"""Set by each request and taken back by none: the adapters have to."""

THREADS: dict[str, Any] = {"max_workers": 64, "idle_seconds": 1.0}
"""Threads end soon after the last request, so that what is left can be counted soon."""

counted = {"recorded": 0, "foreign": 0}


def record(_: object) -> None:
    """An exporter. Several threads may lose a step of each other here; they all run under the interpreter's lock."""
    counted["recorded"] += 1


def token_of(query: str) -> str:
    """The token, noted in the request's context, which may hold nobody else's."""
    token = unquote(query.partition("token=")[2].partition("&")[0])
    if current.get() is not None:
        counted["foreign"] += 1
    current.set(token)
    return token


def wsgi_app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    view, token = environ["PATH_INFO"].strip("/"), token_of(environ["QUERY_STRING"])
    if view == "fails":
        raise LookupError(token)
    body = b"".join(iter(lambda: environ["wsgi.input"].read(8192), b""))
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Token", token)])
    return wsgi_body(view, token.encode(), body)


def wsgi_body(view: str, token: bytes, body: bytes) -> Iterable[bytes]:
    match view:
        case "echo" | "upload" | "chunked":
            return [body]
        case "large":
            return [token * 20_000]
        case "stream":
            return (token for _ in range(3))
        case "endless":
            return endless(token)
        case "waits":
            return endless(b"")
        case _:
            return [token]


def endless(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece
        time.sleep(0.005)


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    view, token = scope["path"].strip("/"), token_of(scope["query_string"].decode())
    if view == "fails":
        raise LookupError(token)
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        more = message["more_body"]
    headers = [(b"content-type", b"text/plain"), (b"x-token", token.encode())]
    whole = {"echo": body, "upload": body, "chunked": body, "large": token.encode() * 20_000}.get(
        view, token.encode()
    )
    if view not in ("stream", "endless", "waits"):
        headers.append((b"content-length", b"%d" % len(whole)))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if view == "waits":
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    count = 0
    while view == "endless" or (view == "stream" and count < 2):
        count += 1
        await send({"type": "http.response.body", "body": whole, "more_body": True})
        await asyncio.sleep(0.005 if view == "endless" else 0)
    await send({"type": "http.response.body", "body": whole})


def with_state(app: ASGIApp) -> ASGIApp:
    """``/state/`` before ``app``, and a lifespan of its own."""

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/state/":
            await answer(send, json.dumps(state()).encode())
        else:
            await app(scope, receive, send)

    return dispatch


async def answer(send: Send, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def state() -> dict[str, Any]:
    """What this process has, of all its loops."""
    gc.collect()
    status = Path("/proc/self/status").read_text("ascii")
    tasks = [each for each in gc.get_objects() if isinstance(each, asyncio.Task) and not each.done()]
    return {
        "threads": number_of(status, "Threads:"),
        "memory": number_of(status, "VmRSS:") // 1024,
        "tasks": len(tasks),
        "fds": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        **counted,
    }


def number_of(status: str, name: str) -> int:
    return int(status.partition(name)[2].split()[0])


def quietly() -> None:
    """Thousands of planned exceptions, and of clients that leave."""
    logging.disable(logging.CRITICAL)
    allow_many()


def on_asgi() -> ASGIApp:
    quietly()
    doubled = os.environ["SOAK_STACK"] != ASGI_STACKS[0]
    inside: Any = ASGIToWSGI(WSGIToASGI(wsgi_app, **THREADS)) if doubled else wsgi_app
    timed = ASGITimingMiddleware(WSGIToASGI(inside, **THREADS), exporters=[record])
    return with_state(timed)


def make_on_wsgi() -> WSGIApp:
    quietly()
    doubled = os.environ["SOAK_STACK"] != WSGI_STACKS[0]
    inside: Any = WSGIToASGI(ASGIToWSGI(asgi_app), **THREADS) if doubled else asgi_app
    return WSGITimingMiddleware(ASGIToWSGI(with_state(inside)), exporters=[record])


if os.environ.get("SOAK_STACK") in WSGI_STACKS:
    on_wsgi = make_on_wsgi()
