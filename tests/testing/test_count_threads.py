"""Threads that requests keep, counted while they wait and while they stream, against the model: Django's handler and ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.requests import Mode, RequestKind
from bridgekit.middleware_chain.threads import State, ThreadUse, handler_threads, stock_threads
from bridgekit.testing import HopCount, count_hops
from tests.middleware_chain.kinds import KINDS, STARTPROJECT, facts_of
from tests.middleware_chain.oracle import django_with
from tests.testing.clients import PLAIN, STACKS
from tests.timing.clients import scope_of

CLIENTS = 4
WAIT = 20.0


class Gate:
    """Lets all go when told to; says when all are in."""

    def __init__(self) -> None:
        self.inside = 0
        self.full = asyncio.Event()
        self.opened = asyncio.Event()

    async def wait(self) -> None:
        self.inside += 1
        if self.inside == CLIENTS:
            self.full.set()
        await self.opened.wait()


async def waiting(request: HttpRequest) -> HttpResponse:
    await request.scope["gate"].wait()  # type: ignore[attr-defined]  # an ASGIRequest
    return HttpResponse("x")


async def streaming(request: HttpRequest) -> StreamingHttpResponse:
    gate = request.scope["gate"]  # type: ignore[attr-defined]

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        await gate.wait()
        yield b"b"

    return StreamingHttpResponse(pieces())


async def async_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


def sync_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


urlpatterns = [path(f"{view.__name__}/", view) for view in (waiting, streaming, async_view, sync_view)]


async def ask(app: Any, view: str, **more: Any) -> None:
    gone: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    inbox = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Any:
        return inbox.pop() if inbox else await gone

    async def send(message: Any) -> None:
        assert message.get("status", 200) == 200

    await app(scope_of(path=f"/{view}/", headers=[("host", "localhost")], **more), receive, send)


def threads_while(app: Any, view: str) -> int:
    """How many threads the requests keep when all of them wait at the gate."""

    async def run() -> int:
        gate = Gate()
        with count_hops() as hops:
            requests = [asyncio.ensure_future(ask(app, view, gate=gate)) for _ in range(CLIENTS)]
            await asyncio.wait_for(gate.full.wait(), WAIT)
            await asyncio.sleep(0.05)  # an executor leaves its thread in that thread: nothing tells when
            kept = hops.threads
            gate.opened.set()
            await asyncio.gather(*requests)
        return kept

    return asyncio.run(run())


def counted(app: Any, view: str) -> HopCount:
    with count_hops() as hops:
        asyncio.run(ask(app, view))
    return hops


MORE = {
    **STACKS,
    "sync-only last": [*STARTPROJECT, KINDS["SyncOnly"]],
    "native": [KINDS["Both"], KINDS["AsyncOnly"]],
    **{f"{name} alone": [path] for name, path in KINDS.items()},
    **{f"{name} inside": [*STARTPROJECT[:2], path] for name, path in KINDS.items()},
}


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize(
    ("handler", "model"), [(ASGIHandler, stock_threads), (PooledASGIHandler, handler_threads)]
)
def test_the_threads_that_requests_keep_are_the_models(
    name: str, handler: Callable[[], Any], model: Callable[[list[MiddlewareFacts]], ThreadUse]
) -> None:
    stack = MORE[name]
    with django_with(stack), override_settings(ROOT_URLCONF=__name__):
        use = model([facts_of(one) for one in stack])
        app = handler()
        found = threads_while(app, "waiting"), threads_while(app, "streaming")
    for kept, keeping in zip(found, (use.waiting, use.streaming), strict=True):
        most = keeping.threads.high
        assert most is not None
        assert CLIENTS * keeping.threads.low <= kept <= CLIENTS * most
        assert keeping.threads.is_exact or keeping.state is State.UNKNOWN


@pytest.mark.parametrize("name", MORE)
@pytest.mark.parametrize("kind", PLAIN, ids=str)
def test_the_hops_of_the_handler_are_the_plans(name: str, kind: RequestKind) -> None:
    stack = MORE[name]
    with django_with(stack), override_settings(ROOT_URLCONF=__name__):
        plan = plan_handler([facts_of(one) for one in stack])
        hops = counted(PooledASGIHandler(), "sync_view" if kind.view is Mode.SYNC else "async_view")
    planned = plan.crossings(kind)
    assert planned.high is not None
    assert planned.low <= hops.hops <= planned.high, str(hops)
    # How hooks that are awaited lie between others is not planned.
    assert planned.is_exact or "AsyncHooks" in name


def test_the_most_threads_at_one_time_are_remembered() -> None:
    with django_with([]), override_settings(ROOT_URLCONF=__name__):
        hops = counted(ASGIHandler(), "async_view")
    assert (hops.threads, hops.most_threads) == (0, 1)
