"""Counted crossings against the chain model, with every kind of client."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import httpx
import pytest
from asgiref.sync import AsyncToSync, SyncToAsync, async_to_sync, sync_to_async
from django.core.asgi import get_asgi_application
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import AsyncClient, Client

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.adapters._app_run import AppRun
from bridgekit.adapters._asgi_runtime import ASGIRuntime
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.hops import count_hops as model_hops
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from bridgekit.middleware_chain.simulate import simulate
from bridgekit.pytest_plugin import AssertMaxHops
from bridgekit.testing import HopCount, count_hops
from tests.middleware_chain.kinds import KINDS, STARTPROJECT, facts_of
from tests.middleware_chain.oracle import django_with

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
    TestClient(get_asgi_application()).get(url(kind))


def by_httpx(kind: RequestKind) -> None:
    async def get() -> None:
        transport = httpx.ASGITransport(ASGIHandler())
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            await client.get(url(kind))

    asyncio.run(get())


async def _await(awaitable: Any) -> Any:
    return await awaitable


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


def hello_wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


async def hello_asgi(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        raise NotImplementedError
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello"})


def test_a_wsgi_app_under_asgi_is_one_hop_and_holds_nothing() -> None:
    """WSGIToASGI takes one thread, once; it works in it, so it does not merely hold it."""
    with count_hops() as hops:
        TestClient(WSGIToASGI(validator(hello_wsgi))).get("/")
    assert (hops.hops, hops.to_thread, hops.to_loop, hops.held_threads) == (1, 1, 0, 0)


def test_an_asgi_app_under_wsgi_is_one_hop() -> None:
    """ASGIToWSGI goes to the loop once; the thread that waits is the server's own."""
    app = ASGIToWSGI(hello_asgi)
    with count_hops() as hops, httpx.Client(transport=httpx.WSGITransport(validator(app))) as client:
        assert client.get("http://testserver/").text == "hello"
    app.shutdown()
    assert (hops.hops, hops.to_thread, hops.to_loop, hops.held_threads) == (1, 0, 1, 0)


def get_over_asgi(app: Any, url: str) -> None:
    async def get() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            (await client.get(url)).raise_for_status()

    asyncio.run(get())


def get_over_wsgi(app: Any, url: str) -> None:
    with httpx.Client(transport=httpx.WSGITransport(app), base_url="http://testserver") as client:
        client.get(url).raise_for_status()


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("kind", PLAIN, ids=str)
def test_djangos_wsgi_handler_in_an_asgi_server(name: str, kind: RequestKind) -> None:
    """One hop into the worker, and the worker's thread waits as often as the WSGI chain goes to a loop."""
    stack = STACKS[name]
    with django_with(stack):
        cost = model_hops([facts_of(path) for path in stack], Server.WSGI, kind)
        app = WSGIToASGI(validator(WSGIHandler()))
        with count_hops() as hops:
            get_over_asgi(app, url(kind))
    # From the worker's side, what it takes to come back from the loop is one more crossing into a thread.
    assert hops.hops == 1 + cost.to_thread.low, str(hops)
    assert hops.to_loop == cost.to_loop.low, str(hops)
    assert hops.held_threads == int(cost.to_loop.low > 0), str(hops)


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("kind", PLAIN, ids=str)
def test_djangos_asgi_handler_in_a_wsgi_server(name: str, kind: RequestKind) -> None:
    """One hop to the loop; what the ASGI chain takes threads for is on the way back, and its held thread is held here, too."""
    stack = STACKS[name]
    with django_with(stack):
        facts = [facts_of(path) for path in stack]
        cost = model_hops(facts, Server.ASGI, kind)
        # The thread hop of response.close() comes after the last byte: wait for it.
        app = ASGIToWSGI(ASGIHandler(), wait_for_background=True)
        with count_hops() as hops:
            get_over_wsgi(validator(app), url(kind))
        app.shutdown()
    assert hops.to_thread == cost.to_thread.low, str(hops)
    assert hops.hops == hops.to_loop == 1 + cost.to_loop.low, str(hops)
    assert hops.held_threads == int(simulate(facts).holds_thread is Answer.YES), str(hops)


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


def test_both_adapters_at_once_hold_a_thread() -> None:
    """ASGI in WSGI in ASGI: the thread that the outer one took waits for the inner one's loop. One hop, one way back."""
    inner = ASGIToWSGI(hello_asgi)
    with count_hops() as hops:
        TestClient(WSGIToASGI(inner)).get("/")
    inner.shutdown()
    assert (hops.hops, hops.to_thread, hops.to_loop, hops.held_threads) == (1, 1, 1, 1)


def test_a_websocket_in_a_wsgi_server_is_one_hop() -> None:
    """Whatever it then takes threads for is on the way back."""
    pytest.importorskip("wsproto")

    async def talk(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await sync_to_async(len)("")
        await send({"type": "websocket.close"})

    app = ASGIToWSGI(talk, lifespan="off", wait_for_background=True)
    environ: dict[str, Any] = {
        "HTTP_UPGRADE": "websocket",
        "HTTP_CONNECTION": "Upgrade",
        "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
        "HTTP_SEC_WEBSOCKET_VERSION": "13",
        "wsgi.input": io.BytesIO(),
    }
    setup_testing_defaults(environ)
    client, environ["gunicorn.socket"] = socket.socketpair()
    with client, environ["gunicorn.socket"], count_hops() as hops:
        statuses: list[str] = []
        b"".join(app(environ, lambda status, headers, exc_info=None: statuses.append(status)))
    app.shutdown()
    assert statuses == ["403 Forbidden"]
    assert (hops.hops, hops.to_thread, hops.to_loop, hops.held_threads) == (1, 1, 1, 0), str(hops)


@pytest.mark.parametrize("adapted", [True, False])
def test_one_request_leaves_the_next_one_alone(adapted: bool) -> None:
    """The adapters give their caller the context as the application leaves it: it says nothing of the caller's next request."""

    async def go_on_after_the_response(scope: Any, receive: Any, send: Any) -> None:
        await hello_asgi(scope, receive, send)
        await sync_to_async(ended.wait, thread_sensitive=False)(10)

    async def cross() -> None:
        await sync_to_async(len)("")

    ended = threading.Event()
    app = ASGIToWSGI(go_on_after_the_response, lifespan="off")
    with count_hops() as hops:
        if adapted:
            get_over_wsgi(validator(app), "/")
        asyncio.run(cross())
    ended.set()
    app.shutdown()
    into_the_thread_after_the_response = hops.to_thread - 1
    assert (hops.hops, hops.to_loop) == ((2, 1) if adapted else (1, 0)), str(hops)
    assert into_the_thread_after_the_response <= int(adapted), str(hops)


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
