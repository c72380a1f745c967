"""An ASGI application on WSGI servers behind nginx: on a unix socket, below a sub-path."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.helpers.nginx import MOUNT, nginx_before
from tests.helpers.raw_http import RawClient, request
from tests.helpers.server_process import ServerProcess
from tests.helpers.wsgi_servers import serving_wsgi

OPTIONS: dict[str, tuple[list[str], dict[str, str]]] = {
    "gunicorn-gthread": ([], {"SCRIPT_NAME": MOUNT}),
    "waitress": (["--url-prefix", MOUNT], {}),
}


@pytest.fixture(scope="module", params=OPTIONS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def server(name: str) -> Iterator[ServerProcess]:
    options, env = OPTIONS[name]
    with serving_wsgi(
        name, "tests.servers.apps.mounted_asgi:app", options=options, env=env, unix_socket=True
    ) as started:
        yield started


@pytest.fixture(scope="module")
def front(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with nginx_before(server, tmp_path_factory.mktemp("nginx")) as started:
        yield started


def test_behind_nginx_the_sub_path_is_the_root_path(name: str, front: ServerProcess) -> None:
    shown = json.loads(request(front.address, "GET", f"{MOUNT}/show?a=%20b").body)
    assert (shown["root_path"], shown["path"], shown["query"]) == (MOUNT, "/show", "a=%20b")


@pytest.mark.parametrize("chunked", [False, True])
def test_behind_nginx_bodies_are_counted(name: str, chunked: bool, front: ServerProcess) -> None:
    body = b"x" * 500_000
    with RawClient(front.address) as client:
        framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(4 * len(body)))
        client.send_head("POST", f"{MOUNT}/count", [framing])
        for _ in range(4):
            (client.send_chunk if chunked else client.send)(body)
        if chunked:
            client.send_chunk(b"")
        assert client.read_response().text == "2000000"


def test_behind_nginx_events_come_one_by_one(name: str, front: ServerProcess) -> None:
    with RawClient(front.address) as client:
        client.send_head("GET", f"{MOUNT}/events")
        pieces = list(client.iter_body(client.read_head()))
    assert b"".join(pieces) == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"
    assert len(pieces) > 1


def test_behind_nginx_downloads_of_an_asgi_application(name: str, front: ServerProcess) -> None:
    assert len(request(front.address, "GET", f"{MOUNT}/download?3").body) == 3 << 20
