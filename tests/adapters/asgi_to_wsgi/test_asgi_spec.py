"""The ASGI specification clause by clause, as an application must keep it towards its server."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from bridgekit import WSGIToASGI
from bridgekit.typing import Environ, Message, StartResponse
from tests.helpers.asgi_driver import (
    Connection,
    Loop,
    body_events,
    check_content,
    check_order,
    http_scope,
    serving,
    upload_scope,
)
from tests.helpers.wsgi_apps import PLAIN, Streams, answers

Adapt = Callable[..., WSGIToASGI]

START: Message = {"type": "http.response.start", "status": 200, "headers": []}
END: Message = {"type": "http.response.body", "body": b"", "more_body": False}


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ([], END),
        ([START], START),
        ([START, END], END),
        ([START], {"type": "http.response.early_hint", "links": []}),
        ([], {"type": "unknown"}),
    ],
)
def test_the_driver_notices_breaches_of_order(before: list[Message], message: Message) -> None:
    """The tests' own judge must be able to fail."""
    with pytest.raises(AssertionError):
        check_order(before, message)


@pytest.mark.parametrize(
    "message",
    [
        {**START, "status": "200"},
        {**START, "headers": [(b"Upper", b"x")]},
        {**START, "headers": [("text", b"x")]},
        {**START, "headers": [(b"x", b"a\nb")]},
        {**END, "body": "text"},
        {**END, "more_body": 1},
    ],
)
def test_the_driver_notices_breaches_of_content(message: Message) -> None:
    """The same for values."""
    with pytest.raises(AssertionError):
        check_content(message)


def test_application_is_a_single_callable_of_three(adapt: Adapt) -> None:
    """Applications: "a single, asynchronous callable": servers and asgiref detect that by its signature."""
    from asgiref.compatibility import is_double_callable

    assert not is_double_callable(adapt(answers(b"x")))


def test_start_comes_first_and_once(adapt: Adapt, loop: Loop) -> None:
    """HTTP, Response Start: "must be sent before any http.response.body"; the driver checks order and types."""
    for app in (answers(b"x"), answers(b"x", b"y"), answers(b"", b"x"), answers()):
        connection = loop.get(adapt(app))
        assert connection.complete
        assert connection.sent[0]["type"] == "http.response.start"


def test_header_names_are_in_lower_case(adapt: Adapt, loop: Loop) -> None:
    """HTTP, Response Start, headers: "names must be lowercased"."""
    response = loop.get(adapt(answers(b"x", headers=[("X-UPPER", "1"), ("Content-Type", "a/b")])))
    assert [name for name, _ in response.headers] == [b"x-upper", b"content-type", b"content-length"]


def test_header_values_lose_surrounding_whitespace(adapt: Adapt, loop: Loop) -> None:
    """HTTP, Response Start, headers: h11 refuses a value with a space in front or behind (RFC 9110 5.5)."""
    assert loop.get(adapt(answers(b"x", headers=[("X-A", " 1\t")]))).header(b"x-a") == b"1"


def test_no_pseudo_headers(adapt: Adapt, loop: Loop) -> None:
    """HTTP, Response Start, headers: "Pseudo headers (present in HTTP/2 and HTTP/3) must not be present"."""
    from bridgekit.exceptions import AppProtocolError

    with pytest.raises(AppProtocolError, match="token"):
        loop.get(adapt(answers(b"x", headers=[(":status", "200")])))


def test_scope_is_not_changed(adapt: Adapt, loop: Loop) -> None:
    """Middleware: "middleware ... must not mutate the scope" it hands on; an outer one may look at it afterwards."""
    connection = Connection(upload_scope(3, extensions={}), body_events(b"abc"))
    before = copy.deepcopy(dict(connection.scope))
    loop.serve(adapt(answers(b"x")), connection)
    assert connection.scope == before


def test_messages_of_the_server_are_not_changed(adapt: Adapt, loop: Loop) -> None:
    """Middleware: events belong to who made them; a logging middleware may hold them."""
    events = body_events(b"abc", b"def")
    before = copy.deepcopy(events)
    loop.serve(adapt(answers(b"x"), prebuffer=0), Connection(upload_scope(6), events))
    assert events == before


def test_unknown_keys_are_ignored(adapt: Adapt, loop: Loop) -> None:
    """Extensions, Spec versions: "applications must ignore keys that they do not know"."""
    connection = Connection(
        http_scope(future={"key": 1}, extensions={"future": {}}),
        [{"type": "http.request", "body": b"", "more_body": False, "future": 1}],
    )
    assert loop.serve(adapt(answers(b"x")), connection).complete


def test_no_receive_while_another_is_pending(adapt: Adapt, loop: Loop) -> None:
    """HTTP: receive() is one queue; two callers at once would each get half of the body."""
    most: list[int] = []

    class Single(Connection):
        async def receive(self) -> Message:
            most.append(self.receiving)
            return await super().receive()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        while piece := environ["wsgi.input"].read(3):
            yield piece

    connection = Single(upload_scope(9), body_events(b"abc", b"def", b"ghi"))
    loop.serve(adapt(app, prebuffer=0), connection)
    assert connection.body == b"abcdefghi"
    assert set(most) == {0}


def test_no_send_while_another_is_pending(adapt: Adapt, loop: Loop) -> None:
    """HTTP: events have an order, so one send() is awaited before the next."""
    under_way = [0]

    class Single(Connection):
        async def send(self, message: Message) -> None:
            assert under_way[0] == 0
            under_way[0] += 1
            try:
                await super().send(message)
            finally:
                under_way[0] -= 1

    connection = loop.serve(adapt(answers(*[b"x" * 100] * 50), window=500), Single(http_scope()))
    assert len(connection.body) == 5000


def test_nothing_is_sent_to_a_client_that_is_gone(adapt: Adapt, loop: Loop) -> None:
    """HTTP, Disconnect: "once you have received this event, you should expect future calls to send() to raise"."""
    go_on = threading.Event()
    app = Streams(lambda: [b"first", go_on, b"x"])
    connection = Connection(http_scope())

    async def main() -> None:
        async with serving(adapt(app), connection):
            await connection.until(lambda: connection.body == b"first" and connection.receiving > 0)
            sent = len(connection.sent)
            connection.leave()
            await connection.until(lambda: connection.receiving == 0)
            go_on.set()
            await connection.until(lambda: connection.ended)
            assert len(connection.sent) == sent

    loop.run(main)


def test_trailers_are_not_announced(adapt: Adapt, loop: Loop) -> None:
    """HTTP, Response Start, trailers: WSGI has none, so the key says so or is absent."""
    both: list[dict[str, Any]] = [{}, {"http.response.trailers": {}}]
    for extensions in both:
        connection = loop.serve(adapt(answers(b"x")), Connection(http_scope(extensions=extensions)))
        assert not connection.start.get("trailers", False)


@pytest.mark.parametrize(
    "scope", [{"headers": ()}, {"headers": ..., "client": ..., "server": ..., "state": ...}]
)
def test_optional_keys_may_be_missing(adapt: Adapt, loop: Loop, scope: dict[str, Any]) -> None:
    """HTTP, Connection Scope: each optional key has its default."""
    connection = Connection(
        {key: value for key, value in {**http_scope(), **scope}.items() if value is not ...}
    )
    assert loop.serve(adapt(answers(b"x")), connection).body == b"x"
