"""Trac, a large WSGI application that knows nothing of ASGI: wiki, tickets, attachments, static files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.helpers.server_process import ServerProcess, serving

pytest.importorskip("trac")


@pytest.fixture(scope="session")
def trac_env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new Trac in which everybody may do everything."""
    folder = tmp_path_factory.mktemp("trac") / "env"
    admin = [sys.executable, "-W", "ignore", "-m", "trac.admin.console", str(folder)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDEVMODE"}
    for arguments in (
        ["initenv", "shop", "sqlite:db/trac.db"],
        ["permission", "add", "anonymous", "TRAC_ADMIN"],
    ):
        subprocess.run([*admin, *arguments], check=True, capture_output=True, env=environment, timeout=120)
    return folder


@pytest.fixture(scope="module")
def server(different_server: str, trac_env: Path) -> Iterator[ServerProcess]:
    with serving(
        different_server, "tests.servers.apps.trac_app:app", env={"TRAC_ENV": str(trac_env)}
    ) as running:
        yield running


@pytest.fixture
def client(server: ServerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60, follow_redirects=True, trust_env=False) as opened:
        yield opened


def form_token(client: httpx.Client) -> dict[str, str]:
    """Trac's protection against forged requests: a cookie, and the same in the form."""
    client.get("/newticket").raise_for_status()
    return {"__FORM_TOKEN": client.cookies["trac_form_token"]}


def new_ticket(client: httpx.Client, summary: str) -> str:
    fields = {"field_summary": summary, "field_type": "defect", "submit": "Create ticket", "author": "ada"}
    response = client.post("/newticket", data=form_token(client) | fields).raise_for_status()
    found = re.search(r"/ticket/(\d+)", str(response.url))
    assert found is not None, response.text
    return found[1]


def test_the_wiki_is_shown(client: httpx.Client) -> None:
    assert "Welcome to Trac" in client.get("/").raise_for_status().text


def test_a_ticket_is_created_and_shown(client: httpx.Client) -> None:
    number = new_ticket(client, "Grüße aus dem Testlauf")
    assert "Grüße aus dem Testlauf" in client.get(f"/ticket/{number}").raise_for_status().text


def test_an_attachment_comes_back_as_it_went(client: httpx.Client) -> None:
    number, content = new_ticket(client, "with an attachment"), os.urandom(200_000)
    response = client.post(
        f"/attachment/ticket/{number}/",
        data=form_token(client) | {"action": "new", "description": "noise"},
        files={"attachment": ("noise.bin", content)},
    )
    response.raise_for_status()
    assert client.get(f"/raw-attachment/ticket/{number}/noise.bin").raise_for_status().content == content


def test_a_static_file_is_sent_once(client: httpx.Client) -> None:
    """Trac returns its files through `wsgi.file_wrapper`."""
    response = client.get("/chrome/common/css/trac.css").raise_for_status()
    assert int(response.headers["content-length"]) == len(response.content) > 10_000
    again = client.get(
        "/chrome/common/css/trac.css", headers={"If-Modified-Since": response.headers["last-modified"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_a_missing_page_is_a_404(client: httpx.Client) -> None:
    assert client.get("/ticket/999999").status_code == 404
