"""An ASGI application behind `ASGIToWSGI`, with one path for each thing that a server can do wrong with it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from bridgekit import ASGIToWSGI
from bridgekit.typing import Message, Receive, Scope, Send

logging.basicConfig(level=logging.INFO, format="LOG %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("app")

HERE = str(Path(__file__).resolve())
MIB = b"x" * (1 << 20)

released = asyncio.Event()
barriers: dict[bytes, asyncio.Barrier] = {}


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    logger.info("startup in %d", os.getpid())
    scope["state"]["pid"] = os.getpid()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    logger.info("shutdown in %d", os.getpid())
    await send({"type": "lifespan.shutdown.complete"})


def start(status: int = 200, *headers: tuple[bytes, bytes]) -> Message:
    plain = (b"content-type", b"text/plain")
    return {"type": "http.response.start", "status": status, "headers": [plain, *headers]}


async def answer(send: Send, body: bytes, status: int = 200) -> None:
    await send(start(status))
    await send({"type": "http.response.body", "body": body})


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, b"hello")


async def show(scope: Scope, receive: Receive, send: Send) -> None:
    """What the adapter made of the request."""
    shown = {
        key: scope[key]
        for key in ("method", "path", "root_path", "scheme", "http_version", "client", "server")
    }
    shown["raw_path"] = scope["raw_path"].decode("latin-1")
    shown["query"] = scope["query_string"].decode("latin-1")
    shown["headers"] = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    shown["state"] = scope["state"]
    shown["pid"] = os.getpid()
    await answer(send, json.dumps(shown).encode())


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Send every piece back as it comes."""
    await send(start())
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            logger.info("disconnect during the upload")
            return
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


async def count(scope: Scope, receive: Receive, send: Send) -> None:
    total, more = 0, True
    while more:
        message = await receive()
        total += len(message["body"])
        more = message["more_body"]
    await answer(send, b"%d" % total)


async def until_disconnect(scope: Scope, receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "http.disconnect":
        if not message["more_body"]:
            await answer(send, b"complete")
    logger.info("until-disconnect returned")


async def long_poll(scope: Scope, receive: Receive, send: Send) -> None:
    """Has no news ever."""
    await receive()
    logger.info("long poll begins")
    assert (await receive())["type"] == "http.disconnect"
    logger.info("long poll ends")


async def too_large(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse an upload after its first piece."""
    await receive()
    await answer(send, b"too large", 413)


async def download(scope: Scope, receive: Receive, send: Send) -> None:
    """As many MiB as the query says."""
    number = int(scope["query_string"])
    await send(start(200, (b"content-length", b"%d" % (number << 20))))
    for left in reversed(range(number)):
        await send({"type": "http.response.body", "body": MIB, "more_body": left > 0})


async def events(scope: Scope, receive: Receive, send: Send) -> None:
    """Server-sent events, with the header that libraries for them set and PEP 3333 forbids."""
    await send(start(200, (b"connection", b"keep-alive"), (b"cache-control", b"no-store")))
    for number in range(3):
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % number, "more_body": True})
        await asyncio.sleep(0.2)
    await send({"type": "http.response.body", "body": b""})


async def forever(scope: Scope, receive: Receive, send: Send) -> None:
    """An endless stream."""
    await send(start())
    while True:
        await send({"type": "http.response.body", "body": b"tick\n" * 1000, "more_body": True})
        await asyncio.sleep(0.01)


async def background(scope: Scope, receive: Receive, send: Send) -> None:
    """Work after the response that ends no sooner than another request says."""
    released.clear()
    await answer(send, b"done")
    await released.wait()
    logger.info("background work ended")
    raise LookupError("after the response")


async def release(scope: Scope, receive: Receive, send: Send) -> None:
    released.set()
    await answer(send, b"released")


async def meet(scope: Scope, receive: Receive, send: Send) -> None:
    """Answered when as many requests as the query says are here at the same time."""
    barrier = barriers.setdefault(scope["query_string"], asyncio.Barrier(int(scope["query_string"])))
    async with barrier:
        await answer(send, b"met")


async def crash(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("before the response")


async def crash_later(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send({"type": "http.response.body", "body": b"x" * 10, "more_body": True})
    await asyncio.sleep(0.05)
    raise LookupError("in the response")


async def leave(scope: Scope, receive: Receive, send: Send) -> None:
    raise SystemExit(3)


async def hints(scope: Scope, receive: Receive, send: Send) -> None:
    if "http.response.early_hint" in scope["extensions"]:
        await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload; as=style"]})
    await answer(send, b"hello")


async def file(scope: Scope, receive: Receive, send: Send) -> None:
    await send(start())
    await send({"type": "http.response.pathsend", "path": HERE})


async def census(scope: Scope, receive: Receive, send: Send) -> None:
    """Tasks of the loop beside this one and the lifespan's, and threads."""
    tasks = len(asyncio.all_tasks()) - 2
    await answer(send, json.dumps({"tasks": tasks, "threads": threading.active_count()}).encode())


ROUTES: dict[str, Callable[[Scope, Receive, Send], Awaitable[None]]] = {
    "/show": show,
    "/echo": echo,
    "/count": count,
    "/too-large": too_large,
    "/until-disconnect": until_disconnect,
    "/long-poll": long_poll,
    "/download": download,
    "/events": events,
    "/forever": forever,
    "/background": background,
    "/release": release,
    "/meet": meet,
    "/crash": crash,
    "/crash-later": crash_later,
    "/leave": leave,
    "/hints": hints,
    "/file": file,
    "/census": census,
}


async def websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Echo; "bye" closes, and the paths "/denied" and "/forbidden" do not accept."""
    assert (await receive())["type"] == "websocket.connect"
    if scope["path"] == "/denied":
        await send({"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-why", b"no")]})
        await send({"type": "websocket.http.response.body", "body": b"who are you?"})
        return
    if scope["path"] == "/forbidden":
        await send({"type": "websocket.close"})
        return
    subprotocol = next(iter(scope["subprotocols"]), None)
    await send(
        {"type": "websocket.accept", "subprotocol": subprotocol, "headers": [(b"x-pid", b"%d" % os.getpid())]}
    )
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            logger.info("websocket disconnect %d", message["code"])
            return
        if message.get("text") == "bye":
            await send({"type": "websocket.close", "code": 3001, "reason": "you said so"})
            return
        if message.get("text") == "crash":
            raise LookupError("in the session")
        await send({**message, "type": "websocket.send"})


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await websocket(scope, receive, send)
        return
    route = lifespan if scope["type"] == "lifespan" else ROUTES.get(scope["path"], hello)
    await route(scope, receive, send)


app = ASGIToWSGI(asgi_app, disconnect_grace=0.2)
answering = ASGIToWSGI(asgi_app, disconnect_grace=0.2, raise_exceptions=False)
"""Answers 500 itself, for servers that would only close the connection."""
