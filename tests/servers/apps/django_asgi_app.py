"""Django's ASGI handler behind `ASGIToWSGI`, with its usual middleware, sync and async views, and its debug page."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.urls import path

from bridgekit import ASGIToWSGI

settings.configure(
    SECRET_KEY="only for tests",
    DEBUG=True,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    CHANNEL_LAYERS={"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}},
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)


def token(request: HttpRequest) -> HttpResponse:
    return HttpResponse(get_token(request), content_type="text/plain")


def login(request: HttpRequest) -> HttpResponse:
    request.session["user"] = request.POST["user"]
    return HttpResponse("welcome")


async def whoami(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"you are {await request.session.aget('user')}")


def query(request: HttpRequest) -> HttpResponse:
    """The ORM's connection, which refuses to work in a thread that runs an event loop."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 6 * 7")
        (answer,) = cursor.fetchone()
    return JsonResponse({"answer": answer, "sqlite": sqlite3.sqlite_version})


def back_and_forth(request: HttpRequest) -> HttpResponse:
    """A sync view that calls a coroutine, which calls a function in the view's thread."""

    async def ask() -> str:
        await asyncio.sleep(0)
        return await sync_to_async(lambda: "there and back")()

    return HttpResponse(async_to_sync(ask)())


async def files(request: HttpRequest) -> HttpResponse:
    uploaded: Any = request.FILES["file"]
    return JsonResponse({"name": uploaded.name, "digest": hashlib.sha256(uploaded.read()).hexdigest()})


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(200):
            yield f"{number} {request.GET['tag']}\n"
            await asyncio.sleep(0)

    return StreamingHttpResponse(lines(), content_type="text/plain")


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(__file__).open("rb"))


async def fail(request: HttpRequest) -> HttpResponse:
    original = request.scope["wsgi_environ"]  # type: ignore[attr-defined]
    raise LookupError(f"no tenant in {len(original)} variables of {os.getpid()}")


urlpatterns = [
    path(view.__name__, view)
    for view in (token, login, whoami, query, back_and_forth, files, stream, file, fail)
]

asgi = get_asgi_application()
app = ASGIToWSGI(cast("Any", asgi))  # django-stubs takes a dict where ASGI has any mapping
