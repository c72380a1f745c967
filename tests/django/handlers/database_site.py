"""A project with a database, in a process of its own: ``python -m tests.django.handlers.database_site DATABASE SCENARIO``.

Prints as JSON what a scenario of `SCENARIOS` found.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from tests.helpers.loosely import loosely

opened: list[Any] = []
SEVEN = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def identity() -> str:
    """Which connection answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1" if connection.vendor == "sqlite" else "SELECT pg_backend_pid()")
        (answer,) = cursor.fetchone()
    return str(id(connection.connection) if connection.vendor == "sqlite" else answer)


def is_open(one: Any) -> bool:
    return one is not None and one.connection is not None


def asks(request: HttpRequest) -> HttpResponse:
    return HttpResponse(identity())


async def asks_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(" ".join(sorted({await sync_to_async(identity)() for _ in range(3)})))


async def asks_in_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        yield await sync_to_async(identity)()
        yield " " + await sync_to_async(identity)()

    return StreamingHttpResponse(chunks())


urlpatterns = [path("sync/", asks), path("async/", asks_async), path("stream/", asks_in_stream)]


async def requests(app: Any, url: str, number: int) -> list[list[str]]:
    from bridgekit.django.handlers.threads import pool
    from tests.django.handlers.driver import ask, until

    found = []
    for _ in range(number):
        answer = await ask(app, url)
        assert answer.status == 200, answer
        found.append(answer.body.decode().split())
        await until(lambda: not pool().load)
    return found


async def in_turn(app: Any) -> Any:
    """Ten requests of each kind, one after the other."""
    found = {}
    for url in ("/sync/", "/async/", "/stream/"):
        del opened[:]
        answers = await requests(app, url, 10)
        found[url] = {"answers": answers, "opened": len(opened), "open": sum(map(is_open, opened))}
    return found


async def retired(app: Any) -> Any:
    """What is open when the threads have ended."""
    from bridgekit.django.handlers.threads import pool

    await requests(app, "/sync/", 1)
    before = sum(map(is_open, opened))
    await asyncio.to_thread(pool().shutdown, wait_seconds=10)
    return {"before": before, "after": sum(map(is_open, opened))}


async def broken(app: Any) -> Any:
    """The server ends every connection between two requests."""
    import psycopg

    before = await requests(app, "/sync/", 1)
    options = settings.DATABASES["default"]
    with psycopg.connect(
        host=options["HOST"], user=options["USER"], dbname=options["NAME"], autocommit=True
    ) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    return {"before": before, "after": await requests(app, "/sync/", 3)}


SCENARIOS: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "in turn": in_turn,
    "retired": retired,
    "broken": broken,
}


def note(connection: Any, **kwargs: Any) -> None:
    opened.append(connection)


def main(database: str, scenario: str) -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": json.loads(database)},
        INSTALLED_APPS=[
            f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")
        ],
        MIDDLEWARE=SEVEN,
        ROOT_URLCONF=__name__,
        SECRET_KEY="for tests",
        USE_TZ=True,
    )
    django.setup()
    from bridgekit.django import get_asgi_application

    connection_created.connect(note)
    found: Any = asyncio.run(loosely(SCENARIOS[scenario](get_asgi_application())))
    sys.stdout.write(json.dumps({"found": found, "open": sum(map(is_open, opened))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
