"""The crossings that WSGIToASGI and ASGIToWSGI make, alone and with Django behind them."""

from __future__ import annotations

import asyncio
import io
import socket
import threading
import warnings
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.hops import count_hops as model_hops
from bridgekit.middleware_chain.requests import RequestKind, Server
from bridgekit.middleware_chain.simulate import simulate
from bridgekit.testing import count_hops
from tests.helpers.loosely import loosely
from tests.middleware_chain.kinds import facts_of
from tests.middleware_chain.oracle import django_with
from tests.testing.clients import PLAIN, STACKS, get_over_asgi, get_over_wsgi, url

with warnings.catch_warnings():
    # Starlette 1.x would rather have httpx2, but works with httpx.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


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


def test_one_hop_is_not_told_as_several() -> None:
    with count_hops() as hops, TestClient(WSGIToASGI(validator(hello_wsgi))) as client:
        client.get("/")
        assert str(hops).splitlines()[0] == "1 hop, 0 held threads"
        client.get("/")
        assert str(hops).splitlines()[0] == "2 hops, 0 held threads"


def test_an_asgi_app_under_wsgi_is_one_hop() -> None:
    """ASGIToWSGI goes to the loop once; the thread that waits is the server's own."""
    app = ASGIToWSGI(hello_asgi)
    with count_hops() as hops, httpx.Client(transport=httpx.WSGITransport(validator(app))) as client:
        assert client.get("http://testserver/").text == "hello"
    app.shutdown()
    assert (hops.hops, hops.to_thread, hops.to_loop, hops.held_threads) == (1, 0, 1, 0)


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
        app = ASGIToWSGI(loosely(ASGIHandler()), wait_for_background=True)
        with count_hops() as hops:
            get_over_wsgi(validator(app), url(kind))
        app.shutdown()
    assert hops.to_thread == cost.to_thread.low, str(hops)
    assert hops.hops == hops.to_loop == 1 + cost.to_loop.low, str(hops)
    assert hops.held_threads == int(simulate(facts).holds_thread is Answer.YES), str(hops)


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
        b"".join(app(environ, loosely(lambda status, headers, exc_info=None: statuses.append(status))))
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
