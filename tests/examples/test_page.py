"""The mixed Django example's page, in a real browser, from real servers."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.browser import CHROMIUM, Page, open_page
from tests.helpers.raw_http import Address
from tests.helpers.server_process import ServerProcess, python_m, run_server

EXAMPLE = Path(__file__).parents[2] / "examples" / "django_mixed"
NEEDED = ("django", "flask", "gunicorn", "starlette", "uvicorn", "websockets", "whitenoise", "wsproto")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"the example needs {', '.join(MISSING)}"),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"),
]


def uvicorn(address: Address) -> list[str]:
    return [*python_m("uvicorn"), "--port", str(address[1]), "config.asgi:application"]


def gunicorn(address: Address) -> list[str]:
    bind = f"127.0.0.1:{address[1]}"
    return [*python_m("gunicorn"), "--threads", "4", "--bind", bind, "config.wsgi:application"]


SERVERS = {"uvicorn": (uvicorn, "ASGI"), "gunicorn": (gunicorn, "WSGI")}
MIDDLEWARE = [
    "AsyncOnlyMiddleware", "SecurityMiddleware", "WhiteNoiseMiddleware", "SessionMiddleware", "CommonMiddleware",
    "CsrfViewMiddleware", "AuthenticationMiddleware", "MessageMiddleware", "XFrameOptionsMiddleware", "hybrid_middleware",
]  # fmt: skip
LAST = {
    "config.settings.stock": ["SingleHopMiddleware", "view"],
    "config.settings.prod": ["view"],
    "config.settings.dev": ["view"],
}

ROWS = """[...document.querySelectorAll("#seen tbody tr")].map(row => [...row.cells].map(cell => cell.textContent))"""
# What the browser reads from Server-Timing comes after the answers themselves: look again whenever the page changes.
TIMED_ROWS = """new Promise(resolve => {
  const missing = () => [...document.querySelectorAll("#seen tbody tr")]
    .some(row => !/^.(legacy|live|events)/.test(row.dataset.path) && !row.cells[4].textContent);
  const look = () => missing() || resolve(true);
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
})"""


@pytest.fixture(params=SERVERS)
def server_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=LAST)
def settings(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(server_name: str, settings: str) -> Iterator[ServerProcess]:
    command: Callable[[Address], list[str]] = SERVERS[server_name][0]
    with run_server(command, cwd=EXAMPLE, env={"DJANGO_SETTINGS_MODULE": settings}) as running:
        yield running


@pytest.fixture
def page(server: ServerProcess, tmp_path: Path) -> Iterator[Page]:
    with open_page(tmp_path / "profile") as opened:
        opened.command("Runtime.enable")
        opened.go(f"{server.url}/")
        yield opened


def test_every_row_is_what_it_should_be(page: Page, server_name: str, settings: str) -> None:
    """fetch, a stream, EventSource, an upload, WebSocket, mounted applications and Server-Timing, as a browser has them."""
    assert page.evaluate("walked") == 0, page.evaluate(ROWS)
    assert page.evaluate(TIMED_ROWS)
    keep(page, f"{server_name}-{settings}.png")

    rows = {url: (mark, answer, took) for mark, url, _, answer, took in page.evaluate(ROWS)}
    assert len(rows) == 14
    assert {mark for mark, _, _ in rows.values()} == {"✓"}
    assert all(answer for _, answer, _ in rows.values()), rows
    assert rows["/live/echo"][1] == "echo hello"
    assert rows["/events/"][1] == "tick 0, tick 1, tick 2"
    assert re.fullmatch(r"\d+(\.\d+)? ms", rows["/sync/"][2]), rows
    assert page.evaluate("document.getElementById('interface').textContent") == SERVERS[server_name][1]
    assert page.evaluate("document.getElementById('state').textContent") == "all 14 as they should be"

    names = page.evaluate("[...document.querySelectorAll('#layers td.name')].map(cell => cell.textContent)")
    assert names == [*MIDDLEWARE, *LAST[settings]]
    assert [e["params"] for e in page.events if e.get("method") == "Runtime.exceptionThrown"] == []


def test_the_browser_reads_of_server_timing_what_was_sent(page: Page) -> None:
    """Names and durations in the order of the header of the page itself; no entry is lost or cut."""
    sent = header_of_page(page)
    seen = page.evaluate(
        "performance.getEntriesByType('navigation')[0].serverTiming.map(entry => [entry.name, entry.duration])"
    )
    assert [f"{name};dur={duration:.3f}" for name, duration in seen] == sent.split(", ")
    assert seen[0][0] == "app"
    assert sum(duration for _, duration in seen[1:]) <= seen[0][1]


def header_of_page(page: Page) -> str:
    """The text of the document's Server-Timing header, as the browser's network layer got it."""
    answers: list[dict[str, Any]] = [
        event["params"] for event in page.events if event.get("method") == "Network.responseReceived"
    ]
    (headers,) = [answer["response"]["headers"] for answer in answers if answer["type"] == "Document"]
    (value,) = [text for name, text in headers.items() if name.lower() == "server-timing"]
    return str(value)


def keep(page: Page, name: str) -> None:
    """Leave a picture for people where they ask for it."""
    folder = os.environ.get("BRIDGEKIT_SCREENSHOTS")
    if folder:
        (Path(folder) / name).write_bytes(page.screenshot())
