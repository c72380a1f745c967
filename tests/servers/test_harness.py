"""The tools of these tests, against every server without bridgekit: a failure here is not bridgekit's."""

from __future__ import annotations

import pytest

from tests.helpers import raw_http
from tests.helpers.server_process import COMMANDS, ServerFailed, serving

TARGET = "tests.servers.apps.native_asgi:app"
ASGI_SERVERS = [name for name in COMMANDS if not name.endswith("wsgi")]
WITH_WORKERS = ["uvicorn", "hypercorn", "hypercorn-trio", "granian"]


@pytest.mark.parametrize("name", ASGI_SERVERS)
def test_every_server_starts_answers_and_stops(name: str) -> None:
    with serving(name, TARGET) as server:
        assert raw_http.request(server.address).text == "hello"
        server.stop()


@pytest.mark.parametrize("name", ASGI_SERVERS)
def test_every_server_listens_on_a_unix_socket(name: str) -> None:
    with serving(name, TARGET, unix_socket=True) as server:
        assert raw_http.request(server.address).text == "hello"


@pytest.mark.parametrize("name", WITH_WORKERS)
def test_two_workers_are_seen_in_the_tree(name: str) -> None:
    with serving(name, TARGET, workers=2) as server:
        assert raw_http.request(server.address).text == "hello"
        assert len(server.pids()) >= 3


def test_a_failing_start_tells_the_log() -> None:
    with (
        pytest.raises(ServerFailed, match=r"tests\.servers\.apps\.nowhere"),
        serving("uvicorn", "tests.servers.apps.nowhere:app"),
    ):
        pytest.fail("started")


def test_a_chunked_body_in_pieces_arrives_whole() -> None:
    with serving("uvicorn", TARGET) as server, raw_http.RawClient(server.address) as client:
        client.send_head("POST", "/echo", [("Transfer-Encoding", "chunked")])
        for piece in (b"ab", b"c" * 1000, b""):
            client.send_chunk(piece)
        assert client.read_response().body == b"ab" + b"c" * 1000


def test_a_passing_peak_of_memory_is_seen() -> None:
    """VmHWM keeps what came and went between two looks."""
    with serving("uvicorn", TARGET) as server:
        raw_http.request(server.address)
        with server.memory_growth() as growth:
            raw_http.request(server.address)
            assert growth() < 8 << 20
            assert raw_http.request(server.address, "GET", "/grow").text == str(32 << 20)
            assert growth() >= 30 << 20


def test_the_memory_of_an_ended_server_is_an_error() -> None:
    with serving("uvicorn", TARGET) as server, server.memory_growth() as growth:
        server.stop()
        with pytest.raises((OSError, ValueError)):
            growth()
