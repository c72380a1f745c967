"""Slow, large, many and unread bodies on every server: each is answered, and the server goes on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.helpers.raw_http import RawClient, request
from tests.helpers.server_process import ServerProcess, serving, wait_until


@pytest.fixture(scope="module")
def server(different_server: str) -> Iterator[ServerProcess]:
    with serving(different_server, "tests.servers.apps.limited:app") as running:
        vars(running)["name"] = different_server
        yield running


@pytest.fixture(scope="module")
def early(different_server: str, server: ServerProcess) -> ServerProcess:
    """A server that calls the application before it has the whole request."""
    if different_server == "daphne":
        pytest.skip("daphne calls the application only when it has the whole request")
    return server


@pytest.mark.parametrize(
    "framing", [("Content-Length", "5000"), ("Content-Length", "50000"), ("Transfer-Encoding", "chunked")]
)
@pytest.mark.parametrize("sent", [0, 1])
def test_a_body_that_stops_coming_is_answered_408(
    early: ServerProcess, framing: tuple[str, str], sent: int
) -> None:
    """And its connection closed, as RFC 9110 15.5.9 asks."""
    with RawClient(early.address) as client:
        client.send_head("POST", "/", [framing])
        if sent:
            client.send(b"5\r\nhello\r\n")
        response = client.read_response()
        assert (response.status, response.head.get("connection")) == (408, "close")
        assert client.at_eof()


def post(
    client: httpx.Client, server: ServerProcess, path: str, body: Callable[[], bytes | Iterator[bytes]]
) -> httpx.Response:
    """granian and gunicorn's ASGI worker end a connection whose body was not read, after its answer and without a word: a client that
    sends its next request at that moment sends it again, as clients do with a connection that they have kept."""
    try:
        return client.post(path, content=body())
    except httpx.RemoteProtocolError:
        if vars(server)["name"] not in ("granian", "gunicorn-asgi"):
            raise
        return client.post(path, content=body())


@pytest.mark.parametrize("pieces", [30, 300])
def test_a_body_of_unknown_length_that_is_too_long_is_answered_413(
    server: ServerProcess, pieces: int
) -> None:
    """Whether the client reads the answer early or when it has sent all."""
    for _ in range(2):
        with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
            for _ in range(3):
                response = post(client, server, "/", lambda: iter([b"x" * 10_000] * pieces))
                assert (response.status_code, "limit of 100000 bytes" in response.text) == (413, True)
    assert request(server.address, "POST", body=b"x" * 90_000).text == "90000"


@pytest.mark.parametrize("size", [5_000, 300_000, 3_000_000, 15_000_000])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_an_upload_that_nobody_reads_does_not_block_the_connection(
    server: ServerProcess, size: int, chunked: bool
) -> None:
    if chunked and size > 100_000:
        pytest.skip("a larger body of unknown length is refused with 413")
    with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client:
        for _ in range(4):
            response = post(
                client,
                server,
                "/unread",
                lambda: iter([b"x" * 1000] * (size // 1000)) if chunked else b"x" * size,
            )
            assert response.status_code == 401


def test_bodies_that_take_all_the_room_are_answered_503_until_others_have_left(different_server: str) -> None:
    """They are only on their way: no thread is taken, and requests without a body are served."""
    if different_server == "daphne":
        pytest.skip("daphne calls the application only when it has the whole request")
    with (
        serving(different_server, "tests.servers.apps.limited:patient") as server,
        contextlib.ExitStack() as holders,
    ):

        def full() -> bool:
            client = holders.enter_context(RawClient(server.address))
            client.send_head("POST", "/", [("Content-Length", "10000")])
            client.send(b"x" * 9_999)
            return upload(server) == 503

        wait_until(full, 20, lambda: "the room was never full")
        assert request(server.address).text == "0"
        assert "buffer_memory=20000, buffer_disk=40000" in server.log()
        holders.close()
        wait_until(lambda: upload(server) == 200, 20, lambda: "the room was never given back")


def upload(server: ServerProcess) -> int:
    return request(server.address, "POST", body=b"x" * 9_000).status
