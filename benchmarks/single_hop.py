"""Django's startproject as it comes, beside the same with `SingleHopMiddleware` as the last line of MIDDLEWARE, in one run.

    tox run -e benchmarks -- single_hop [--rounds 9] [--uvicorn-rounds 5] [--uvicorn-seconds 2]

In process, a driver plays the server for Django's own `ASGIHandler`, one request at a time and 32 at a time, for a sync and an
async view; `WSGIHandler` with the stock stack stands beside them. Over uvicorn, `wrk` plays the clients. Each stack's hops are counted
as they happen, and the run fails where they are not what `docs/django.md` says.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import shutil
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

sys.path.insert(0, str(Path(__file__).parent))

import django
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path
from rounds import measure, table
from served import Served

from bridgekit.testing import HopCount, count_hops

STOCK, LINE, WSGI = "stock", "stock + one line", "stock under WSGI"
STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
STACKS = {STOCK: STARTPROJECT, LINE: [*STARTPROJECT, "bridgekit.django.middleware.SingleHopMiddleware"]}
EXPECTED_HOPS = {("async", STOCK): 15, ("async", LINE): 4, ("sync", STOCK): 16, ("sync", LINE): 5}


def sync_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


async def async_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


async def waiting_view(request: HttpRequest) -> HttpResponse:
    """A long poll: the driver puts a gate into the scope, and opens it when all are in."""
    gate: Gate = request.scope["gate"]  # type: ignore[attr-defined]  # an ASGIRequest
    await gate.wait()
    return HttpResponse(b"hello")


urlpatterns = [
    path("", async_view),
    path("sync/", sync_view),
    path("async/", async_view),
    path("waiting/", waiting_view),
]


class Gate:
    """Lets all pass when the last one has come."""

    def __init__(self, number: int) -> None:
        self.missing = number
        self.threads = 0
        self._opened = asyncio.Event()

    async def wait(self) -> None:
        self.missing -= 1
        if not self.missing:
            self.threads = threading.active_count()
            self._opened.set()
        await self._opened.wait()


def configure() -> None:
    """What startproject's settings say where it matters here; the views ask no database."""
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            f"django.contrib.{name}"
            for name in ("admin", "auth", "contenttypes", "sessions", "messages", "staticfiles")
        ],
        LOGGING_CONFIG=None,
        ROOT_URLCONF=__name__,
        SECRET_KEY="for a benchmark",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        USE_TZ=True,
    )
    django.setup()


def asgi_app(stack: str) -> ASGIHandler:
    """Django's own handler, which builds its chain when it is made."""
    with override_settings(MIDDLEWARE=STACKS[stack]):
        return ASGIHandler()


async def ask(app: ASGIHandler, url: str, **more: Any) -> None:
    """Play a server for one request; ``more`` stands in its scope."""
    gone: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    inbox: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]
    statuses = []

    async def receive() -> dict[str, Any]:
        return inbox.pop() if inbox else await gone

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": url,
        "raw_path": url.encode(), "query_string": b"", "headers": [(b"host", b"localhost"), (b"accept", b"*/*")],
        "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8000), **more,
    }  # fmt: skip
    await app(scope, receive, send)
    if statuses != [200]:
        raise AssertionError(f"{url} answered {statuses}")


def over_asgi(app: ASGIHandler, url: str, at_a_time: int) -> Callable[[int], float]:
    async def client(requests: int) -> None:
        for _ in range(requests):
            await ask(app, url)

    async def run(calls: int) -> float:
        started = time.perf_counter()
        await asyncio.gather(*(client(calls // at_a_time) for _ in range(at_a_time)))
        return time.perf_counter() - started

    return lambda calls: asyncio.run(run(calls))


def over_wsgi(url: str) -> Callable[[int], float]:
    with override_settings(MIDDLEWARE=STARTPROJECT):
        return over_wsgi_app(WSGIHandler(), url)


def over_wsgi_app(
    app: Callable[..., Any], url: str, clock: Callable[[], float] = time.perf_counter
) -> Callable[[int], float]:
    def run(calls: int) -> float:
        started = clock()
        for _ in range(calls):
            environ: dict[str, Any] = {"PATH_INFO": url, "HTTP_HOST": "localhost", "wsgi.input": io.BytesIO()}
            setup_testing_defaults(environ)
            response = app(environ, lambda status, headers: None)
            b"".join(response)
            response.close()
        return clock() - started

    return run


def hops_of(app: ASGIHandler, url: str) -> HopCount:
    """Counted in a request that is not measured."""
    with count_hops() as hops:
        asyncio.run(ask(app, url))
    return hops


def threads_of(app: ASGIHandler, number: int) -> int:
    """How many threads more there are while so many async views wait at the same time."""

    async def run() -> int:
        before, gate = threading.active_count(), Gate(number)
        await asyncio.gather(*(ask(app, "/waiting/", gate=gate) for _ in range(number)))
        return gate.threads - before

    return asyncio.run(run())


def in_process(rounds: int, calls: int) -> list[str]:
    apps = {name: asgi_app(name) for name in STACKS}
    report = ["| stack | threads while 100 async views wait |", "| --- | ---: |"]
    report += [f"| {name} | {threads_of(app, 100)} |" for name, app in apps.items()]
    report += ["", "| view | stack | hops | held threads |", "| --- | --- | ---: | ---: |"]
    for view in ("sync", "async"):
        for name, app in apps.items():
            hops = hops_of(app, f"/{view}/")
            report.append(f"| {view} | {name} | {hops.hops} | {hops.held_threads} |")
            if hops.hops != EXPECTED_HOPS[view, name]:
                raise SystemExit(f"{view} view, {name}: {hops}")
    for view in ("sync", "async"):
        for at_a_time in (1, 32):
            contestants = {name: over_asgi(app, f"/{view}/", at_a_time) for name, app in apps.items()}
            if at_a_time == 1:
                contestants[WSGI] = over_wsgi(f"/{view}/")
            shown = table(measure(contestants, calls=calls, rounds=rounds), against=LINE)
            report += ["", f"### {view} view, {at_a_time} at a time", "", shown]
    return report


def over_uvicorn(rounds: int, seconds: float) -> list[str]:
    """The async view, which is the one that the line holds a thread for."""
    if shutil.which("wrk") is None:
        return ["Over uvicorn: skipped, `wrk` is not installed (Debian's package `wrk`)."]
    code = "import single_hop\nsingle_hop.configure()\napp = single_hop.asgi_app({!r})"
    servers = {name: Served(code.format(name)) for name in STACKS}
    rates: dict[str, list[float]] = {name: [] for name in STACKS}
    try:
        for _ in range(rounds):
            for name in random.sample(list(STACKS), len(STACKS)):
                rates[name].append(servers[name].load(seconds))
    finally:
        for server in servers.values():
            server.stop()
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    lines = [
        "### async view over uvicorn, wrk with 32 connections",
        "",
        "| stack | requests/s | of stock | errors |",
    ]
    lines.append("| --- | ---: | ---: | ---: |")
    for name, rate in medians.items():
        lines.append(f"| {name} | {rate:.0f} | {rate / medians[STOCK]:.2f} | {servers[name].failed} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=320)
    parser.add_argument("--uvicorn-rounds", type=int, default=5)
    parser.add_argument("--uvicorn-seconds", type=float, default=2.0)
    options = parser.parse_args()
    configure()
    print(f"Django {django.__version__}\n")
    print("\n".join(in_process(options.rounds, options.calls)))
    if options.uvicorn_rounds:
        print("\n" + "\n".join(over_uvicorn(options.uvicorn_rounds, options.uvicorn_seconds)))


if __name__ == "__main__":
    main()
