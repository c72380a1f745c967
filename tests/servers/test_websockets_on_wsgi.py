"""WebSocket sessions of an ASGI application under WSGI servers that hand over their socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers import raw_http
from tests.helpers.server_process import ServerProcess
from tests.helpers.wsgi_servers import serving_wsgi

sync_client = pytest.importorskip("websockets.sync.client", reason="websockets is not installed")
pytest.importorskip("wsproto", reason="wsproto is not installed")
from websockets.exceptions import ConnectionClosed, InvalidStatus  # noqa: E402

TARGET = "tests.servers.apps.bridged_asgi:app"
SERVERS = ["gunicorn-sync", "gunicorn-gthread", "gunicorn-gevent", "gunicorn-gevent-preload", "werkzeug"]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving_wsgi(request.param, TARGET) as process:
        yield process


def url(server: ServerProcess, path: str = "/") -> str:
    return f"ws://127.0.0.1:{server.port}{path}"


def test_a_session_of_text_and_bytes(server: ServerProcess) -> None:
    with sync_client.connect(url(server), subprotocols=["chat"]) as socket:
        assert socket.subprotocol == "chat"
        assert socket.response.headers["x-pid"].isdecimal()
        for message in ("hello", b"\x00\xff", "\u20ac" * 10, b"x" * 1_000_000, "y" * 1_000_000, ""):
            socket.send(message)
            assert socket.recv() == message


def test_fragments_are_one_message(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        socket.send(["one ", "two ", "three"])
        assert socket.recv() == "one two three"


def test_many_messages_under_way(server: ServerProcess) -> None:
    """Neither side waits for the other to be read."""
    with sync_client.connect(url(server), max_queue=None) as socket:
        for number in range(300):
            socket.send(str(number) * 1000)
        assert [socket.recv() for _ in range(300)] == [str(number) * 1000 for number in range(300)]


def test_a_ping_is_answered(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        assert socket.ping().wait(10)


def test_the_applications_close_carries_code_and_reason(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        socket.send("bye")
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv()
    assert caught.value.rcvd is not None
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (3001, "you said so")


def test_the_clients_close_reaches_the_application(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        socket.close(4002, "enough")
    server.wait_for_log("websocket disconnect 4002")


def test_a_client_that_vanishes_is_a_disconnect(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        socket.socket.close()
    server.wait_for_log("websocket disconnect 1006")


def test_a_failing_session_is_closed_and_logged(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        socket.send("crash")
        with pytest.raises(ConnectionClosed) as caught:
            socket.recv()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1011
    server.wait_for_log("LookupError: in the session")


@pytest.mark.parametrize(
    ("path", "status", "body"), [("/denied", 401, b"who are you?"), ("/forbidden", 403, b"")]
)
def test_a_refused_handshake_is_an_http_response(
    server: ServerProcess, path: str, status: int, body: bytes
) -> None:
    with pytest.raises(InvalidStatus) as caught, sync_client.connect(url(server, path)):
        pytest.fail("accepted")
    assert (caught.value.response.status_code, caught.value.response.body or b"") == (status, body)


def test_the_server_goes_on_after_sessions(server: ServerProcess) -> None:
    with sync_client.connect(url(server)) as socket:
        socket.send("x")
        socket.recv()
    assert raw_http.request(server.address).text == "hello"


@pytest.mark.parametrize("name", ["waitress", "cheroot", "wsgiref", "uwsgi"])
def test_elsewhere_a_handshake_is_refused_politely(name: str) -> None:
    headers = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ]
    with serving_wsgi(name, TARGET) as server, raw_http.RawClient(server.address) as client:
        client.send_head("GET", "/", headers)
        answer = client.read_response()
    assert answer.status == 501
    assert "does not hand over its socket" in answer.text
