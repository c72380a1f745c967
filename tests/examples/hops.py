"""Run in the example's directory: print, as JSON, the hops of each URL as counted, and as the checker's facts give them."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv[1]

from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler  # the settings come first

from bridgekit.check.config import Options
from bridgekit.check.pipeline import run
from bridgekit.middleware_chain.hops import count_hops as model_hops
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from bridgekit.testing import count_hops

KINDS = {
    "/": RequestKind(Mode.SYNC),
    "/sync/": RequestKind(Mode.SYNC),
    "/async/": RequestKind(Mode.ASYNC),
    "/template/": RequestKind(Mode.SYNC, Outcome.TEMPLATE),
    "/download/": RequestKind(Mode.SYNC, Outcome.ASYNC_STREAM),
    "/events/": RequestKind(Mode.ASYNC, Outcome.ASYNC_STREAM),
    "/upload/": RequestKind(Mode.SYNC),
    "/gone/": RequestKind(Mode.ASYNC, Outcome.ERROR_STATUS),
    "/broken/": RequestKind(Mode.SYNC, Outcome.EXCEPTION),
    "/nowhere/": RequestKind(Mode.ASYNC, Outcome.NOT_FOUND),
}
FILE = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--cut--\r\n'


async def ask(app: ASGIHandler, path: str) -> int:
    body = FILE if path == "/upload/" else b""
    inbox: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    inbox.put_nowait({"type": "http.request", "body": body, "more_body": False})
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"host", b"testserver"), (b"content-length", str(len(body)).encode())]
    headers += [(b"content-type", b"multipart/form-data; boundary=cut")] if body else []
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST" if body else "GET", "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": headers,
    }  # fmt: skip
    await app(scope, inbox.get, send)
    return int(str(sent[0]["status"]))


def main() -> None:
    logging.disable()
    app = get_asgi_application()
    report = run(Options(path=Path.cwd(), settings=(sys.argv[1],), python=sys.executable))
    facts = report.stacks[0].default.chain.facts
    rows = {}
    for path, kind in KINDS.items():
        with count_hops() as hops:
            status = asyncio.run(ask(app, path))
        rows[path] = [
            status,
            hops.hops,
            str(model_hops(facts, Server.ASGI, kind).hops(Server.ASGI)),
            str(hops),
        ]
    sys.stdout.write(json.dumps(rows))


if __name__ == "__main__":
    main()
