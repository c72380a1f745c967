"""Run in the example's directory: print, as JSON, the hops of each URL as its ``hops.py`` counts them, and as the checker's facts give them.

Usage: python hops.py SETTINGS_MODULE. Asked are the whole applications of asgi.py and wsgi.py, and those of Django's handlers, in this process.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.hops import count_hops as model_hops
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server

sys.path[0] = str(Path.cwd())
hops: Any = importlib.import_module("hops")  # the example's, not this file

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
"""Beside Django: one hop through an adapter, none without."""


def said(stack: list[MiddlewareFacts], server: Server, handler: str, path: str) -> str:
    """What the model has for a URL. Under WSGI both handlers cross where the chain does; bridgekit's into a loop that is there."""
    if path in MOUNTED[server]:
        return str(MOUNTED[server][path])
    view, outcome = KINDS[path]
    kind = RequestKind(view, outcome or (ASYNC_STREAM if server is Server.ASGI else SYNC_STREAM))
    if server is Server.ASGI and handler == "bridgekit's":
        return str(plan_handler(stack).crossings(kind))
    return str(model_hops(stack, server, kind).hops(server))


def rows(server: Server) -> dict[str, dict[str, tuple[int, str, str, str]]]:
    """By handler and URL: status, hops counted, hops said, and every crossing for a failing test to show."""
    report = run(Options(path=Path.cwd(), settings=(sys.argv[1],), server=server, python=sys.executable))
    stack = list(report.stacks[0].default.chain.facts)
    found: dict[str, dict[str, tuple[int, str, str, str]]] = {}
    for handler in hops.HANDLERS:
        found[handler] = {}
        for path in hops.URLS[server.value]:
            status, counted = hops.counted(server.value, handler, path)
            found[handler][path] = (
                status,
                str(counted.hops),
                said(stack, server, handler, path),
                str(counted),
            )
    return found


def main() -> None:
    hops.quiet(sys.argv[1])
    sys.stdout.write(json.dumps({str(server): rows(server) for server in Server}))


if __name__ == "__main__":
    main()
