"""The mixed Django example: its walk and its checks."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "django_mixed"

STATUS = {"/gone/": 410, "/broken/": 500, "/nowhere/": 404, "/legacy/nowhere": 404, "/live/echo": 101}
SETTINGS = ["config.settings.prod", "config.settings.dev", "config.settings.stock"]
HANDLERS = ["Django's", "bridgekit's"]
NEEDED = ("django", "flask", "gunicorn", "starlette", "uvicorn", "websockets", "whitenoise", "wsproto")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

Hops = dict[str, dict[str, dict[str, tuple[int, str, str, str]]]]
"""By server, handler and path: status, hops counted, hops said, all crossings as text."""

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the example needs {', '.join(MISSING)}")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_walk_works_under_both_servers() -> None:
    """Every URL gives the same answer under uvicorn and gunicorn, with bridgekit's handlers and Django's; then both are counted."""
    done = run("walk.py")
    assert (done.returncode, done.stdout.count("a websocket")) == (0, 6), done.stdout + done.stderr
    counts = re.findall(r"^  /async/ +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
    assert counts[0] == ("14", "2")
    assert len(counts) == 6


@pytest.fixture(scope="module", params=SETTINGS)
def hops(request: pytest.FixtureRequest) -> tuple[str, Hops]:
    """The settings module, and what hops.py tells of it."""
    return request.param, counted_with(request.param)


@functools.cache
def counted_with(settings: str) -> Hops:
    done = run(str(Path(__file__).with_name("hops.py")), settings)
    assert done.returncode == 0, done.stderr
    told: Hops = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("server", ["asgi", "wsgi"])
def test_the_hops_of_every_url_are_those_of_the_checker(
    server: str, handler: str, hops: tuple[str, Hops]
) -> None:
    """Counted in the running project, mounted URLs too, against the facts that were read from source."""
    rows = hops[1][server][handler]
    assert len(rows) == {"asgi": 15, "wsgi": 14}[server]
    for path, (status, counted, said, listed) in rows.items():
        assert (status, counted) == (STATUS.get(path, 200), said), f"{path}: {listed}"


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("server", ["asgi", "wsgi"])
def test_the_number_that_the_checker_prints_is_counted(
    server: str, handler: str, hops: tuple[str, Hops]
) -> None:
    """The lines for people, for a plain view of either kind: ``asgi.py`` makes bridgekit's handler, so its totals are today's."""
    settings, rows = hops[0], hops[1][server][handler]
    printed = run("-m", "bridgekit", "check", ".", "--settings", settings, "--server", server).stdout
    label = "today" if server == "wsgi" or handler == "bridgekit's" else "Django's"
    said = re.search(rf"{label}: +(\d+) hops? with an async view, (\d+) with a sync view", printed)
    assert said is not None, printed
    assert list(said.groups()) == [rows["/async/"][1], rows["/sync/"][1]]


def test_one_line_saves_hops_with_djangos_handler_and_the_handler_saves_more() -> None:
    """The numbers that the line and the handler are for."""
    stock, dev = (counted_with(name)["asgi"] for name in ("config.settings.stock", "config.settings.dev"))
    assert [stock["Django's"]["/async/"][1], dev["Django's"]["/async/"][1]] == ["4", "14"]
    assert dev["bridgekit's"]["/async/"][1] == "2"


@pytest.mark.parametrize("settings", SETTINGS)
def test_manage_py_check_agrees_with_the_checker(settings: str) -> None:
    """Finding by finding: place, id, message and remedy, and nothing more."""
    told = run("manage.py", "check", "--tag", "async_support", "--settings", settings).stderr
    printed = run("-m", "bridgekit", "check", ".", "--settings", settings, "--format", "json").stdout
    findings = json.loads(printed)["findings"]
    expected = [as_django_prints(finding) for finding in findings]
    assert expected
    assert all(text in told for text in expected), told
    assert told.count("(bridgekit.") == len(expected) + ("(bridgekit.I106)" in told), told


def as_django_prints(finding: dict[str, Any]) -> str:
    """`CheckMessage.__str__`."""
    letter = finding["severity"][0].upper().replace("N", "I")
    place = ":".join(str(finding["location"][part]) for part in ("path", "line", "column"))
    hint = f"\n\tHINT: {finding['fix']}" if finding["fix"] else ""
    return f"{place}: (bridgekit.{letter}{finding['code'].removeprefix('BRG')}) {finding['message']}{hint}\n"


def test_production_shows_nothing_to_strangers() -> None:
    """Django's security checks for deployment, with ours, say nothing of Server-Timing; development's settings show it."""
    prod, dev = (
        run("manage.py", "check", "--deploy", "--tag", "security", "--settings", name).stderr
        for name in SETTINGS[:2]
    )
    assert ("bridgekit.W104" in prod, "bridgekit.W104" in dev) == (False, True), prod
