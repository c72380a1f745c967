"""What reaches the application, byte for byte, on every server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TypeAlias

import pytest

from tests.helpers.raw_http import RawClient, request
from tests.helpers.server_process import ServerProcess

Leave: TypeAlias = Callable[[RawClient], None]


def environ_of(
    probe: ServerProcess, target: str | bytes, headers: list[tuple[str, str]] | None = None
) -> dict[str, str]:
    environ: dict[str, str] = json.loads(request(probe.address, "GET", target, headers or []).body)
    return environ


def answer_to(body: bytes) -> str:
    return f"{len(body)} {hashlib.sha256(body).hexdigest()}"


def test_the_cgi_variables_are_text(probe: ServerProcess) -> None:
    """PEP 3333, "environ Variables"."""
    environ = environ_of(probe, "/environ?a=1&b=%20")
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["QUERY_STRING"] == "a=1&b=%20"
    assert environ["SERVER_PROTOCOL"] == "HTTP/1.1"
    assert environ["SERVER_NAME"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(probe.port)
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize(
    ("target", "path_info"),
    [
        (b"/a%2Fb", b"/a/b"),
        (b"/caf%C3%A9", b"/caf\xc3\xa9"),
        (b"/%E9", b"/\xe9"),
        (b"/%FF%00%7F", b"/\xff\x00\x7f"),
    ],
)
def test_the_path_keeps_its_bytes(probe: ServerProcess, target: bytes, path_info: bytes) -> None:
    """PEP 3333, "Unicode Issues": the bytes of the URL as latin-1 text, also where they are not UTF-8."""
    environ = environ_of(probe, target)
    assert environ["PATH_INFO"].encode("latin-1") == path_info
    assert environ["REQUEST_URI"].encode("latin-1") == target


def test_a_header_with_an_underscore_cannot_pose_as_another(probe: ServerProcess) -> None:
    environ = environ_of(probe, "/environ", [("X_User", "mallory"), ("X-User", "alice")])
    assert environ["HTTP_X_USER"] == "alice"


def test_split_cookies_are_joined_as_cookies(probe: ServerProcess) -> None:
    """RFC 9113, section 8.2.3."""
    assert (
        request(probe.address, "GET", "/cookies", [("Cookie", "a=1"), ("Cookie", "b=2")]).text == "a=1; b=2"
    )


@pytest.mark.parametrize("size", [1, 65_536, 3_000_000])
def test_an_upload_of_known_length_arrives_whole(probe: ServerProcess, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    assert request(probe.address, "POST", "/upload", body=body[:size]).text == answer_to(body[:size])


@pytest.mark.parametrize("pieces", [[b"a"], [b"ab", b"c" * 100_000, b"d"], [b"x" * 70_000] * 20, []])
def test_a_chunked_upload_arrives_whole(probe: ServerProcess, pieces: list[bytes]) -> None:
    """No Content-Length: `wsgi.input_terminated` says that reading to the end is safe."""
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Transfer-Encoding", "chunked")])
        for piece in [*pieces, b""]:
            client.send_chunk(piece)
        assert client.read_response().text == answer_to(b"".join(pieces))


def test_an_upload_sent_byte_by_byte_arrives_whole(probe: ServerProcess) -> None:
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Content-Length", "5")])
        for number in b"12345":
            client.send(bytes([number]))
        assert client.read_response().text == answer_to(b"12345")


def test_an_answer_comes_while_the_request_is_still_sent(server_name: str, probe: ServerProcess) -> None:
    """Streaming both ways: the first line is back before the second is sent."""
    if server_name == "daphne":
        pytest.skip("daphne calls the application only when it has the whole request")
    with RawClient(probe.address) as client:
        client.send_head("POST", "/echo", [("Transfer-Encoding", "chunked")])
        client.send_chunk(b"first\n")
        pieces = client.iter_body(client.read_head())
        assert next(pieces) == b"first\n"
        client.send_chunk(b"second\n")
        assert next(pieces) == b"second\n"
        client.send_chunk(b"")
        assert list(pieces) == []


def test_the_connection_serves_the_next_request(probe: ServerProcess) -> None:
    with RawClient(probe.address) as client:
        for number in range(3):
            body = b"x" * number * 70_000
            client.send_head("POST", "/upload", [("Content-Length", str(len(body)))])
            client.send(body)
            assert client.read_response().text == answer_to(body)


def test_the_body_is_asked_for_only_when_it_is_read(server_name: str, probe: ServerProcess) -> None:
    """RFC 9110, section 10.1.1: no "100 Continue" for a body that nobody wants."""
    if not server_name.startswith("uvicorn"):
        pytest.skip("sends its 100 without waiting for the application, a native ASGI one's too")
    with RawClient(probe.address) as client:
        client.send_head("POST", "/ignore", [("Content-Length", "100"), ("Expect", "100-continue")])
        response = client.read_response()
    assert (response.status, response.interim) == (413, [])
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Content-Length", "3"), ("Expect", "100-continue")])
        assert client.read_interim().status == 100
        client.send(b"abc")
        assert client.read_response().text == answer_to(b"abc")


@pytest.mark.parametrize("leave", [RawClient.close, RawClient.reset, RawClient.half_close])
@pytest.mark.parametrize("sent", [10, 1_500_000])
def test_a_truncated_upload_raises(server_name: str, probe: ServerProcess, leave: Leave, sent: int) -> None:
    """The application has begun to read: it must never take what there is for the whole body."""
    if server_name == "daphne":
        pytest.skip("daphne calls the application only when it has the whole request")
    begun, broken = probe.log().count("upload begins"), probe.log().count("upload broken")
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Content-Length", "3000000")])
        client.send(b"x" * sent)
        probe.wait_for_log("upload begins", count=begun + 1)  # a reset discards what nobody has read
        leave(client)
        probe.wait_for_log("upload broken", count=broken + 1)
    assert f"upload complete: {sent}\n" not in probe.log()
    assert request(probe.address).text == "hello"


@pytest.mark.parametrize("leave", [RawClient.close, RawClient.reset, RawClient.half_close])
def test_a_small_truncated_upload_never_reaches_the_application(probe: ServerProcess, leave: Leave) -> None:
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Content-Length", "200")])
        client.send(b"x" * 123)
        leave(client)
        body = b"x" * 77
        assert request(probe.address, "POST", "/upload", body=body).text == answer_to(body)
    assert "upload complete: 77\n" in probe.log()
    assert "upload complete: 123\n" not in probe.log()


@pytest.mark.parametrize("leave", [RawClient.close, RawClient.reset, RawClient.half_close])
def test_a_truncated_chunked_upload_raises(server_name: str, probe: ServerProcess, leave: Leave) -> None:
    if server_name == "daphne":
        pytest.skip("daphne calls the application only when it has the whole request")
    begun, broken = probe.log().count("upload begins"), probe.log().count("upload broken")
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Transfer-Encoding", "chunked")])
        client.send_chunk(b"x" * 99)
        probe.wait_for_log("upload begins", count=begun + 1)  # a reset discards what nobody has read
        leave(client)
        probe.wait_for_log("upload broken", count=broken + 1)
    assert "upload complete: 99\n" not in probe.log()


@pytest.mark.parametrize("rest", [b"zz\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5;\r\nhello!!"])
def test_a_malformed_chunk_is_answered_400_and_is_no_upload(
    server_name: str, probe: ServerProcess, rest: bytes
) -> None:
    """The server cannot say where this request ends."""
    uploads = probe.log().count("upload complete")
    with RawClient(probe.address) as client:
        client.send_head("POST", "/upload", [("Transfer-Encoding", "chunked")])
        client.send(b"5\r\nhello\r\n" + rest)
        status = client.read_head().status
    assert probe.log().count("upload complete") == uploads
    if server_name == "granian":
        assert status == 500
        pytest.skip(
            "granian takes it for a client that has left, and answers 500 for an application that returns then, a native ASGI one's too"
        )
    assert status == 400
