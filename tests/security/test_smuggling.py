"""Which requests an application sees of bytes that can be read in two ways, on ASGI servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.server_process import ServerProcess, serving
from tests.security.asking import exchange, not_the_servers, seen_by_both

for module in ("uvicorn", "hypercorn", "daphne", "granian"):
    pytest.importorskip(module)

SERVERS = ["uvicorn-h11", "uvicorn-httptools", "hypercorn", "daphne", "granian"]


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving(request.param, "tests.security.both_ways:on_asgi") as running:
        yield running


def test_no_request_is_seen_that_the_server_did_not_find(server: ServerProcess) -> None:
    """A WSGI application sees what an ASGI application on the same server sees, or less: never another end of a body."""
    assert not_the_servers(server) == {}
    assert "Traceback" not in server.log()


def test_a_request_with_two_hosts_is_refused(server: ServerProcess) -> None:
    """RFC 9112 3.2; some servers leave it to others."""
    _, bridged = seen_by_both(server, "two hosts")
    assert ["GET", "/first", ""] not in bridged
    data = b"GET /bridge/first HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"
    assert exchange(server, data).startswith(b"HTTP/1.1 400")
