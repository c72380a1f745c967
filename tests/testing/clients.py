"""Stacks, and every kind of client that asks one of them for a view."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Sequence
from typing import Any

import httpx
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncClient

from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind
from tests.helpers.loosely import loosely
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

with warnings.catch_warnings():
    # Starlette 1.x would rather have httpx2, but works with httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


STACKS: dict[str, Sequence[str]] = {
    "empty": [],
    "startproject": list(STARTPROJECT),
    "single hop": [*STARTPROJECT, "bridgekit.django.middleware.SingleHopMiddleware"],
    "sync-only first": [KINDS["SyncOnly"], *STARTPROJECT],
    "ping-pong": [KINDS["SyncOnly"], KINDS["AsyncOnly"], KINDS["SyncOnly"], KINDS["Both"]],
}
PLAIN = [RequestKind(Mode.SYNC), RequestKind(Mode.ASYNC)]
WITH_STATUS = [RequestKind(Mode.ASYNC, outcome) for outcome in (Outcome.ERROR_STATUS, Outcome.TEMPLATE)]


def url(kind: RequestKind) -> str:
    return f"/{kind.view}/{kind.outcome}"


def by_async_client(kind: RequestKind) -> None:
    asyncio.run(_await(AsyncClient().get(url(kind))))


def by_starlette(kind: RequestKind) -> None:
    TestClient(loosely(get_asgi_application())).get(url(kind))


def by_httpx(kind: RequestKind) -> None:
    async def get() -> None:
        transport = httpx.ASGITransport(loosely(ASGIHandler()))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            await client.get(url(kind))

    asyncio.run(get())


async def _await(awaitable: Any) -> Any:
    return await awaitable


def get_over_asgi(app: Any, url: str) -> None:
    async def get() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            (await client.get(url)).raise_for_status()

    asyncio.run(get())


def get_over_wsgi(app: Any, url: str) -> None:
    with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://testserver") as client:
        client.get(url).raise_for_status()
