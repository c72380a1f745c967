"""`WSGIInput`: how much body a request has, how it is read, and by whom."""

from __future__ import annotations

import io
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from bridgekit.adapters.asgi_to_wsgi.request_body import (
    FIRST_READ,
    InputMissing,
    LengthRequired,
    Reader,
    WSGIInput,
)
from bridgekit.exceptions import ServerProtocolError
from tests.helpers.loosely import loosely

WAIT = 10.0


class Blocking:
    """An input that has `read` only, as PEP 3333 asks, and notes what it was asked for."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)
        self.asked: list[int] = []

    def read(self, size: int) -> bytes:
        self.asked.append(size)
        return self.data.read(size)


def reading(stream: Any, length: str | None, size: int = 65536, **extra: Any) -> WSGIInput:
    environ = {"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": stream, "CONTENT_LENGTH": length, **extra}
    return WSGIInput({key: value for key, value in environ.items() if value is not None}, size)


def pieces(body: WSGIInput) -> list[bytes]:
    """What `read` gives until the end, or until the client has left."""
    found = []
    while not body.ended:
        found.append(body.read())
        if not found[-1]:
            break
    return found


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


# How much there is


@pytest.mark.parametrize("length", [None, "", " ", "0", "00"])
def test_without_a_length_there_is_no_body(length: str | None) -> None:
    """RFC 9112 6.3; an empty CONTENT_LENGTH is none (PEP 3333: variables may be empty). Nothing is read."""
    assert reading(object(), length).ended


def test_nothing_is_read_beyond_the_declared_length() -> None:
    """PEP 3333: the bytes after it are the connection's next request."""
    stream = Blocking(b"x" * 10_000 + b"GET / HTTP/1.1")
    assert b"".join(pieces(reading(stream, "10000"))) == b"x" * 10_000
    assert sum(stream.asked) == 10_000


def test_a_body_that_ends_early_has_not_ended() -> None:
    body = reading(io.BytesIO(b"x" * 400), "1000")
    assert pieces(body) == [b"x" * 400, b""]
    assert not body.ended


def test_a_body_that_the_server_terminates_ends_in_an_empty_piece() -> None:
    extra: dict[str, Any] = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "Chunked"}
    body = reading(io.BytesIO(b"x" * 400), None, **extra)
    assert pieces(body) == [b"x" * 400, b""]
    assert body.ended


def test_a_request_of_http_2_may_have_a_body_without_saying_so() -> None:
    """RFC 9113 8.1: there is no Transfer-Encoding, and Content-Length is optional."""
    body = reading(
        io.BytesIO(b"abc"), None, **loosely({"SERVER_PROTOCOL": "HTTP/2.0", "wsgi.input_terminated": True})
    )
    assert pieces(body) == [b"abc", b""]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_an_input_that_is_terminated_is_read_without_a_length(method: str) -> None:
    """Middleware that unpacks a body leaves no length that is true, and no Transfer-Encoding either."""
    extra: dict[str, Any] = {"wsgi.input_terminated": True, "REQUEST_METHOD": method}
    body = reading(Blocking(b"x" * 400), None, **extra)
    assert pieces(body) == [b"x" * 400, b""]
    assert body.ended


def test_a_body_in_memory_is_read_whatever_the_method() -> None:
    extra: dict[str, Any] = {"wsgi.input_terminated": True, "REQUEST_METHOD": "GET"}
    assert pieces(reading(io.BytesIO(b"abc"), None, **extra)) == [b"abc", b""]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_a_servers_input_is_not_read_for_requests_that_announce_no_body(method: str) -> None:
    """gunicorn and waitress say of every input that it is terminated; a read in a thread for each GET would cost dearly."""
    extra: dict[str, Any] = {"wsgi.input_terminated": True, "REQUEST_METHOD": method}
    stream = Blocking(b"")
    assert reading(stream, None, **extra).ended
    assert stream.asked == []


def test_an_input_that_nobody_terminates_is_not_read_without_a_length() -> None:
    """It would wait for ever, or take the next request for a body."""
    assert reading(Blocking(b"GET / HTTP/1.1"), None, REQUEST_METHOD="POST").ended


def test_transfer_encoding_overrides_a_length_beside_it() -> None:
    """RFC 9112 6.3. Where the server does not terminate the input, it has taken off the coding and knows the length."""
    both: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    assert pieces(reading(io.BytesIO(b"hello"), "2", **both)) == [b"hello", b""]
    assert pieces(reading(io.BytesIO(b"hello"), "5", HTTP_TRANSFER_ENCODING="chunked")) == [b"hello"]


def test_a_chunked_body_whose_end_nobody_tells_is_refused() -> None:
    with pytest.raises(LengthRequired, match=r"wsgi\.input_terminated"):
        reading(io.BytesIO(b"abc"), None, HTTP_TRANSFER_ENCODING="gzip, chunked")


@pytest.mark.parametrize(
    "length",
    ["1x", "-1", "+1", "1.0", "1_000", "\u0661", "1,1", "\x0b5", "5\x1f", "\xa05", "9" * 20, "9" * 5000],
)
def test_a_length_that_is_none_is_refused(length: str) -> None:
    """RFC 9110 8.6: digits alone. Python would read some of these, take some characters for blanks that are none in HTTP, and
    give up on the last with its own error.
    """
    with pytest.raises(ServerProtocolError, match="CONTENT_LENGTH is not a number"):
        reading(io.BytesIO(), length)


@pytest.mark.parametrize("extra", [{"CONTENT_LENGTH": "5"}, {"HTTP_TRANSFER_ENCODING": "chunked"}])
def test_a_body_without_an_input_is_the_servers_fault(extra: dict[str, str]) -> None:
    """PEP 3333, "environ Variables": ``wsgi.input`` must be there. An empty body would lose what was sent."""
    with pytest.raises(InputMissing, match=r"no wsgi\.input"):
        WSGIInput({"wsgi.input_terminated": True, **extra}, 100)


def test_without_a_body_nobody_misses_the_input() -> None:
    assert WSGIInput({"CONTENT_LENGTH": "0"}, 100).ended


# How it is read


def test_reads_that_wait_for_all_they_ask_for_begin_small() -> None:
    """The application waits as long as such a read does."""
    stream = Blocking(b"x" * 50_000)
    pieces(reading(stream, "50000", size=16_384))
    assert stream.asked == [FIRST_READ, 8192, 16_384, 16_384, 50_000 - 45_056]


@pytest.mark.parametrize("buffering", [0, 8192])
def test_what_has_arrived_is_not_held_back(pipe: tuple[int, int], buffering: int) -> None:
    """Raw and buffered files can tell what there is; the rest of the body is still to come."""
    receiving, sending = pipe
    with open(receiving, "rb", buffering, closefd=False) as stream:
        body = reading(stream, "6")
        os.write(sending, b"abc")
        assert body.read() == b"abc"
        assert not body.ended
        os.write(sending, b"def")
        assert body.read() == b"def"
        assert body.ended


@pytest.mark.parametrize(
    ("stream", "reader"),
    [
        (io.BytesIO(b"abc"), Reader.LOOP),
        (io.BufferedReader(io.BytesIO(b"abc")), Reader.HELPER),
        (Blocking(b"abc"), Reader.HELPER),
        (memoryview(b"abc"), Reader.REQUEST),  # a type written in C, as mod_wsgi's and uWSGI's inputs are
    ],
)
def test_the_streams_kind_decides_which_thread_reads(stream: Any, reader: Reader) -> None:
    assert reading(stream, "3").reader is reader


# Ending a read from another thread


def test_a_waiting_read_is_ended_through_the_servers_socket() -> None:
    client, server = socket.socketpair()
    with client, server, server.makefile("rb") as stream:
        body = reading(stream, "10", **loosely({"gunicorn.socket": server}))
        client.sendall(b"abc")
        assert body.read() == b"abc"
        found: list[bytes] = []
        thread = threading.Thread(target=lambda: found.append(body.read()))
        thread.start()
        assert body.interrupt()
        thread.join(WAIT)
        assert found == [b""]
        server.sendall(b"413")  # the other direction stays open
        assert client.recv(3) == b"413"


def test_a_read_cannot_be_ended_where_the_server_keeps_its_socket() -> None:
    assert not reading(Blocking(b"x"), "1").interrupt()


def test_ending_a_read_of_a_client_that_has_left_is_no_error() -> None:
    client, server = socket.socketpair()
    client.close()
    server.close()
    assert not reading(Blocking(b"x"), "1", **loosely({"werkzeug.socket": server})).interrupt()


def tls_pair() -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """Client's and server's end of an encrypted connection. Anonymous key exchange needs no certificate."""
    contexts = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)]
    contexts[0].check_hostname = False
    contexts[0].verify_mode = ssl.CERT_NONE
    for context in contexts:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AECDH-AES256-SHA:@SECLEVEL=0")
    ends = socket.socketpair()
    made: list[ssl.SSLSocket] = []
    server = threading.Thread(target=lambda: made.append(contexts[1].wrap_socket(ends[1], server_side=True)))
    server.start()
    client = contexts[0].wrap_socket(ends[0])
    server.join(WAIT)
    for end in (client, made[0]):
        end.settimeout(WAIT)
    return client, made[0]


def test_ending_a_read_leaves_the_response_encrypted() -> None:
    """`ssl.SSLSocket.shutdown` would drop the encryption, and the rest of the response leave in plain text."""
    client, server = tls_pair()
    with client, server:
        assert reading(Blocking(b"x"), "1", **loosely({"gunicorn.socket": server})).interrupt()
        server.sendall(b"413")
        assert client.recv(3) == b"413"
