"""Django's WSGI handler by bridgekit, with async views that keep what belongs to their loop."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator

import httpx
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="only for tests",
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)

client: httpx.AsyncClient | None = None
"""Keeps its connections from request to request: they belong to the loop on which they were made."""

backend: asyncio.Server | None = None
connections: list[object] = []
starting = asyncio.Lock()
"""Belongs to the loop on which it is first waited for, too."""


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connections.append(writer)
    while await reader.readline() != b"":
        while (await reader.readline()).strip():
            pass
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()


async def upstream(request: HttpRequest) -> JsonResponse:
    """Ask another server through the module's client; how many connections that has taken so far."""
    global client, backend
    async with starting:
        if client is None or backend is None:
            client = httpx.AsyncClient(trust_env=False)
            backend = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = backend.sockets[0].getsockname()[1]
    text = (await client.get(f"http://127.0.0.1:{port}/")).text
    return JsonResponse({"text": text, "connections": len(connections), "process": os.getpid()})


async def slow(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0.2)
    return HttpResponse(str(id(asyncio.get_running_loop())))


def query_here() -> tuple[int, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 6 * 7")
        return cursor.fetchone()[0], threading.get_ident()


async def query(request: HttpRequest) -> JsonResponse:
    answers = await asyncio.gather(*(sync_to_async(query_here)() for _ in range(5)))
    return JsonResponse(
        {"answers": [answer for answer, _ in answers], "threads": len({at for _, at in answers})}
    )


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def lines() -> AsyncIterator[str]:
        for number in range(200):
            yield f"{number} {request.GET['tag']}\n"
            await asyncio.sleep(0)

    return StreamingHttpResponse(lines(), content_type="text/plain")


async def fail(request: HttpRequest) -> HttpResponse:
    raise LookupError("no such tenant")


urlpatterns = [path(view.__name__, view) for view in (upstream, slow, query, stream, fail)]

from bridgekit.django import get_wsgi_application  # noqa: E402  (needs the settings)

app = get_wsgi_application()
