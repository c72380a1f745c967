"""Both adapters between Django's test client and its handler: what the client sends and what it gets have crossed twice.

Part of `suite_shim`. The test's connections to databases are lent to the thread that the request crosses to, as `LiveServerTestCase` does,
or it would not see what the test's transaction has written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.cookies import SimpleCookie
from typing import Any

from bridgekit import ASGIToWSGI, WSGIToASGI


def around(handler: type, meet: Callable[[], None]) -> type:
    """``handler`` (`django.test.client.ClientHandler`) behind ``ASGIToWSGI(WSGIToASGI(handler))``.

    :param meet: called for each request that has crossed.
    """

    def call(self: Any, environ: dict[str, Any]) -> Any:
        made: list[Any] = []

        def app(inner: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            meet()
            with lent(lend):
                response = super(sub, self).__call__(inner)
                made.append(response)
                cookies = [("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values()]
                start_response(
                    f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies]
                )
                return list(response) if response.streaming else [response.content]

        lend = shared_connections()
        bridge = ASGIToWSGI(WSGIToASGI(app), lifespan="off", wait_for_background=True)
        sent: list[Any] = []

        def start(status: str, headers: Any, exc_info: Any = None) -> Any:
            sent.extend((status, headers))

        try:
            iterable = bridge(environ, start)
            body = b"".join(iterable)
            if hasattr(iterable, "close"):
                iterable.close()
        finally:
            bridge.shutdown()
            lend.back()
        return as_sent(made[0], sent[0], sent[1], body)

    sub: Any = type(handler.__name__, (handler,), {"__call__": call})
    return sub


class shared_connections:
    """The test's connections, which other threads may use until they are given back."""

    def __init__(self) -> None:
        from django.db import connections

        self.all = {name: connections[name] for name in connections}
        for connection in self.all.values():
            connection.inc_thread_sharing()

    def back(self) -> None:
        for connection in self.all.values():
            connection.dec_thread_sharing()


class lent:
    """In the request's thread: its connections are the test's."""

    def __init__(self, given: shared_connections) -> None:
        self.given = given

    def __enter__(self) -> None:
        from django.db import connections

        for name, connection in self.given.all.items():
            connections[name] = connection

    def __exit__(self, *_: object) -> None:
        from django.db import connections

        for name in self.given.all:
            del connections[name]


def as_sent(response: Any, status: str, headers: list[tuple[str, str]], body: bytes) -> Any:
    """The handler's response with what has crossed in the place of what it was: tests look at its template and context, too."""
    response.status_code = int(status.split()[0])
    response.cookies = SimpleCookie()
    for name in list(response.headers):
        del response.headers[name]
    for name, value in headers:
        if name.lower() == "set-cookie":
            response.cookies.load(value)
        else:
            response.headers[name] = value
    if response.streaming:
        response.streaming_content = [body]
    else:
        response.content = body
    return response
