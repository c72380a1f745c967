"""What a hostile client can make of requests and responses of a WSGI application on ASGI servers."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.helpers import raw_http
from tests.helpers.server_process import ServerProcess, serving
from tests.security.asking import exchange, injections, not_the_servers, seen_by_both

for module in ("uvicorn", "hypercorn", "daphne", "granian"):
    pytest.importorskip(module)

SERVERS = ["uvicorn-h11", "uvicorn-httptools", "hypercorn", "daphne", "granian"]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving(request.param, "tests.security.both_ways:on_asgi") as running:
        yield running


def test_no_request_is_seen_that_the_server_did_not_find(server: ServerProcess) -> None:
    """A WSGI application sees what an ASGI application on the same server sees, or less: never another end of a body."""
    before = len(server.log())  # the server is that of all tests here, in any order
    assert not_the_servers(server) == {}
    assert "Traceback" not in server.log()[before:]


def test_a_request_with_two_hosts_is_refused(server: ServerProcess) -> None:
    """RFC 9112 3.2; some servers leave it to others."""
    _, bridged = seen_by_both(server, "two hosts")
    assert ["GET", "/first", ""] not in bridged
    data = b"GET /bridge/first HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"
    assert exchange(server, data).startswith(b"HTTP/1.1 400")


def test_nothing_that_a_client_says_becomes_a_line_of_a_response(server: ServerProcess) -> None:
    assert injections(server, ("status", "name", "value", "cookie", "length")) == {}


FORGED = [
    ("X-User", "alice"), ("X_User", "mallory"), ("Proxy", "http://evil.example"), ("Content_Type", "text/evil"),
    ("Transfer_Encoding", "chunked"), ("X-Kept", "1"), ("Connection", "close, X-Kept, X-User"), ("Keep-Alive", "1"), ("TE", "trailers"),
]  # fmt: skip


def test_no_header_poses_as_another(server: ServerProcess) -> None:
    """Neither by an underscore, nor as a variable of CGI's; and one that Connection names is there, or no proxy could rely on it."""
    target = "/bridge/headers"
    with raw_http.RawClient(server.address) as client:
        client.send_head("GET", target, FORGED)
        environ = json.loads(client.read_response().body)
    assert environ["HTTP_X_USER"] == "alice"
    assert environ["HTTP_X_KEPT"] == "1"
    assert not {"HTTP_PROXY", "HTTP_CONTENT_TYPE", "HTTP_TRANSFER_ENCODING"} & set(environ)
