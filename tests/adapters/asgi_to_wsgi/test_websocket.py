"""WebSockets in ASGIToWSGI without a server; tests/servers has the sessions themselves."""

from __future__ import annotations

import gc
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bridgekit import ASGIToWSGI
from bridgekit.typing import Receive, Scope, Send
from tests.helpers.wsgi_client import environ_of

pytest.importorskip("wsproto")

HANDSHAKE: dict[str, Any] = {
    "HTTP_UPGRADE": "websocket",
    "HTTP_CONNECTION": "Upgrade",
    "HTTP_SEC_WEBSOCKET_KEY": "dGhlIHNhbXBsZSBub25jZQ==",
    "HTTP_SEC_WEBSOCKET_VERSION": "13",
}


async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.close"})


async def fail(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("before its verdict")


@contextmanager
def handshake() -> Iterator[dict[str, Any]]:
    client, server = socket.socketpair()
    with client, server:
        yield environ_of(**HANDSHAKE) | {"gunicorn.socket": server}


def test_a_refused_handshake_leaves_no_socket_open() -> None:
    """The thread's wakeup is a pair of sockets: a server that refuses many would run out of descriptors."""
    app = ASGIToWSGI(refuse, lifespan="off")
    statuses: list[str] = []
    with warnings.catch_warnings(record=True, action="always") as caught, handshake() as environ:
        b"".join(app(environ, lambda status, headers, exc_info=None: statuses.append(status)))  # type: ignore[arg-type]  # nobody calls write()
        del environ
        app.shutdown()
        del app
        gc.collect()
    assert statuses == ["403 Forbidden"]
    assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []


def test_an_application_that_fails_before_its_verdict_leaves_none_either() -> None:
    """The server is told what it raised."""
    app = ASGIToWSGI(fail, lifespan="off")
    with warnings.catch_warnings(record=True, action="always") as caught, handshake() as environ:
        with pytest.raises(LookupError, match="before its verdict"):
            app(environ, lambda status, headers, exc_info=None: None)  # type: ignore[arg-type, return-value]  # never called
        del environ
        app.shutdown()
        del app
        gc.collect()
    assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []
