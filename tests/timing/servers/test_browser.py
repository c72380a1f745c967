"""Debian's Chromium reads our entries from ``performance.getEntriesByType('navigation')[0].serverTiming``."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.server_process import run_server
from tests.timing.servers.commands import gunicorn, uvicorn

CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")

PAGES = "tests.timing.servers.pages"


def dom_of(url: str, profile: Path) -> str:
    """The page as it stands after its scripts ran."""
    assert CHROMIUM is not None
    shown = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--dump-dom", url,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )  # fmt: skip
    return shown.stdout


@pytest.mark.parametrize(
    ("command", "target"),
    [(uvicorn, f"{PAGES}:asgi_page"), (gunicorn, f"{PAGES}:wsgi_page")],
    ids=["uvicorn", "gunicorn"],
)
def test_names_durations_and_descriptions_arrive_intact(command: Any, target: str, tmp_path: Path) -> None:
    with run_server(lambda address: command(target, address, 1)) as server:
        dom = dom_of(f"{server.url}/", tmp_path / "profile")
    match = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.DOTALL)
    assert match is not None, dom
    assert json.loads(html.unescape(match[1])) == [
        {"name": "own", "duration": 7.5, "description": "from the application"},
        {"name": "app", "duration": 13.395, "description": ""},
        {"name": "db", "duration": 12.345, "description": 'say "hi" \\ back, x; y=1'},
        {"name": "GET__x__id_", "duration": 1, "description": "GET /x/{id}"},
        {
            "name": "django.contrib.auth.middleware.AuthenticationMiddleware",
            "duration": 0.05,
            "description": "",
        },
    ]
