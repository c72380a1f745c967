"""Django's handlers and bridgekit's, side by side in one run.

    tox run -e benchmarks -- django_handlers [--rounds 7] [--calls 320] [--wrk-seconds 2] [--assert] [--cpu] [--only seven:sync ...]

In process a driver plays the server; over uvicorn, `wrk` plays the clients. Stand in for the projects: a stack (none, startproject's seven,
these and one sync-only middleware, native async ones) and a view (sync, async, a query on SQLite, one on PostgreSQL where Debian's package and
psycopg are installed, a stream). Under WSGI Django's handler and bridgekit's answer async views. ``--assert`` fails where a bar is not reached;
``--cpu`` counts processor time, which other processes of the machine do not add to.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import django
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from postgres import programs, running_postgres
from rounds import Measured, measure
from served import Served
from single_hop import STARTPROJECT, ask, over_wsgi_app

from bridgekit import WSGIToASGI
from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.handlers.wsgi import OneLoopWSGIHandler

DJANGO, OURS, BRIDGED, WSGI = "Django ASGI", "bridgekit ASGI", "Django WSGI in WSGIToASGI", "Django WSGI"
DJANGO_WSGI, OUR_WSGI = "Django WSGI, async view", "bridgekit WSGI, async view"
Clock = Callable[[], float]
AT_A_TIME = (1, 16, 64)
CHUNKS = 20


class SyncOnly:
    """One layer of a project's own, as many are."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)


class Native:
    """One that needs no thread."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)


def sync_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


async def async_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


def query(alias: str) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 6 * 7")
            return HttpResponse(str(cursor.fetchone()[0]))

    return view


def stream_view(request: HttpRequest) -> StreamingHttpResponse:
    """As each handler wants it: an asynchronous iterator under ASGI."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield b"x" * 1024

    def plain() -> Iterator[bytes]:
        for _ in range(CHUNKS):
            yield b"x" * 1024

    return StreamingHttpResponse(pieces() if hasattr(request, "scope") else plain())


urlpatterns = [
    path("", async_view),
    path("sync/", sync_view),
    path("async/", async_view),
    path("sqlite/", query("default")),
    path("sqlite-each/", query("each")),
    path("postgresql/", query("postgresql")),
    path("postgresql-each/", query("postgresql-each")),
    path("stream/", stream_view),
]

STACKS = {
    "none": [],
    "seven": STARTPROJECT,
    "seven and a sync-only": [*STARTPROJECT, f"{__name__}.SyncOnly"],
    "all async": [f"{__name__}.Native"] * 3,
}
VIEWS = ("sync", "async", "sqlite", "postgresql", "stream")
QUERIES = ("sqlite", "postgresql")

BARS = {
    # (stack, view, at a time): at least so many times as fast as Django's ASGI handler, and at most so many times the time of its
    # WSGI handler.
    ("seven", "sync", 1): (10.0, 2.1),
    ("seven", "sync", 16): (13.0, 1.6),
    ("seven", "async", 1): (8.0, None),
    ("seven", "async", 16): (8.0, None),
    ("seven", "postgresql", 1): (3.0, None),
    ("seven", "postgresql", 16): (3.0, None),
}
WRK_BARS = {"sync": 6.0, "async": 5.0}
ASYNC_VIEW_UNDER_WSGI = 5.0
NEVER_SLOWER = 0.95
"""What noise may make of "never slower than Django's"."""


def configure(postgres: str | None, folder: str) -> None:
    """What startproject's settings say where it matters here, with connections that are kept, and others that end with the request."""
    sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}
    databases: dict[str, Any] = {
        "default": sqlite | {"CONN_MAX_AGE": None},
        "each": sqlite | {"CONN_MAX_AGE": 0},
    }
    if postgres is not None:
        engine = "django.db.backends.postgresql"
        server = {"ENGINE": engine, "NAME": "postgres", "USER": "postgres", "HOST": postgres}
        databases["postgresql"] = server | {"CONN_MAX_AGE": None}
        databases["postgresql-each"] = server | {"CONN_MAX_AGE": 0}
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES=databases,
        DEBUG_PROPAGATE_EXCEPTIONS=True,  # a contestant that fails says why
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


def url_of(contestant: str, view: str) -> str:
    """Under Django's ASGI handler a kept connection is lost with its request's thread: its manual has none kept there."""
    return f"/{view}-each/" if contestant == DJANGO and view in QUERIES else f"/{view}/"


def app_of(contestant: str, stack: str) -> Any:
    with override_settings(MIDDLEWARE=STACKS[stack]):
        if contestant == DJANGO:
            return ASGIHandler()
        if contestant == OURS:
            return PooledASGIHandler()
        if contestant == BRIDGED:
            return WSGIToASGI(WSGIHandler())
        return OneLoopWSGIHandler() if contestant == OUR_WSGI else WSGIHandler()


def over_asgi(app: Any, url: str, at_a_time: int, clock: Clock) -> Callable[[int], float]:
    loop = asyncio.new_event_loop()

    async def client(requests: int) -> None:
        for _ in range(requests):
            await ask(app, url)

    async def run(calls: int) -> float:
        started = clock()
        async with (
            asyncio.TaskGroup() as clients
        ):  # where one fails the others end, and keep no thread from the next cell
            for _ in range(at_a_time):
                clients.create_task(client(calls // at_a_time))
        return clock() - started

    return lambda calls: loop.run_until_complete(run(calls))


class Cells:
    """What was measured, as rows of a table, and which bars were missed."""

    def __init__(self) -> None:
        self.rows = [
            f"| stack | view | at a time | {DJANGO} us | {OURS} us | {BRIDGED} us | {WSGI} us | times as fast | of WSGI |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        self.missed: list[str] = []

    def add(self, stack: str, view: str, at_a_time: int, measured: dict[str, Measured]) -> None:
        medians = {name: result.median for name, result in measured.items()}
        # Of the rounds, each of which had both in it: what disturbs the machine disturbs both.
        faster = ratio(measured[DJANGO], measured[OURS])
        of_wsgi = ratio(measured[OURS], measured[WSGI])
        times = " | ".join(f"{medians[name] * 1e6:.0f}" for name in (DJANGO, OURS, BRIDGED, WSGI))
        self.rows.append(f"| {stack} | {view} | {at_a_time} | {times} | {faster:.1f} | {of_wsgi:.2f} |")
        print(self.rows[-1], flush=True)
        least, most = BARS.get((stack, view, at_a_time), (NEVER_SLOWER, None))
        if faster < least:
            self.missed.append(
                f"{stack}, {view}, {at_a_time} at a time: {faster:.1f} times as fast, not {least}"
            )
        if most is not None and of_wsgi > most:
            self.missed.append(
                f"{stack}, {view}, {at_a_time} at a time: {of_wsgi:.2f} times WSGI's time, not {most}"
            )

    def cannot(self, stack: str, view: str, at_a_time: int, error: Exception) -> None:
        """A cell that did not run; those that follow may."""
        while isinstance(error, ExceptionGroup):
            error = error.exceptions[0]
        why = " ".join(f"{type(error).__name__}: {error}".split())
        self.rows.append(f"| {stack} | {view} | {at_a_time} | - | - | - | - | - | - |")
        print(f"{self.rows[-1]} did not run: {why}", flush=True)
        self.missed.append(f"{stack}, {view}, {at_a_time} at a time did not run: {why}")


def ratio(slow: Measured, fast: Measured) -> float:
    return statistics.median(one / other for one, other in zip(slow.seconds, fast.seconds, strict=True))


def in_process(
    cells: Cells, clock: Clock, rounds: int, calls: int, wanted: Callable[[str, str], bool], views: list[str]
) -> None:
    for stack in STACKS:
        for view in views:
            if not wanted(stack, view):
                continue
            plain = over_wsgi_app(app_of(WSGI, stack), url_of(WSGI, view), clock)
            for at_a_time in AT_A_TIME:
                contestants = {
                    name: over_asgi(app_of(name, stack), url_of(name, view), at_a_time, clock)
                    for name in (DJANGO, OURS, BRIDGED)
                }
                try:
                    found = measure({**contestants, WSGI: plain}, calls=calls, rounds=rounds)
                except Exception as error:  # whatever a contestant raises, the others are worth knowing
                    cells.cannot(stack, view, at_a_time, error)
                else:
                    cells.add(stack, view, at_a_time, found)


def async_views_under_wsgi(cells: Cells, clock: Clock, rounds: int, calls: int) -> list[str]:
    lines = ["", "| stack | Django WSGI, async view us | bridgekit WSGI, async view us | times as fast |"]
    lines.append("| --- | ---: | ---: | ---: |")
    for stack in STACKS:
        contestants = {
            name: over_wsgi_app(app_of(name, stack), "/async/", clock) for name in (DJANGO_WSGI, OUR_WSGI)
        }
        measured = measure(contestants, calls=calls, rounds=rounds)
        faster = ratio(measured[DJANGO_WSGI], measured[OUR_WSGI])
        both = " | ".join(f"{measured[name].median * 1e6:.0f}" for name in contestants)
        lines.append(f"| {stack} | {both} | {faster:.1f} |")
        if faster < ASYNC_VIEW_UNDER_WSGI:
            cells.missed.append(
                f"async view under WSGI, {stack}: {faster:.1f} times as fast, not {ASYNC_VIEW_UNDER_WSGI}"
            )
    return lines


SERVED = """import django_handlers
django_handlers.configure({postgres!r}, {folder!r})
app = django_handlers.app_of({contestant!r}, "seven")"""


def over_uvicorn(cells: Cells, postgres: str | None, folder: str, rounds: int, seconds: float) -> list[str]:
    """startproject's seven; 32 connections."""
    if shutil.which("wrk") is None:
        return ["", "Over uvicorn: skipped, `wrk` is not installed (Debian's package `wrk`)."]
    lines = ["", f"| view over uvicorn | {DJANGO} /s | {OURS} /s | {BRIDGED} /s | times | errors |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    names = (DJANGO, OURS, BRIDGED)
    for view in ("sync", "async"):
        servers = {
            name: Served(SERVED.format(postgres=postgres, folder=folder, contestant=name), path=f"{view}/")
            for name in names
        }
        rates: dict[str, list[float]] = {name: [] for name in names}
        try:
            for _ in range(rounds):
                for name in random.sample(names, len(names)):
                    rates[name].append(servers[name].load(seconds))
        finally:
            for server in servers.values():
                server.stop()
        times = statistics.median(
            ours / theirs for ours, theirs in zip(rates[OURS], rates[DJANGO], strict=True)
        )
        shown = " | ".join(f"{statistics.median(rates[name]):.0f}" for name in names)
        failed = sum(server.failed for server in servers.values())
        lines.append(f"| {view} | {shown} | {times:.1f} | {failed} |")
        if times < WRK_BARS[view]:
            cells.missed.append(f"{view} view over uvicorn: {times:.1f} times as many, not {WRK_BARS[view]}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--calls", type=int, default=320)
    parser.add_argument("--wrk-rounds", type=int, default=5)
    parser.add_argument("--wrk-seconds", type=float, default=2.0)
    parser.add_argument("--assert", dest="must", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], metavar="STACK:VIEW")
    parser.add_argument("--cpu", action="store_true", help="in process, count processor time of all threads")
    options = parser.parse_args()
    clock = time.process_time if options.cpu else time.perf_counter

    def wanted(stack: str, view: str) -> bool:
        return not options.only or f"{stack}:{view}" in options.only

    with contextlib.ExitStack() as opened:
        has_postgres = programs() is not None and importlib.util.find_spec("psycopg") is not None
        postgres = opened.enter_context(running_postgres()) if has_postgres else None
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        configure(postgres, folder)
        cells = Cells()
        print(f"Django {django.__version__}, {os.cpu_count()} processors\n")
        print("\n".join(cells.rows))
        views = [view for view in VIEWS if has_postgres or view != "postgresql"]
        if not has_postgres:
            print("PostgreSQL: skipped, it takes Debian's package `postgresql` and psycopg.")
        in_process(cells, clock, options.rounds, options.calls, wanted, views)
        print("\n".join(async_views_under_wsgi(cells, clock, options.rounds, options.calls)), flush=True)
        if options.wrk_rounds:
            print("\n".join(over_uvicorn(cells, postgres, folder, options.wrk_rounds, options.wrk_seconds)))
        for connection in connections.all():
            connection.close()
    for line in cells.missed:
        print(f"missed: {line}", file=sys.stderr)
    if options.must and cells.missed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
