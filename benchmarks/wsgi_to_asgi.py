"""`WSGIToASGI` beside the other adapters, a plain ASGI app and a direct call of the WSGI app, in one run.

    tox run -e benchmarks -- wsgi_to_asgi [--rounds 9] [--uvicorn-seconds 3] [--plot FILE.svg]

In process, a driver plays the server: no network, each request has a scope of its own and a `receive` that blocks at its
end. Over uvicorn, `wrk` plays the clients on loopback. Every contestant is measured in every round, in shuffled order.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from plot import bars
from rounds import Measured, measure, table
from served import Served

warnings.simplefilter("ignore")  # the peers' deprecations are not the subject

KIB, MIB = 1024, 1024 * 1024


def hello(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]


def stream(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    for _ in range(100):
        yield b"x" * KIB


def echo(environ: Any, start_response: Any) -> list[bytes]:
    data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    start_response(
        "200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(data)))]
    )
    return [data]


async def plain_hello(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})


async def plain_stream(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(100):
        await send({"type": "http.response.body", "body": b"x" * KIB, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def plain_echo(scope: Any, receive: Any, send: Any) -> None:
    parts = []
    while True:
        message = await receive()
        parts.append(message["body"])
        if not message["more_body"]:
            break
    data = b"".join(parts)
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % len(data))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": data, "more_body": False})


def adapters() -> dict[str, Callable[[Any], Any]]:
    """Every adapter by name; importing the peers is part of the benchmark's set-up only."""
    from a2wsgi import WSGIMiddleware as A2WSGI
    from asgiref.wsgi import WsgiToAsgi
    from starlette.middleware.wsgi import WSGIMiddleware as Starlette
    from uvicorn.middleware.wsgi import _WSGIMiddleware as Uvicorn

    from bridgekit import WSGIToASGI

    return {
        "bridgekit": WSGIToASGI,
        "a2wsgi": A2WSGI,
        "asgiref": WsgiToAsgi,
        "starlette": Starlette,
        "uvicorn": Uvicorn,
    }


HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"user-agent", b"benchmark"),
    (b"accept", b"*/*"),
    (b"accept-encoding", b"gzip, deflate"),
]


async def one_request(app: Any, body: bytes, expected: int) -> None:
    """Play a server for one request."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "POST" if body else "GET",
        "scheme": "http",
        "path": "/some/path",
        "raw_path": b"/some/path",
        "query_string": b"a=1",
        "root_path": "",
        "headers": [*HEADERS, (b"content-length", b"%d" % len(body))] if body else HEADERS,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }
    position, received = 0, 0
    complete = asyncio.get_running_loop().create_future()

    async def receive() -> dict[str, Any]:
        nonlocal position
        if position > len(body) or (position and position == len(body)):
            await complete
            return {"type": "http.disconnect"}
        part = body[position : position + 65536]
        position += len(part) or 1
        return {"type": "http.request", "body": part, "more_body": position < len(body)}

    async def send(message: dict[str, Any]) -> None:
        nonlocal received
        if message["type"] == "http.response.body":
            received += len(message.get("body", b""))
            if not message.get("more_body", False) and not complete.done():
                complete.set_result(None)

    await app(scope, receive, send)
    if received != expected:
        raise AssertionError(f"{received} bytes came instead of {expected}")


def contestant(
    loop: asyncio.AbstractEventLoop, app: Any, concurrency: int, body: bytes, expected: int
) -> Callable[[int], float]:
    """Makes a number of requests, so many at a time, and returns the seconds they took."""

    async def client(requests: int) -> None:
        for _ in range(requests):
            await one_request(app, body, expected)

    async def run(calls: int) -> float:
        share = max(1, calls // concurrency)
        started = time.perf_counter()
        await asyncio.gather(*(client(share) for _ in range(concurrency)))
        return (time.perf_counter() - started) * calls / (share * concurrency)

    return lambda calls: loop.run_until_complete(run(calls))


def direct(wsgi_app: Any, body: bytes) -> Callable[[int], float]:
    """The WSGI app called without any server: nothing that crosses threads can be faster."""
    import io

    def call() -> None:
        environ = {"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)}
        for _ in wsgi_app(environ, lambda status, headers: None):
            pass

    def run(calls: int) -> float:
        started = time.perf_counter()
        for _ in range(calls):
            call()
        return time.perf_counter() - started

    return run


def in_process(rounds: int) -> dict[str, dict[str, Measured]]:
    """Title to contestant to what it took."""
    report = {}
    loop = asyncio.new_event_loop()
    cases = [
        ("hello", hello, plain_hello, b"", 5, 640),
        ("stream of 100 x 1 KiB", stream, plain_stream, b"", 100 * KIB, 64),
        ("echo of 1 MiB", echo, plain_echo, b"x" * MIB, MIB, 32),
    ]
    for title, wsgi_app, asgi_app, body, expected, calls in cases:
        for concurrency in (1, 32):
            apps = {name: wrap(wsgi_app) for name, wrap in adapters().items()}
            contestants = {
                name: contestant(loop, app, concurrency, body, expected)
                for name, app in {**apps, "plain ASGI": asgi_app}.items()
            }
            contestants["direct call"] = direct(wsgi_app, body)
            report[f"{title}, {concurrency} at a time"] = measure(contestants, calls=calls, rounds=rounds)
    return report


def plot(report: dict[str, dict[str, Measured]]) -> str:
    """The adapters' times as multiples of bridgekit's."""
    names = list(adapters())
    groups = {
        title: {name: results[name].median / results["bridgekit"].median for name in names}
        for title, results in report.items()
    }
    note = "Medians of one run in which all take turns: tox run -e benchmarks -- wsgi_to_asgi --plot FILE.svg"
    return bars(
        "A WSGI application under ASGI: times of bridgekit's time", groups, reference="bridgekit", note=note
    )


def served(name: str) -> Served:
    """uvicorn with one contestant."""
    app = "plain_hello" if name == "plain ASGI" else f"adapters()[{name!r}](hello)"
    return Served(f"from wsgi_to_asgi import adapters, hello, plain_hello\napp = {app}")


def over_uvicorn(rounds: int, seconds: float) -> list[str]:
    if shutil.which("wrk") is None:
        return ["Over uvicorn: skipped, `wrk` is not installed (Debian's package `wrk`).", ""]
    names = ["plain ASGI", *adapters()]
    servers = {name: served(name) for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    try:
        for number in range(rounds + 1):
            for name in random.sample(names, len(names)):
                rate = servers[name].load(seconds)
                if number:
                    rates[name].append(rate)
    finally:
        for server in servers.values():
            server.stop()
    plain = statistics.median(rates["plain ASGI"])
    lines = [
        "### hello over uvicorn, wrk with 32 connections",
        "",
        "| contestant | requests/s (median) | of the plain ASGI app | answered with an error |",
        "| --- | ---: | ---: | ---: |",
    ]
    for name in sorted(names, key=lambda n: -statistics.median(rates[n])):
        median = statistics.median(rates[name])
        lines.append(f"| {name} | {median:.0f} | {median / plain:.0%} | {servers[name].failed} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--uvicorn-rounds", type=int, default=5)
    parser.add_argument("--uvicorn-seconds", type=float, default=2.0)
    parser.add_argument("--skip-in-process", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the ratios in process as an SVG")
    options = parser.parse_args()
    if not options.skip_in_process:
        report = in_process(options.rounds)
        for title, results in report.items():
            print(f"### {title}\n\n{table(results, against='bridgekit')}\n")
        if options.plot is not None:
            options.plot.write_text(plot(report), "utf-8")
    print("\n".join(over_uvicorn(options.uvicorn_rounds, options.uvicorn_seconds)))


if __name__ == "__main__":
    main()
