"""What each URL costs in hops, under Django's handlers and under bridgekit's: asked in this process, and counted.

Run it with ``python hops.py`` here, or name a settings module: ``python hops.py config.settings.dev``.
"""

from __future__ import annotations

import asyncio
import importlib
import io
import logging
import os
import sys
import warnings
from wsgiref.util import setup_testing_defaults

from bridgekit.testing import count_hops

HANDLERS = {"Django's": "config.stock_{}", "bridgekit's": "config.{}"}
URLS = {
    "asgi": [
        "/", "/sync/", "/async/", "/template/", "/download/", "/events/", "/upload/", "/gone/", "/broken/", "/nowhere/",
        "/legacy/", "/legacy/orders/7", "/legacy/nowhere", "/live/status", "/live/echo",
    ],
    "wsgi": [
        "/", "/sync/", "/async/", "/template/", "/download/", "/events/", "/upload/", "/gone/", "/broken/", "/nowhere/",
        "/legacy/", "/legacy/orders/7", "/legacy/nowhere", "/live/status",
    ],
}  # fmt: skip
"""A websocket under WSGI needs a server's socket."""

FILE = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nabc\r\n--cut--\r\n'
FORM = "multipart/form-data; boundary=cut"


def main() -> None:
    settings = sys.argv[1] if len(sys.argv) > 1 else "config.settings.prod"
    quiet(settings)
    for server in URLS:
        print(f"Hops of one request under {server.upper()} with {settings}:")
        print(f"  {'':<18}" + "".join(f"{handler:>14}" for handler in HANDLERS))
        for path in URLS[server]:
            counts = [counted(server, handler, path)[1].hops for handler in HANDLERS]
            print(f"  {path:<18}" + "".join(f"{count:>14}" for count in counts))


def quiet(settings: str) -> None:
    """One view raises on purpose, and what the example's packages deprecate is not the subject."""
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    logging.disable()
    warnings.simplefilter("ignore")


def counted(server, handler, path):
    """The status, and the `HopCount`, of one request."""
    application = importlib.import_module(HANDLERS[handler].format(server)).application
    with count_hops() as hops:
        status = ask_wsgi(application, path) if server == "wsgi" else ask_asgi(application, path)
    return status, hops


def ask_asgi(application, path):
    """The status; 101 for a websocket that echoes."""
    return asyncio.run(echo(application, path) if path == "/live/echo" else get(application, path))


async def get(application, path):
    body = FILE if path == "/upload/" else b""
    headers = {"host": "testserver", "content-length": str(len(body)), "content-type": FORM}
    scope = {"type": "http", "method": "POST" if body else "GET"}
    scope["headers"] = [(name.encode(), value.encode()) for name, value in headers.items()]
    sent = await talk(application, scope, path, [{"type": "http.request", "body": body, "more_body": False}])
    return sent[0]["status"]


async def echo(application, path):
    messages = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": "hello"},
        {"type": "websocket.disconnect", "code": 1000},
    ]
    sent = await talk(application, {"type": "websocket", "headers": [], "subprotocols": []}, path, messages)
    return 101 if [message.get("text") for message in sent] == [None, "echo hello"] else 0


async def talk(application, scope, path, messages):
    inbox = asyncio.Queue()
    for message in messages:
        inbox.put_nowait(message)
    sent = []

    async def send(message):
        sent.append(message)

    common = {"asgi": {"version": "3.0"}, "http_version": "1.1", "path": path, "raw_path": path.encode()}
    # A server puts the state of the lifespan into every scope.
    state = {"query_string": b"", "root_path": "", "state": {"started": True}}
    await application({**common, **state, **scope}, inbox.get, send)
    return sent


def ask_wsgi(application, path):
    body = FILE if path == "/upload/" else b""
    environ = {
        "REQUEST_METHOD": "POST" if body else "GET",
        "PATH_INFO": path,
        "HTTP_HOST": "testserver",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": FORM,
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    statuses = []
    response = application(environ, lambda status, headers, exc_info=None: statuses.append(status))
    for _ in response:
        pass
    if hasattr(response, "close"):
        response.close()
    return int(statuses[0].split()[0])


if __name__ == "__main__":
    main()
