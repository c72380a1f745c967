"""The same request gives the same environ, however it was cut into segments, with and without Expect, on every server."""

from __future__ import annotations

import json
import socket
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.raw_http import RawClient
from tests.helpers.server_process import ServerProcess, serving
from tests.helpers.waiting import until
from tests.servers.conftest import DIFFERENT_SERVERS

for module in ("bottle", "django", "falcon", "flask", "whitenoise"):
    pytest.importorskip(module)

APPS = ("django", "proxy-fix", "whitenoise", "flask", "bottle", "falcon", "plain")

BODIES = {
    "empty": b"",
    "5 bytes": b"abcde",
    "70 kB": bytes(range(256)) * 274,
    "over prebuffer": b"m" * 1_100_000,
}

CUTS = ("one segment", "head alone", "in the middle", "many segments")


@pytest.fixture(scope="module", params=["uvicorn-httptools", *DIFFERENT_SERVERS])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving(request.param, "tests.servers.apps.told:app") as running:
        yield running


def framed(body: bytes, *, chunked: bool) -> tuple[bytes, list[bytes]]:
    """The framing header, and the body in pieces that may be sent apart."""
    size = max(1, len(body) // 5)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    if not chunked:
        return b"Content-Length: %d\r\n" % len(body), pieces
    return b"Transfer-Encoding: chunked\r\n", [
        *(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces),
        b"0\r\n\r\n",
    ]


def segments(head: bytes, pieces: list[bytes], cut: str) -> list[bytes]:
    whole = b"".join(pieces)
    middle = len(whole) // 2
    return {
        "one segment": [head + whole],
        "head alone": [head, whole],
        "in the middle": [head + whole[:middle], whole[middle:]],
        "many segments": [head[:20], head[20:], *pieces],
    }[cut]


def wait_until_read(client: RawClient) -> None:
    """Wait until the server has taken all that was sent: what follows is a segment of its own."""
    (_, ours), (_, theirs) = client.socket.getsockname(), client.socket.getpeername()
    ends = f":{theirs:04X}", f":{ours:04X}"

    def taken() -> bool:
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(ends[0]) and fields[2].endswith(ends[1]):
                return int(fields[4].partition(":")[2], 16) == 0
        return True  # the server has closed the connection

    until(taken)


def told(server: ServerProcess, app: str, body: bytes, *, chunked: bool, cut: str, expect: str) -> Any:
    """What ``app`` says of one request."""
    framing, pieces = framed(body, chunked=chunked)
    expectation = b"" if expect == "none" else b"Expect: 100-continue\r\n"
    head = b"POST /%b HTTP/1.1\r\nHost: shop.example\r\n%b%b\r\n" % (app.encode(), framing, expectation)
    with RawClient(server.address) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if expect == "awaited":
            client.send(head)
            assert client.read_interim().status == 100
            head = b""
        for segment in segments(head, pieces, cut):
            if segment:
                client.send(segment)
                wait_until_read(client)
        response = client.read_response()
    assert response.status == 200, (app, response)
    answer = json.loads(response.body)
    answer["environ"].pop("HTTP_EXPECT", None)
    return answer


@pytest.mark.parametrize("app", APPS)
def test_the_same_request_gives_the_same_environ(
    server: ServerProcess, app: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The environ, and what the framework itself reads of it."""
    requests, differences = 0, []
    for name, body in BODIES.items():
        for chunked in (False, True):
            first = None
            for cut in CUTS:
                for expect in ("none", "not awaited", "awaited"):
                    # With a known length nothing is asked for before the application reads it: Falcon never reads an empty one.
                    if expect == "awaited" and not body:
                        continue
                    found = told(server, app, body, chunked=chunked, cut=cut, expect=expect)
                    requests += 1
                    first = first or found
                    if found != first or (found["read"], found["crc"]) != (len(body), zlib.crc32(body)):
                        differences.append((name, chunked, cut, expect, found))
            assert first is not None
            assert first["environ"]["CONTENT_LENGTH"] == str(len(body))
            assert "HTTP_TRANSFER_ENCODING" not in first["environ"]
    with capsys.disabled():
        sys.stdout.write(f"\n{app}: {requests} requests, {len(differences)} differences ")
    assert differences == []
