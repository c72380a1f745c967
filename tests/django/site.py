"""A small Django site for tests: a URLconf whose views are named for what they do."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path

from bridgekit.timing import set_route, span


def hello(request: HttpRequest, name: str = "you", **kwargs: Any) -> HttpResponse:
    with span("greet"):
        return HttpResponse(f"hello {name}")


async def hello_async(request: HttpRequest) -> HttpResponse:
    with span("greet"):
        await asyncio.sleep(0)
    return HttpResponse("hello")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    def chunks() -> Iterator[bytes]:
        for chunk in (b"aa", b"bb"):
            with span("chunk"):
                yield chunk

    return StreamingHttpResponse(chunks())


async def stream_async(request: HttpRequest) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"aa"
        yield b"bb"

    return StreamingHttpResponse(chunks())


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(io.BytesIO(b"content"))


def fail(request: HttpRequest) -> HttpResponse:
    raise ValueError("no")


def own_header(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x", headers={"Server-Timing": "cache;dur=1"})


def by_hand(request: HttpRequest) -> HttpResponse:
    set_route("/named/{here}")
    return HttpResponse("x")


orders: list[Any] = [path("<int:pk>/", hello, {"name": "order"})]
urlpatterns = [
    path("hello/", hello),
    path("hello-async/", hello_async),
    path("stream/", stream),
    path("stream-async/", stream_async),
    path("by-hand/", by_hand),
    path("file/", file),
    path("fail/", fail),
    path("own-header/", own_header),
    path("shop/<slug:shop>/orders/", include((orders, "orders"))),
]
