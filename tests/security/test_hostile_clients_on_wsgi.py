"""What a hostile client can make of requests and responses of an ASGI application on WSGI servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.helpers.server_process import ServerProcess
from tests.helpers.wsgi_servers import serving_wsgi
from tests.security.asking import injections, not_the_servers

pytest.importorskip("gunicorn")

SERVERS = ["gunicorn-gthread", "gunicorn-gevent", "waitress", "cheroot", "wsgiref", "uwsgi", "apache"]
"""Without werkzeug's, which says itself that its reader of chunks is not for hostile clients."""


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    with serving_wsgi(request.param, "tests.security.both_ways:on_wsgi") as running:
        yield running


def test_no_request_is_seen_that_the_server_did_not_find(server: ServerProcess) -> None:
    """An ASGI application sees what a WSGI application on the same server sees, or less: never another end of a body."""
    assert not_the_servers(server) == {}


def test_nothing_that_a_client_says_becomes_a_line_of_a_response(server: ServerProcess) -> None:
    assert injections(server, ("name", "value", "cookie", "length")) == {}
