"""Walk through every URL of the example, under uvicorn and gunicorn, with bridgekit's handlers and Django's: the same answers, or an error.

Then show what each URL costs with either.

Run it with ``python walk.py`` here, or give it the address of a server that runs already: ``python walk.py http://127.0.0.1:8000``.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

HERE = Path(__file__).parent
STACKS = [("config.settings.prod", ""), ("config.settings.dev", ""), ("config.settings.stock", "stock_")]
"""Settings, and before what the names of the entry points begin with."""


def uvicorn(entry: str, port: int) -> list[str]:
    return ["uvicorn", f"config.{entry}asgi:application", "--log-level", "warning", "--port", str(port)]


def gunicorn(entry: str, port: int) -> list[str]:
    bind = f"127.0.0.1:{port}"
    return [
        "gunicorn",
        f"config.{entry}wsgi:application",
        "--log-level",
        "warning",
        "--threads",
        "4",
        "--bind",
        bind,
    ]


def main() -> None:
    if len(sys.argv) > 1:
        walk(sys.argv[1].rstrip("/"))
        return
    for settings, entry in STACKS:
        for server in (uvicorn, gunicorn):
            port = free_port()
            whose = "Django's handler" if entry else "bridgekit's handler"
            print(f"{server.__name__} on port {port} with {settings} and {whose}:", flush=True)
            with serving(server(entry, port), settings, port):
                walk(f"http://127.0.0.1:{port}")
    print("All of it worked, under both.", flush=True)
    for settings, _ in STACKS:
        subprocess.run([sys.executable, "hops.py", settings], cwd=HERE, check=True)


@contextmanager
def serving(command: list[str], settings: str, port: int) -> Iterator[None]:
    """A running server, whose log is shown only if something fails: one view raises on purpose."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": settings}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(
            [sys.executable, "-m", *command], cwd=HERE, env=environment, stdout=log, stderr=log
        ) as server,
    ):
        try:
            wait_for(port, server)
            yield
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read())
            raise
        finally:
            server.terminate()


def walk(url: str) -> None:
    for visit in (pages, mounted, streams, uploaded, errors, websocket):
        visit(url)
        print(f"  {visit.__doc__}", flush=True)


def pages(url: str) -> None:
    """Django's views, sync and async, with all middleware and Server-Timing"""
    for path, name in (("/sync/", "sync"), ("/async/", "async")):
        status, headers, body = get(url + path)
        expect(status, 200)
        expect(json.loads(body), {"view": name, "script": "", "path": path})
        expect(headers["X-Async-Only"], "passed")
        # Async where no sync middleware follows: under ASGI without production's last line.
        expect(headers["X-Hybrid"] in ("sync", "async"), True)
        expect("SessionMiddleware;dur=" in headers["Server-Timing"], True)
    for path in ("/", "/template/"):
        expect(b"One project, both protocols" in get(url + path)[2], True)
    expect(get(url + "/static/shop/hello.txt")[2], b"hello from whitenoise\n")


def mounted(url: str) -> None:
    """a Flask application under /legacy and a Starlette application under /live, with right script names"""
    expect(
        json.loads(get(url + "/legacy/")[2]), {"script": "/legacy", "path": "/", "order": "/legacy/orders/7"}
    )
    expect(
        json.loads(get(url + "/legacy/orders/7")[2]), {"script": "/legacy", "path": "/orders/7", "number": 7}
    )
    expect(
        json.loads(get(url + "/live/status")[2]),
        {"script": "/live", "status": "/live/status", "started": True},
    )


def streams(url: str) -> None:
    """a download of 4 MiB and server-sent events"""
    body = get(url + "/download/")[2]
    expect((len(body), body[:16], body[-16:]), (4 << 20, b"0123456789abcdef", b"0123456789abcdef"))
    _, headers, body = get(url + "/events/")
    expect(headers["Content-Type"], "text/event-stream")
    expect(body, b"".join(b"id: %d\ndata: tick %d\n\n" % (n, n) for n in range(3)))


def uploaded(url: str) -> None:
    """an upload of 3 MiB"""
    content = os.urandom(3 << 20)
    head = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="data.bin"\r\n\r\n'
    request = urllib.request.Request(
        url + "/upload/",
        head + content + b"\r\n--cut--\r\n",
        {"Content-Type": "multipart/form-data; boundary=cut"},
    )
    answer = json.loads(get(request)[2])
    expect(answer, {"name": "data.bin", "size": 3 << 20, "sha256": hashlib.sha256(content).hexdigest()})


def errors(url: str) -> None:
    """errors with their status"""
    for path, status in (("/gone/", 410), ("/broken/", 500), ("/nowhere/", 404), ("/legacy/nowhere", 404)):
        expect(get(url + path)[0], status)


def websocket(url: str) -> None:
    """a websocket, and one where there is none"""
    with connect(url.replace("http", "ws", 1) + "/live/echo", proxy=None) as socket:
        for text in ("hello", "grüße"):
            socket.send(text)
            expect(socket.recv(timeout=10), f"echo {text}")
    try:
        connect(url.replace("http", "ws", 1) + "/nowhere/", proxy=None).close()
    except InvalidStatus as refused:
        expect(refused.response.status_code in (403, 404), True)
    else:
        raise SystemExit("/nowhere/ took a websocket")


def get(target: str | urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(target, timeout=30) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise SystemExit(f"expected {wanted!r}, got {found!r}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"the server ended with code {server.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server does not answer")


if __name__ == "__main__":
    main()
