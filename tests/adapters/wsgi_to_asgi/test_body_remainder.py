"""The rest of an upload that nobody reads, on a server that needs to be rid of it."""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterable

import pytest

from bridgekit import WSGIToASGI
from bridgekit.adapters.wsgi_to_asgi import body_remainder
from bridgekit.typing import Environ, StartResponse
from tests.helpers.asgi_driver import Connection, Loop, body_events, reached, serving, upload_scope
from tests.helpers.wsgi_apps import PLAIN, answers

Adapt = Callable[..., WSGIToASGI]

PIECES = [b"x" * 1000] * 100


@pytest.fixture
def on_hypercorn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypercorn", types.ModuleType("hypercorn"))


@pytest.fixture
def on_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "hypercorn", raising=False)


def streamed(adapt: Adapt, app: Callable[..., Iterable[bytes]]) -> WSGIToASGI:
    return adapt(app, prebuffer=0, window=2000)


@pytest.mark.usefixtures("on_hypercorn")
@pytest.mark.parametrize("chunks", [[b"no"], [b"n", b"o"], [b""]])
def test_the_rest_is_received_before_the_response_ends(adapt: Adapt, loop: Loop, chunks: list[bytes]) -> None:
    """All that the client sends, so that the next request on the connection finds nothing in its way."""
    connection = Connection(upload_scope(100_000), body_events(*PIECES, complete=False))

    async def main() -> None:
        async with serving(streamed(adapt, answers(*chunks)), connection):
            await connection.until(lambda: connection.receive_calls == 101)
            assert not connection.complete
            assert connection.body == (b"".join(chunks))  # the response itself has left
            connection.bring({"type": "http.request", "body": b"", "more_body": False})

    loop.run(main)
    assert (connection.complete, connection.body) == (True, b"".join(chunks))


@pytest.mark.usefixtures("on_another_server")
def test_other_servers_throw_it_away_themselves(adapt: Adapt, loop: Loop) -> None:
    connection = Connection(upload_scope(100_000), body_events(*PIECES, complete=False))
    loop.serve(streamed(adapt, answers(b"no")), connection)
    assert connection.complete
    assert connection.receive_calls < 10


@pytest.mark.usefixtures("on_hypercorn")
def test_the_end_of_the_response_waits_only_so_long(
    adapt: Adapt, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is then the server's to close."""
    monkeypatch.setattr(body_remainder, "SECONDS", 0.01)
    connection = Connection(upload_scope(100_000), body_events(b"x", complete=False))
    loop.serve(streamed(adapt, answers(b"no")), connection)
    assert (connection.complete, connection.body) == (True, b"no")


@pytest.mark.usefixtures("on_hypercorn")
def test_too_much_is_not_waited_for(adapt: Adapt, loop: Loop) -> None:
    connection = Connection(upload_scope(body_remainder.BYTES + 10_000), body_events(b"x", complete=False))
    loop.serve(streamed(adapt, answers(b"no")), connection)
    assert (connection.complete, connection.body) == (True, b"no")


@pytest.mark.usefixtures("on_hypercorn")
def test_a_client_that_leaves_is_not_waited_for(adapt: Adapt, loop: Loop) -> None:
    connection = Connection(upload_scope(100_000), body_events(b"x", complete=False))

    async def main() -> None:
        async with serving(streamed(adapt, answers(b"no")), connection):
            await connection.until(lambda: connection.body == b"no")
            connection.leave()

    loop.run(main)
    assert (connection.status, connection.body) == (200, b"no")


@pytest.mark.usefixtures("on_hypercorn")
def test_a_body_that_was_read_is_not_waited_for(adapt: Adapt, loop: Loop) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        length = len(environ["wsgi.input"].read())
        start_response("200 OK", list(PLAIN))
        return [b"%d" % length]

    connection = Connection(upload_scope(100_000), body_events(*PIECES))
    loop.serve(streamed(adapt, app), connection)
    assert [message["type"] for message in connection.sent] == ["http.response.start", "http.response.body"]
    assert connection.body == b"100000"


@pytest.mark.usefixtures("on_hypercorn")
@pytest.mark.parametrize("length", [100_000, None])
def test_a_body_that_is_refused_is_received_as_well(adapt: Adapt, loop: Loop, length: int | None) -> None:
    """413 leaves; then what the client still sends is received."""
    connection = Connection(upload_scope(length), body_events(*PIECES))
    loop.serve(adapt(answers(b""), max_body_size=5000), connection)
    assert (connection.status, connection.complete, connection.receive_calls) == (413, True, 100)


@pytest.mark.usefixtures("on_hypercorn")
def test_reads_after_the_response_raise(adapt: Adapt, loop: Loop) -> None:
    """The application never takes what it got for the whole body."""
    go_on, caught = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "2")])(b"no")
        assert go_on.wait(20)
        with pytest.raises(OSError, match="the response is complete"):
            environ["wsgi.input"].read()
        caught.set()
        return []

    connection = Connection(upload_scope(100_000), body_events(*PIECES))

    async def main() -> None:
        async with serving(streamed(adapt, app), connection):
            await connection.until(lambda: connection.complete)
            go_on.set()
            await reached(caught)

    loop.run(main)
