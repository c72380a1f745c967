"""``manage.py runserver``, Django's and daphne's, and what stands around the handler: static files, WhiteNoise, Channels."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.helpers.server_process import ROOT, ServerProcess, python_m, run_server, serving

LIBRARY = "tests.django.library"
SETTINGS = ("--settings", f"{LIBRARY}.settings")
WAYS = {
    "wsgi": "",
    "whitenoise": "whitenoise",
    "daphne": "daphne",
    "daphne-whitenoise": "daphne whitenoise",
    "daphne-channels": "daphne channels",
    "uvicorn-static": "",
}
"""How the project is served, and what ``LIBRARY_WITH`` says then."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    if importlib.util.find_spec("django") is None:
        pytest.skip("needs django")
    file = tmp_path_factory.mktemp("library") / "db.sqlite3"
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", *SETTINGS, "--verbosity", "0"],
        cwd=ROOT,
        env={**os.environ, "LIBRARY_DATABASE": str(file)},
        timeout=120,
        check=True,
    )
    return str(file)


@pytest.fixture(scope="module", params=["django", "bridgekit"])
def handlers(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    missing = [name for name in WAYS[request.param].split() if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def server(way: str, handlers: str, database: str) -> Iterator[ServerProcess]:
    env = {"LIBRARY_HANDLERS": handlers, "LIBRARY_DATABASE": database, "LIBRARY_WITH": WAYS[way]}
    if way == "uvicorn-static":
        with serving("uvicorn", f"{LIBRARY}.static_asgi:application", env=env) as running:
            yield running
        return
    with run_server(
        lambda address: [
            *python_m("django"), "runserver", "--noreload", f"127.0.0.1:{address[1]}", *SETTINGS,
        ],
        env=env,
    ) as running:  # fmt: skip
        yield running


@pytest.fixture
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as browser:
        yield browser


def test_the_server_is_the_one_that_is_meant(server: ServerProcess, client: httpx.Client, way: str) -> None:
    asgi = way.startswith(("daphne", "uvicorn"))
    assert client.get("/protocol/").text == ("asgi ASGIRequest" if asgi else "wsgi WSGIRequest")
    if way.startswith("daphne"):
        server.wait_for_log("Starting ASGI/Daphne")


@pytest.mark.parametrize("file", ["library.css", "admin/css/base.css"])
def test_static_files_are_served(client: httpx.Client, file: str) -> None:
    """Of the project's own folder, and of an application."""
    answer = client.get(f"/static/{file}")
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "text/css")
    if file == "library.css":
        assert answer.content == (ROOT / "tests/django/library/static/library.css").read_bytes()
        seen = {"If-Modified-Since": answer.headers["Last-Modified"]}
        assert client.get(f"/static/{file}", headers=seen).status_code == 304


def test_what_is_no_static_file_is_not_found(client: httpx.Client) -> None:
    for url in ("/static/missing.css", "/static/", "/nowhere/"):
        assert client.get(url).status_code == 404, url


def test_views_of_both_kinds_ask_the_database(client: httpx.Client, way: str, handlers: str) -> None:
    name = f"{way}-{handlers}"
    assert name in client.get("/adds/", params={"name": name}).text
    for view in ("sync", "an_async", "calls_async", "gathers", "streams"):
        assert name in client.get(f"/{view}/").text, view
    assert client.get("/user/").text == "AnonymousUser"


def test_the_admin_is_shown(client: httpx.Client) -> None:
    """Its templates, sessions, the CSRF cookie and messages go through all layers."""
    answer = client.get("/admin/", follow_redirects=True)
    assert (answer.status_code, "csrftoken" in client.cookies) == (200, True)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"], "username": "x", "password": "y"}
    refused = client.post(str(answer.url), data=token)
    assert "Please enter the correct username and password" in refused.text.replace("\n", " ")
    assert client.post(str(answer.url), data={"username": "x"}).status_code == 403


def test_a_websocket_is_answered_beside_it(server: ServerProcess, way: str) -> None:
    """Channels' router gives the handler what is HTTP."""
    if way != "daphne-channels":
        return
    connect = pytest.importorskip("websockets.sync.client").connect
    with connect(f"{server.url.replace('http', 'ws', 1)}/echo/", proxy=None) as socket:
        socket.send("hello")
        assert socket.recv(timeout=20) == "heard hello"
