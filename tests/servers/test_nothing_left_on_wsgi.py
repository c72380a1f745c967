"""Behind `ASGIToWSGI` a WSGI server's request is let go when it ends, not at some later garbage collection: none runs here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.helpers import raw_http
from tests.helpers.raw_http import RawClient, TruncatedBody
from tests.helpers.server_process import ServerProcess, wait_until
from tests.helpers.wsgi_servers import serving_wsgi

CLOSE = ("Connection", "close")


@pytest.fixture(scope="module", params=["gunicorn-sync", "gunicorn-gthread", "waitress", "cheroot"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving_wsgi(request.param, "tests.servers.apps.let_go:app") as process:
        object.__setattr__(process, "name", request.param)
        yield process


def asks(method: str, path: str, body: bytes = b"") -> Callable[[ServerProcess], None]:
    def ask(server: ServerProcess) -> None:
        with contextlib.suppress(TruncatedBody, ConnectionError, ValueError):
            raw_http.request(server.address, method, path, body=body)

    return ask


def leaves_a_response(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("GET", "/forever", [CLOSE])
        client.read_head()
        client.reset()


def leaves_an_upload(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("POST", "/until-disconnect", [("Content-Length", "100000"), CLOSE])
        client.send(b"x" * 20_000)


def leaves_an_echo(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("POST", "/echo", [("Content-Length", "100000"), CLOSE])
        client.send(b"x" * 20_000)
        client.reset()


def leaves_a_long_poll(server: ServerProcess) -> None:
    if not vars(server)["name"].startswith("gunicorn"):
        pytest.skip("only a server's socket tells that its client has left a response that gives nothing")
    with RawClient(server.address) as client:
        client.send_head("GET", "/long-poll", [CLOSE])
        server.wait_for_log("long poll begins")


def sends_a_malformed_chunk(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("POST", "/until-disconnect", [("Transfer-Encoding", "chunked"), CLOSE])
        client.send(b"5\r\nhello\r\nzz\r\n")
        with contextlib.suppress(ConnectionError, TimeoutError, EOFError, TruncatedBody):
            client.read_head()


def says(text: bytes) -> bytes:
    """A client's text message (RFC 6455 5.2), masked with zeros."""
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text


def holds_a_session(path: str, *frames: bytes) -> Callable[[ServerProcess], None]:
    """The client sends ``frames`` and listens to the end, or leaves at once where there are none."""
    key = ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
    upgrade = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"), key]

    def ask(server: ServerProcess) -> None:
        if not vars(server)["name"].startswith("gunicorn"):
            pytest.skip("this server does not hand over its socket")
        with RawClient(server.address) as client:
            client.send_head("GET", path, upgrade)
            client.read_head()
            client.send(b"".join(frames))
            with contextlib.suppress(ConnectionError):
                while frames and client.socket.recv(65536):
                    pass

    return ask


WAYS: dict[str, Callable[[ServerProcess], None]] = {
    "without the adapter": asks("POST", "/native/count", b"x" * 1000),
    "a crash without the adapter": asks("GET", "/native/crash"),
    "an answer": asks("GET", "/"),
    "an upload": asks("POST", "/count", b"x" * 100_000),
    "an echo": asks("POST", "/echo", b"x" * 100_000),
    "an upload that nobody reads": asks("POST", "/", b"x" * 10_000),
    "an upload that is refused": asks("POST", "/too-large", b"x" * 10_000),
    "a download": asks("GET", "/download?3"),
    "a stream": asks("GET", "/events"),
    "a file": asks("GET", "/file"),
    "a crash": asks("GET", "/crash"),
    "a crash in the response": asks("GET", "/crash-later"),
    "an exit": asks("GET", "/leave"),
    "a client that leaves a response": leaves_a_response,
    "a client that leaves an upload": leaves_an_upload,
    "a client that leaves an echo": leaves_an_echo,
    "a client that leaves a long poll": leaves_a_long_poll,
    "a malformed chunk": sends_a_malformed_chunk,
    "a session": holds_a_session("/", says(b"hello"), says(b"bye")),
    "a session that crashes": holds_a_session("/", says(b"crash")),
    "a session whose client talks nonsense": holds_a_session("/", b"\xff" * 20),
    "a client that leaves a session": holds_a_session("/"),
    "a session that is forbidden": holds_a_session("/forbidden"),
    "a session that is denied": holds_a_session("/denied"),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_request_is_let_go_without_a_garbage_collection(server: ServerProcess, way: str) -> None:
    WAYS[way](server)
    left: list[str] = []

    def is_let_go() -> bool:
        left[:] = raw_http.request(server.address, "GET", "/alive").text.split()
        return not left

    wait_until(is_let_go, 20.0, lambda: f"somebody still has {left}")
