"""Counted crossings against the chain model, with every kind of client."""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Callable

import pytest
from asgiref.sync import AsyncToSync, SyncToAsync, async_to_sync, sync_to_async
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from bridgekit.adapters.asgi_to_wsgi.runtime import ASGIRuntime
from bridgekit.adapters.wsgi_to_asgi.app_run import AppRun
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.hops import count_hops as model_hops
from bridgekit.middleware_chain.requests import Mode, RequestKind, Server
from bridgekit.middleware_chain.simulate import simulate
from bridgekit.pytest_plugin import AssertMaxHops
from bridgekit.testing import HopCount, count_hops
from tests.middleware_chain.kinds import STARTPROJECT, facts_of
from tests.middleware_chain.oracle import django_with
from tests.testing.clients import (
    PLAIN,
    STACKS,
    WITH_STATUS,
    by_async_client,
    by_httpx,
    by_starlette,
    get_over_wsgi,
    url,
)

with warnings.catch_warnings():
    # Starlette 1.x would rather have httpx2, but works with httpx.
    warnings.simplefilter("ignore")


@pytest.mark.parametrize("ask", [by_async_client, by_starlette, by_httpx])
@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("kind", [*PLAIN, *WITH_STATUS], ids=str)
def test_under_asgi_the_count_is_the_models(
    ask: Callable[[RequestKind], None], name: str, kind: RequestKind
) -> None:
    """The number that `bridgekit check` prints, whichever client asks."""
    stack = STACKS[name]
    with django_with(stack):
        facts = [facts_of(path) for path in stack]
        with count_hops() as hops:
            ask(kind)
    cost = model_hops(facts, Server.ASGI, kind)
    assert (hops.hops, hops.to_thread, hops.to_loop) == (
        cost.to_thread.low,
        cost.to_thread.low,
        cost.to_loop.low,
    ), str(hops)
    assert hops.held_threads == int(simulate(facts).holds_thread is Answer.YES), str(hops)


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("kind", PLAIN, ids=str)
def test_under_wsgi_the_count_is_the_models(name: str, kind: RequestKind) -> None:
    """Django's Client builds the WSGI chain: hops are the ways to a loop, and no thread is taken to be held."""
    stack = STACKS[name]
    with django_with(stack):
        facts = [facts_of(path) for path in stack]
        with count_hops() as hops:
            Client().get(url(kind))
    cost = model_hops(facts, Server.WSGI, kind)
    assert (hops.hops, hops.to_thread) == (cost.to_loop.low, cost.to_thread.low), str(hops)
    assert hops.held_threads == 0


CLIENTS: dict[str, Callable[[RequestKind], None]] = {
    "AsyncClient": by_async_client,
    "TestClient": by_starlette,
    "httpx": by_httpx,
}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_fixture_works_with_every_client_of_asgi(client: str, assert_max_hops: AssertMaxHops) -> None:
    """4 hops pass and 3 fail, whichever client asks."""
    with django_with(STACKS["single hop"]):
        with assert_max_hops(4) as hops:
            CLIENTS[client](RequestKind(Mode.ASYNC))
        with (
            pytest.raises(pytest.fail.Exception, match="at most 3 hops, but 4 were made"),
            assert_max_hops(3),
        ):
            CLIENTS[client](RequestKind(Mode.ASYNC))
    assert (hops.hops, hops.held_threads) == (4, 1)


@pytest.mark.parametrize(
    "transport", [lambda: Client().get("/async/plain"), lambda: get_over_wsgi(WSGIHandler(), "/async/plain")]
)
def test_the_fixture_works_with_clients_of_wsgi(
    transport: Callable[[], object], assert_max_hops: AssertMaxHops
) -> None:
    """An async view is one hop there, and closing the old database connections another."""
    with django_with(STACKS["startproject"]):
        cost = model_hops(
            [facts_of(path) for path in STARTPROJECT], Server.WSGI, RequestKind(Mode.ASYNC)
        ).to_loop.low
        with assert_max_hops(cost):
            transport()
        with pytest.raises(pytest.fail.Exception), assert_max_hops(cost - 1):
            transport()


def test_crossings_are_named_for_what_they_call() -> None:
    """A failing assertion must tell which middleware to look at."""
    with django_with(STARTPROJECT):
        with count_hops() as hops:
            by_async_client(RequestKind(Mode.SYNC))
    named = [crossing.name for crossing in hops.crossings]
    assert "SessionMiddleware.process_request" in named
    assert "XFrameOptionsMiddleware.process_response" in named
    assert "make_view.<locals>.view" in named


def test_blocks_nest_and_leave_asgiref_as_it_was() -> None:
    """The inner block ends first; both have seen what happened inside of both."""
    methods = [(SyncToAsync, "__call__"), (SyncToAsync, "thread_handler"), (AsyncToSync, "__call__")]
    methods += [(AppRun, "_call"), (ASGIRuntime, "admit")]
    before = [vars(owner)[name] for owner, name in methods]

    async def cross() -> None:
        await sync_to_async(len)("")

    with count_hops() as outer:
        with count_hops() as inner:
            asyncio.run(cross())
        asyncio.run(cross())
    asyncio.run(cross())
    assert (outer.hops, inner.hops) == (2, 1)
    assert [vars(owner)[name] for owner, name in methods] == before


def test_an_error_in_the_block_takes_the_probes_away() -> None:
    """Whatever happens in a test, the next one runs on asgiref's own methods."""
    before = vars(SyncToAsync)["__call__"]
    with pytest.raises(LookupError), count_hops():
        raise LookupError
    assert vars(SyncToAsync)["__call__"] is before


def test_requests_of_many_threads_are_all_counted() -> None:
    """No crossing is lost when eight threads serve requests at the same time, each with blocks of its own."""
    started = threading.Barrier(8)
    inner: list[HopCount] = []

    async def cross() -> None:
        for _ in range(50):
            await sync_to_async(len, thread_sensitive=False)("")

    def serve() -> None:
        started.wait()
        for _ in range(5):
            with count_hops() as own:
                async_to_sync(cross)()
            inner.append(own)

    with count_hops() as hops:
        threads = [threading.Thread(target=serve) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (hops.to_thread, hops.to_loop, hops.hops) == (8 * 5 * 50, 8 * 5, 8 * 5)
    assert len(inner) == 40
    assert all(own.to_thread >= 50 for own in inner)
