"""Flask, Django's WSGI handler and Bottle on every server, driven by httpx as their users would."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.raw_http import RawClient
from tests.helpers.server_process import ServerProcess, serving

django_only = pytest.mark.parametrize("framework", ["django"], indirect=True)
sessions = pytest.mark.parametrize("framework", ["django", "flask"], indirect=True)
stamped = pytest.mark.parametrize(
    "framework", ["bottle", "flask"], indirect=True
)  # Django's FileResponse is not

LINES = "".join(f"{number} blue\n" for number in range(200))


@pytest.fixture(scope="module", params=["flask", "django", "bottle"])
def framework(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    pytest.importorskip(name)
    return name


@pytest.fixture(scope="module")
def server(different_server: str, framework: str, probe_file: Path) -> Iterator[ServerProcess]:
    env = {"PROBE_FILE": str(probe_file)}
    with serving(different_server, f"tests.servers.apps.{framework}_app:app", env=env) as running:
        yield running


@pytest.fixture
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30, follow_redirects=True, trust_env=False) as opened:
        yield opened


def csrf(client: httpx.Client, framework: str) -> dict[str, str]:
    return {"X-CSRFToken": client.get("/token").text} if framework == "django" else {}


@sessions
def test_a_form_and_a_session(client: httpx.Client, framework: str) -> None:
    client.post("/login", data={"user": "ada"}, headers=csrf(client, framework)).raise_for_status()
    assert client.get("/whoami").text == "you are ada"


@sessions
def test_async_views_share_what_is_bound_to_their_loop(
    server: ServerProcess, different_server: str, framework: str
) -> None:
    """They run on the server's loop. asgiref can run them on asyncio alone: on trio each has a loop of its own."""
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as client:
        answers = [client.get("/turn") for _ in range(4)]
    if different_server == "hypercorn-trio":
        assert [answer.status_code for answer in answers[:2]] == [200, 500]
        assert server.log().count("For the server's loop in async views, serve on asyncio.") == 1
    else:
        assert [answer.text for answer in answers] == ["turn 1"] * 4


@django_only
def test_a_form_without_its_token_is_refused(client: httpx.Client, framework: str) -> None:
    assert client.post("/login", data={"user": "ada"}).status_code == 403


def test_a_multipart_upload_arrives_whole(client: httpx.Client, framework: str) -> None:
    content = bytes(range(256)) * 20_000
    response = client.post(
        "/files", files={"file": ("caf\xe9.bin", content)}, headers=csrf(client, framework)
    )
    assert response.json() == {"name": "caf\xe9.bin", "digest": hashlib.sha256(content).hexdigest()}


def test_a_chunked_upload_arrives_whole(client: httpx.Client, framework: str) -> None:
    """Without a Content-Length Flask reads nothing unless the input is terminated, Django unless it is set."""
    pieces = (b"x" * 1000 for _ in range(50))
    response = client.post("/raw", content=pieces, headers=csrf(client, framework))
    assert response.json() == {"length": 50_000}


def test_a_small_chunked_upload_arrives_whole(client: httpx.Client, framework: str) -> None:
    response = client.post("/raw", content=iter([b"abc"]), headers=csrf(client, framework))
    assert response.json() == {"length": 3}


@django_only
def test_django_iterates_over_the_lines_of_a_request(client: httpx.Client, framework: str) -> None:
    response = client.post("/lines", content=b"a\nbcd\n\nlast", headers=csrf(client, framework))
    assert response.json() == [2, 4, 1, 4]


def test_a_stream_arrives_in_order(client: httpx.Client) -> None:
    assert client.get("/stream", params={"tag": "blue"}).text == LINES


def test_a_file_response_arrives_whole(client: httpx.Client, probe_file: Path) -> None:
    assert client.get("/file", headers={"Accept-Encoding": "identity"}).content == probe_file.read_bytes()


@stamped
def test_a_file_that_was_not_modified_is_304(client: httpx.Client, framework: str) -> None:
    stamp = client.get("/file").headers["last-modified"]
    response = client.get("/file", headers={"If-Modified-Since": stamp})
    assert (response.status_code, response.content) == (304, b"")


@stamped
def test_a_part_of_a_file(client: httpx.Client, probe_file: Path, framework: str) -> None:
    """Flask's range response seeks in the file: what the file wrapper sends starts and ends there."""
    response = client.get("/file", headers={"Range": "bytes=1000001-1000100"})
    assert (response.status_code, response.content) == (206, probe_file.read_bytes()[1_000_001:1_000_101])


def test_an_error_is_answered_by_the_framework_and_logged(
    client: httpx.Client, server: ServerProcess, framework: str
) -> None:
    response = client.get("/fail")
    assert response.status_code == (503 if framework == "flask" else 500)
    if framework == "flask":
        assert response.text == "sorry: the view failed"
    else:
        server.wait_for_log("the view failed")


@django_only
def test_djangos_debug_page_shows_no_secret(client: httpx.Client, framework: str) -> None:
    """It prints the environ, in which the ASGI scope has the Cookie and the Authorization header once more."""
    headers = {"Cookie": "sessionid=s3cr3t-cookie", "Authorization": "Bearer s3cr3t-token"}
    page = client.get("/fail", headers=headers).text
    assert "<td>asgi.scope</td>" in page
    assert "<td>HTTP_AUTHORIZATION</td>" in page
    assert "s3cr3t" not in page


@django_only
def test_django_learns_that_its_request_is_finished(server: ServerProcess, framework: str) -> None:
    """Also when the client leaves in mid-stream: Django returns its database connections on this signal."""
    before = server.log().count("request_finished")
    with RawClient(server.address) as client:
        client.send_head("GET", "/file")
        client.read_head()
    server.wait_for_log("request_finished", count=before + 1)
