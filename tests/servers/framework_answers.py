"""What the pages of a framework's application answer natively, through one adapter and through both.

``python -m tests.servers.framework_answers NAME`` prints the three as JSON: frameworks set up whole processes, and some warn at their import.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import ASGIApp, WSGIApp
from tests.helpers import wsgi_client
from tests.helpers.asgi_driver import Connection, body_events, http_scope, serving, upload_scope
from tests.servers.apps.frameworks import ASGI, WSGI

BODY = b"0123456789" * 20_000
PAGES = [("GET", "/hello", b""), ("POST", "/upload", BODY), ("GET", "/stream", b""), ("GET", "/error", b"")]
Answer: TypeAlias = tuple[str, str]


def over_wsgi(app: WSGIApp) -> list[Answer]:
    return [_over_wsgi(app, *page) for page in PAGES]


def _over_wsgi(app: WSGIApp, method: str, path: str, body: bytes) -> Answer:
    try:
        environ = wsgi_client.environ_of(method, path, body)
        with wsgi_client.Exchange(app, environ) as exchange:
            content = b"".join(exchange.pieces)  # some say their status with the first of them
    except Exception as error:
        return type(error).__name__, str(error)
    return answer(exchange.status[:3], content)


async def over_asgi(app: ASGIApp) -> list[Answer]:
    async with started(app):
        return [await _over_asgi(app, *page) for page in PAGES]


async def _over_asgi(app: ASGIApp, method: str, path: str, body: bytes) -> Answer:
    scope = upload_scope(len(body), path) if body else http_scope(path, method=method)
    pieces = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]
    connection = Connection(scope, body_events(*pieces))
    async with serving(app, connection):
        await connection.until(lambda: connection.complete or connection.ended)
        connection.leave()  # as servers tell it at every response's end
    if connection.error is not None and not connection.sent:
        return type(connection.error).__name__, str(connection.error)
    return answer(str(connection.status), connection.body)


def answer(status: str, content: bytes) -> Answer:
    """Error pages have addresses in them, which differ."""
    return status, content.decode() if status < "400" else ""


@asynccontextmanager
async def started(app: ASGIApp) -> AsyncIterator[None]:
    """The lifespan of an application that has one."""
    told: asyncio.Queue[Any] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    life = asyncio.ensure_future(app(scope, told.get, heard.put))
    answer = asyncio.ensure_future(heard.get())
    await told.put({"type": "lifespan.startup"})
    await asyncio.wait([life, answer], return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        answer.cancel()
        await told.put({"type": "lifespan.shutdown"})
        await asyncio.wait([life])
        life.exception()


def ask(name: str) -> dict[str, list[Answer]]:
    """What the application of a framework answers natively, and what through one adapter and through two."""
    if name in WSGI:
        make = WSGI[name]
        return {
            "native": over_wsgi(make()),
            "one": asyncio.run(over_asgi(WSGIToASGI(make()))),
            "both": over_wsgi(ASGIToWSGI(WSGIToASGI(make()))),
        }
    make = ASGI[name]
    return {
        "native": asyncio.run(over_asgi(make())),
        "one": over_wsgi(ASGIToWSGI(make())),
        "both": asyncio.run(over_asgi(WSGIToASGI(ASGIToWSGI(make())))),
    }


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable()
    sys.stdout.write(json.dumps(ask(sys.argv[1])))
