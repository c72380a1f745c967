"""A project whose views leave queries and transactions open between their calls, in a process of its own.

``python -m tests.django.handlers.open_site FILE`` prints as JSON the different bodies that many requests at once to each URL got, by handler
and stack.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from tests.middleware_chain.kinds import KINDS, STARTPROJECT

ROWS = 7
ALL = "".join(f"name{number};" for number in range(ROWS))
STACKS = {
    "none": [],
    "startproject": list(STARTPROJECT),
    "sync-only": [KINDS["SyncOnly"]],
    "native": [KINDS["Both"], KINDS["AsyncOnly"]],
}
URLS = {
    "/aiterator/": ALL,
    "/begun-in-view/": ALL,
    "/begun-in-sync-view/": ALL,
    "/begun-in-sync-view-read-async/": ALL,
    "/transaction/": "True True False",
}

gates: dict[str, asyncio.Event] = {}


def names() -> Any:
    from django.contrib.auth.models import Group

    return Group.objects.order_by("pk").values_list("name", flat=True)


async def aiterator(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        async for name in names().aiterator(chunk_size=2):
            await asyncio.sleep(0)
            yield f"{name};"

    return StreamingHttpResponse(chunks())


async def begun_in_view(request: HttpRequest) -> StreamingHttpResponse:
    rows = aiter(names().aiterator(chunk_size=2))
    first = await anext(rows)

    async def chunks() -> AsyncIterator[str]:
        yield f"{first};"
        async for name in rows:
            yield f"{name};"

    return StreamingHttpResponse(chunks())


def begun_in_sync_view(request: HttpRequest) -> StreamingHttpResponse:
    rows = names().iterator(chunk_size=2)
    first = next(rows)

    def chunks() -> Iterator[str]:
        yield f"{first};"
        for name in rows:
            yield f"{name};"

    return StreamingHttpResponse(chunks())


def begun_in_sync_view_read_async(request: HttpRequest) -> StreamingHttpResponse:
    rows = names().iterator(chunk_size=2)
    first = next(rows)

    async def chunks() -> AsyncIterator[str]:
        yield f"{first};"
        while (name := await sync_to_async(lambda: next(rows, None))()) is not None:
            yield f"{name};"

    return StreamingHttpResponse(chunks())


def in_transaction() -> str:
    return str(connection.in_atomic_block)


async def in_one_transaction(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[str]:
        atomic = transaction.atomic()
        await sync_to_async(atomic.__enter__)()
        for _ in range(2):
            await asyncio.sleep(0)
            yield await sync_to_async(in_transaction)() + " "
        await sync_to_async(atomic.__exit__)(None, None, None)
        yield await sync_to_async(in_transaction)()

    return StreamingHttpResponse(chunks())


async def stops_between(request: HttpRequest) -> StreamingHttpResponse:
    """Waits while rows are left to read, and again after the last."""

    async def chunks() -> AsyncIterator[str]:
        rows = aiter(names().aiterator(chunk_size=2))
        yield await anext(rows)
        await gates["first"].wait()
        async for name in rows:
            yield name
        yield "all"
        await gates["last"].wait()

    return StreamingHttpResponse(chunks())


async def leaves_open(request: HttpRequest) -> HttpResponse:
    await sync_to_async(transaction.atomic().__enter__)()
    return HttpResponse(await sync_to_async(in_transaction)())


async def looks(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await sync_to_async(in_transaction)())


def wraps(request: HttpRequest) -> HttpResponse:
    def wrapper(execute: Any, *arguments: Any) -> Any:
        return execute(*arguments)

    with connection.execute_wrapper(wrapper):
        list(names())
    return HttpResponse(str(connection.execute_wrappers.count(wrapper)))


urlpatterns = [
    path("aiterator/", aiterator),
    path("begun-in-view/", begun_in_view),
    path("begun-in-sync-view/", begun_in_sync_view),
    path("begun-in-sync-view-read-async/", begun_in_sync_view_read_async),
    path("transaction/", in_one_transaction),
    path("stops/", stops_between),
    path("leaves-open/", leaves_open),
    path("looks/", looks),
    path("wraps/", wraps),
]


async def at_once(app: Any, url: str, number: int) -> list[str]:
    """The different bodies."""
    from tests.django.handlers.driver import ask

    answers = await asyncio.gather(*(ask(app, url) for _ in range(number)))
    return sorted({answer.body.decode() for answer in answers})


async def held(app: Any) -> dict[str, int]:
    """How many threads one stream holds."""
    from bridgekit.django.handlers.threads import pool
    from tests.django.handlers.driver import Answer, scope_of, until

    await until(lambda: not pool().load)
    gates.update(first=asyncio.Event(), last=asyncio.Event())
    answer = Answer()
    inbox = [{"type": "http.request"}]

    async def receive() -> Any:
        if not inbox:
            await asyncio.Event().wait()
        return inbox.pop()

    async def send(message: Any) -> None:
        answer.messages.append(message)

    task = asyncio.create_task(app(scope_of("/stops/"), receive, send))
    await until(lambda: b"name0" in answer.body if answer.messages else False)
    await until(lambda: pool().load <= 1)  # that of the layers' halves is on its way out
    found = {"while rows are left": pool().load}
    gates["first"].set()
    await until(lambda: answer.body.endswith(b"all"))
    await until(lambda: not pool().load)
    found["after the last"] = pool().load
    gates["last"].set()
    await task
    return found


async def left_open(app: Any) -> list[list[str]]:
    from bridgekit.django.handlers.threads import pool
    from tests.django.handlers.driver import until

    await until(lambda: not pool().load)
    found = []
    for url in ("/leaves-open/", "/looks/"):
        found += await at_once(app, url, 1)
        await until(lambda: not pool().load)
    return [found]


async def main() -> dict[str, Any]:
    from bridgekit.django.handlers.asgi import PooledASGIHandler
    from bridgekit.django.handlers.threads import pool
    from tests.django.handlers.driver import HANDLERS

    found: dict[str, Any] = {}
    for stack, middleware in STACKS.items():
        with override_settings(MIDDLEWARE=middleware):
            for handler, make in HANDLERS.items():
                for url in URLS:
                    found[f"{handler} {stack} {url}"] = await at_once(make(), url, 6)
            found[f"held {stack}"] = await held(PooledASGIHandler())
            found[f"left open {stack}"] = await left_open(PooledASGIHandler())
    await asyncio.to_thread(pool().shutdown, wait_seconds=10)  # a thread whose connection was never open
    with override_settings(MIDDLEWARE=STACKS["startproject"]):
        found["wrappers of the project left"] = await at_once(PooledASGIHandler(), "/wraps/", 1)
    return found


def prepare(file: str) -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": file}},
        INSTALLED_APPS=[
            f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")
        ],
        ROOT_URLCONF=__name__,
        SECRET_KEY="for tests",
        USE_TZ=True,
    )
    django.setup()
    from django.contrib.auth.models import Group
    from django.db import connections

    with connection.schema_editor() as editor:
        editor.create_model(Group)
    Group.objects.bulk_create(Group(name=f"name{number}") for number in range(ROWS))
    connections.close_all()


if __name__ == "__main__":
    prepare(sys.argv[1])
    logging.disable(logging.CRITICAL)
    sys.stdout.write(json.dumps(asyncio.run(main())))
