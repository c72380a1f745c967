"""A WSGI application on ASGI servers behind nginx: on a unix socket, below a sub-path."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import pytest

from tests.helpers.nginx import MOUNT, nginx_before
from tests.helpers.raw_http import RawClient, request
from tests.helpers.server_process import ServerProcess, serving

BODY = b"0123456789" * 200_000
OPTIONS = {"uvicorn-h11": ["--root-path", MOUNT], "hypercorn": ["--root-path", MOUNT]}


@pytest.fixture(scope="module", params=OPTIONS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def server(name: str) -> Iterator[ServerProcess]:
    with serving(name, "tests.servers.apps.probe:app", options=OPTIONS[name], unix_socket=True) as started:
        yield started


@pytest.fixture(scope="module")
def front(
    name: str, server: ServerProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    with nginx_before(server, tmp_path_factory.mktemp("nginx"), strips=name.startswith("uvicorn")) as started:
        yield started


def test_behind_nginx_the_sub_path_is_the_script_name(name: str, front: ServerProcess) -> None:
    environ = json.loads(request(front.address, "GET", f"{MOUNT}/environ?a=%20b").body)
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"], environ["QUERY_STRING"]) == (
        MOUNT,
        "/environ",
        "a=%20b",
    )
    assert environ["SERVER_NAME"]
    assert environ["SERVER_PORT"].isdigit()


@pytest.mark.parametrize("chunked", [False, True])
def test_behind_nginx_uploads_arrive(name: str, chunked: bool, front: ServerProcess) -> None:
    with RawClient(front.address) as client:
        framing = ("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(BODY)))
        client.send_head("POST", f"{MOUNT}/upload", [framing])
        for start in range(0, len(BODY), 500_000):
            piece = BODY[start : start + 500_000]
            (client.send_chunk if chunked else client.send)(piece)
        if chunked:
            client.send_chunk(b"")
        assert client.read_response().text == f"{len(BODY)} {hashlib.sha256(BODY).hexdigest()}"


def test_behind_nginx_downloads_arrive(name: str, front: ServerProcess) -> None:
    assert request(front.address, "GET", f"{MOUNT}/download?size=3000000").body == b"x" * 3_000_000


def test_behind_nginx_a_client_that_leaves_ends_its_stream(
    name: str, front: ServerProcess, server: ServerProcess
) -> None:
    with RawClient(front.address) as client:
        client.send_head("GET", f"{MOUNT}/endless?name=behind-{name}")
        assert client.read_head().status == 200
    server.wait_for_log(f"endless behind-{name} closed")
