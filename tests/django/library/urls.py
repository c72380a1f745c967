"""Views that look for rows and add some. A row is a group: a table that every project has."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from asgiref.sync import async_to_sync
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from tests.helpers.loosely import loosely


def names() -> str:
    return " ".join(Group.objects.order_by("name").values_list("name", flat=True))


async def anames() -> str:
    return " ".join([name async for name in Group.objects.order_by("name").values_list("name", flat=True)])


def sync(request: HttpRequest) -> HttpResponse:
    return HttpResponse(names())


async def an_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(await anames())


def calls_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse(async_to_sync(anames)())


async def gathers(request: HttpRequest) -> HttpResponse:
    """Several calls at once see the same rows."""
    found: set[str] = set(await asyncio.gather(*(anames() for _ in range(5))))
    return HttpResponse(" | ".join(found))


async def adds(request: HttpRequest) -> HttpResponse:
    await Group.objects.acreate(name=request.GET["name"])
    return HttpResponse(await anames())


async def streams(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        async for group in Group.objects.order_by("name"):
            yield f"{group.name} "

    return StreamingHttpResponse(parts())


async def user(request: Any) -> HttpResponse:
    return HttpResponse(f"{await request.auser()}")


def protocol(request: HttpRequest) -> HttpResponse:
    """Which protocol brought the request, and whose handler answers it."""
    kind = "asgi" if isinstance(request, ASGIRequest) else "wsgi"
    return HttpResponse(f"{kind} {type(request).__name__}")


VIEWS: tuple[Any, ...] = (sync, an_async, calls_async, gathers, adds, streams, user, protocol)
urlpatterns = [
    path("admin/", admin.site.urls),
    *(path(f"{view.__name__}/", loosely(view)) for view in VIEWS),
]
