"""A site whose clients wait, on startproject's seven middleware: server-sent events and long polls, until somebody says "go"."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from tests.helpers.descriptors import allow_many
from tests.middleware_chain.kinds import STARTPROJECT

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=[
            f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")
        ],
        MIDDLEWARE=list(STARTPROJECT),
        ROOT_URLCONF=__name__,
        SECRET_KEY="s" * 50,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        USE_TZ=True,
    )

waiting = 0
go = asyncio.Event()


async def events(request: HttpRequest, token: str) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        global waiting
        yield f"data: first {token}\n\n"
        waiting += 1
        try:
            await go.wait()
        finally:
            waiting -= 1
        yield f"data: last {token}\n\n"

    return StreamingHttpResponse(parts(), content_type="text/event-stream")


async def poll(request: HttpRequest, token: str) -> HttpResponse:
    global waiting
    waiting += 1
    try:
        await go.wait()
    finally:
        waiting -= 1
    return HttpResponse(token)


def ordinary(request: HttpRequest) -> JsonResponse:
    """A sync view: it needs a thread."""
    status = Path("/proc/self/status").read_text("ascii")
    threads = next(line.split()[1] for line in status.splitlines() if line.startswith("Threads:"))
    return JsonResponse(
        {"threads": int(threads), "waiting": waiting, "fds": len(os.listdir("/proc/self/fd"))}  # noqa: PTH208  # numbers
    )


async def release(request: HttpRequest) -> HttpResponse:
    go.set()
    return HttpResponse("gone")


urlpatterns = [
    path("events/<token>/", events),
    path("poll/<token>/", poll),
    path("ordinary/", ordinary),
    path("release/", release),
]


def make_application() -> object:
    from bridgekit.django import get_asgi_application

    allow_many()
    return get_asgi_application()
