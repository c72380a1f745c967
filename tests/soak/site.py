"""The site that is soaked: views of every kind, each of which gives back the token that it was given.

Started by ``uvicorn --factory``; the variable SOAK_STACK names the middleware beside startproject's.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.csrf import csrf_exempt

from tests.helpers.descriptors import allow_many
from tests.middleware_chain.kinds import STARTPROJECT

IDLE_SECONDS = 1.0
"""Threads of the pool end sooner than in production, so that the end can be compared with the beginning."""

left = threading.local()
late = {"late": 0, "late_wrong": 0}
"""How many tasks that outlived their request came to their end, and how many found another's token."""


class LeavesToken(MiddlewareMixin):
    """As packages do that tell models the current user: from one half to the other in a thread-local."""

    def process_request(self, request: HttpRequest) -> None:
        left.token = request.GET.get("token")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Token"] = str(left.__dict__.pop("token", None))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return HttpResponse(str(error)) if request.GET.get("excuse") else None


def passes(get_response: Any) -> Any:
    """Sync-only: it holds the thread."""

    def middleware(request: HttpRequest) -> Any:
        return get_response(request)

    return middleware


STACKS = {
    "seven": list(STARTPROJECT),
    "thread-local": [*STARTPROJECT, f"{__name__}.LeavesToken"],
    "sync-only": [*STARTPROJECT, f"{__name__}.passes", f"{__name__}.LeavesToken"],
}


def configure() -> None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        BRIDGEKIT_THREADS=64,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": os.environ["SOAK_DATABASE"],
                "CONN_MAX_AGE": 60,
            }
        },
        INSTALLED_APPS=[
            f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")
        ],
        LOGGING_CONFIG=None,  # thousands of planned exceptions
        MIDDLEWARE=STACKS[os.environ["SOAK_STACK"]],
        ROOT_URLCONF=__name__,
        SECRET_KEY="s" * 50,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        USE_TZ=True,
    )


def token_of(request: HttpRequest) -> str:
    return request.GET["token"]


def asked(token: str) -> str:
    """The token by way of the database."""
    with connection.cursor() as cursor:
        cursor.execute("select %s", [token])
        found: str = cursor.fetchone()[0]
    return found


def mine(token: str) -> str:
    """The token; something else if the thread has another request's."""
    found = getattr(left, "token", None)
    return token if found in (None, token) else f"found {found}"


def sync_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(mine(token_of(request)))


def sync_query(request: HttpRequest) -> HttpResponse:
    return HttpResponse(mine(asked(token_of(request))))


async def async_view(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.001)
    return HttpResponse(token_of(request))


async def async_query(request: HttpRequest) -> HttpResponse:
    token = await sync_to_async(asked)(token_of(request))
    await asyncio.sleep(0)
    return HttpResponse(await sync_to_async(mine)(token))


def fails(request: HttpRequest) -> HttpResponse:
    raise LookupError(token_of(request))


async def fails_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    raise LookupError(token_of(request))


async def leaves_a_task(request: HttpRequest) -> HttpResponse:
    token = token_of(request)

    async def work() -> None:
        await asyncio.sleep(0.01)
        found = await sync_to_async(asked)(token)
        late["late"] += 1
        late["late_wrong"] += await sync_to_async(mine)(found) != token

    task = asyncio.create_task(work())
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return HttpResponse(token)


tasks: set[asyncio.Task[None]] = set()


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        for _ in range(3):
            yield token_of(request)
            await asyncio.sleep(0)

    return StreamingHttpResponse(parts())


def sync_stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        for _ in range(3):
            yield asked(token_of(request))

    return StreamingHttpResponse(parts())


async def large(request: HttpRequest) -> HttpResponse:
    return HttpResponse(token_of(request) * 20_000)


async def waits(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(60)
    return HttpResponse(token_of(request))


async def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        while True:
            yield token_of(request)
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(parts())


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(mine(request.body.decode()))


async def state(request: HttpRequest) -> JsonResponse:
    """What this process has."""
    return JsonResponse(_state())


def _state() -> dict[str, int]:
    gc.collect()  # Django's connections are in cycles: those of threads that have ended are closed with them
    descriptors = list(_descriptors())
    status = Path("/proc/self/status").read_text("ascii")
    return {
        "threads": int(status.partition("Threads:")[2].split()[0]),
        "memory": int(status.partition("VmRSS:")[2].split()[0]) // 1024,
        "tasks": len(asyncio.all_tasks()),
        "fds": len(descriptors),
        "connections": sum(target.startswith(os.environ["SOAK_DATABASE"]) for target in descriptors),
        **late,
    }


def _descriptors() -> Iterator[str]:
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one by which they are read
            yield str(entry.readlink())


urlpatterns = [
    path(f"{view.__name__}/", view)
    for view in (
        sync_view, sync_query, async_view, async_query, fails, fails_async, leaves_a_task, stream, sync_stream, large, waits,
        endless, echo, state,
    )
]  # fmt: skip


def make_application() -> object:
    configure()
    allow_many()
    from bridgekit.django import get_asgi_application
    from bridgekit.django.handlers import threads

    threads.IDLE_SECONDS = IDLE_SECONDS
    return get_asgi_application()
