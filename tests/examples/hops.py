"""Run in the example's directory: print, as JSON, the hops of each URL as counted, and as the checker's facts give them.

Usage: python hops.py SETTINGS_MODULE. Asked are the whole applications of asgi.py and wsgi.py, in this process.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

sys.path.insert(0, str(Path.cwd()))
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]

from config import asgi, wsgi  # the settings come first

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.middleware_chain.hops import count_hops as model_hops
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from bridgekit.testing import HopCount, count_hops

ASYNC_STREAM, SYNC_STREAM = Outcome.ASYNC_STREAM, Outcome.SYNC_STREAM
KINDS = {
    "/": (Mode.SYNC, Outcome.PLAIN),
    "/sync/": (Mode.SYNC, Outcome.PLAIN),
    "/async/": (Mode.ASYNC, Outcome.PLAIN),
    "/template/": (Mode.SYNC, Outcome.TEMPLATE),
    "/download/": (Mode.SYNC, None),
    "/events/": (Mode.ASYNC, None),
    "/upload/": (Mode.SYNC, Outcome.PLAIN),
    "/gone/": (Mode.ASYNC, Outcome.ERROR_STATUS),
    "/broken/": (Mode.SYNC, Outcome.EXCEPTION),
    "/nowhere/": (Mode.ASYNC, Outcome.NOT_FOUND),
}
"""What the views are; None for the streams that suit the server."""

MOUNTED = {
    Server.ASGI: {
        "/legacy/": 1,
        "/legacy/orders/7": 1,
        "/legacy/nowhere": 1,
        "/live/status": 0,
        "/live/echo": 0,
    },
    Server.WSGI: {"/legacy/": 0, "/legacy/orders/7": 0, "/legacy/nowhere": 0, "/live/status": 1},
}
"""Beside Django: one hop through an adapter, none without. (A websocket under WSGI needs a server's socket.)"""

FILE = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--cut--\r\n'
FORM = "multipart/form-data; boundary=cut"


def ask_asgi(path: str) -> int:
    """The status; 101 for a websocket that echoes."""
    return asyncio.run(echo(path) if path == "/live/echo" else get(path))


async def get(path: str) -> int:
    body = FILE if path == "/upload/" else b""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    inbox.put_nowait({"type": "http.request", "body": body, "more_body": False})
    sent = await talk(
        {
            "type": "http",
            "method": "POST" if body else "GET",
            "headers": [
                (b"host", b"testserver"),
                (b"content-length", str(len(body)).encode()),
                (b"content-type", FORM.encode()),
            ],
        },
        path,
        inbox,
    )
    return int(sent[0]["status"])


async def echo(path: str) -> int:
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    inbox.put_nowait({"type": "websocket.connect"})
    inbox.put_nowait({"type": "websocket.receive", "text": "hello"})
    inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
    sent = await talk({"type": "websocket", "headers": [], "subprotocols": []}, path, inbox)
    return 101 if [message.get("text") for message in sent] == [None, "echo hello"] else 0


async def talk(
    scope: dict[str, Any], path: str, inbox: asyncio.Queue[dict[str, Any]]
) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    common = {"asgi": {"version": "3.0"}, "http_version": "1.1", "path": path, "raw_path": path.encode()}
    # A server puts the state of the lifespan into every scope.
    state = {"query_string": b"", "root_path": "", "state": {"started": True}}
    await asgi.application({**common, **state, **scope}, inbox.get, send)
    return sent


def ask_wsgi(path: str) -> int:
    body = FILE if path == "/upload/" else b""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "HTTP_HOST": "testserver",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": FORM,
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []
    response = wsgi.application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    for _ in response:
        pass
    if hasattr(response, "close"):
        response.close()
    return int(statuses[0].split()[0])


ASK: dict[Server, Callable[[str], int]] = {Server.ASGI: ask_asgi, Server.WSGI: ask_wsgi}


def counted(server: Server, path: str) -> tuple[int, HopCount]:
    with count_hops() as hops:
        status = ASK[server](path)
    return status, hops


def rows(server: Server) -> dict[str, tuple[int, str, str, str]]:
    """Of each URL: status, hops counted, hops said, and every crossing for a failing test to show."""
    report = run(Options(path=Path.cwd(), settings=(sys.argv[1],), server=server, python=sys.executable))
    facts = report.stacks[0].default.chain.facts
    found = {}
    for path, (view, outcome) in KINDS.items():
        kind = RequestKind(view, outcome or (ASYNC_STREAM if server is Server.ASGI else SYNC_STREAM))
        status, hops = counted(server, path)
        found[path] = (status, str(hops.hops), str(model_hops(facts, server, kind).hops(server)), str(hops))
    for path, said in MOUNTED[server].items():
        status, hops = counted(server, path)
        found[path] = (status, str(hops.hops), str(said), str(hops))
    return found


def main() -> None:
    logging.disable()
    warnings.simplefilter("ignore")  # what the example's packages deprecate is not the subject
    sys.stdout.write(json.dumps({str(server): rows(server) for server in Server}))


if __name__ == "__main__":
    main()
