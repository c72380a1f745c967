"""The mixed Django example: its walk and its checks."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "django_mixed"

STATUS = {"/gone/": 410, "/broken/": 500, "/nowhere/": 404}
SETTINGS = ["config.settings.prod", "config.settings.dev"]
NEEDED = ("django", "flask", "gunicorn", "starlette", "uvicorn", "websockets", "whitenoise", "wsproto")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"the example needs {', '.join(MISSING)}")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=EXAMPLE, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_walk_works_under_both_servers() -> None:
    """Every URL gives the same answer under uvicorn and gunicorn."""
    done = run("walk.py")
    assert (done.returncode, done.stdout.count("a websocket")) == (0, 2), done.stdout + done.stderr


@pytest.mark.parametrize("settings", SETTINGS)
def test_the_hops_of_every_url_are_those_of_the_checker(settings: str) -> None:
    """Counted in the running project against the facts that were read from source; plain ones stand in the report."""
    done = run(str(Path(__file__).with_name("hops.py")), settings)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    for path, (status, counted, said, listed) in rows.items():
        assert (status, str(counted)) == (STATUS.get(path, 200), said), f"{path}: {listed}"
    printed = run("-m", "bridgekit", "check", ".", "--settings", settings).stdout
    assert (
        f"today: {rows['/async/'][1]} hops with an async view, {rows['/sync/'][1]} with a sync view"
        in printed
    )


def test_the_last_line_of_production_saves_hops() -> None:
    """The number that the one line is for."""
    dev, prod = (
        json.loads(run(str(Path(__file__).with_name("hops.py")), name).stdout) for name in reversed(SETTINGS)
    )
    assert prod["/async/"][1] < dev["/async/"][1]


def test_manage_py_check_agrees_with_the_checker() -> None:
    """Finding by finding: id and message."""
    told = run("manage.py", "check", "--tag", "async_support").stderr
    report = json.loads(
        run("-m", "bridgekit", "check", ".", "--settings", "config.settings.dev", "--format", "json").stdout
    )
    expected = sorted(
        f"(bridgekit.{f['severity'][0].upper().replace('N', 'I')}{f['code'][3:]}) {f['message']}"
        for f in report["findings"]
    )
    assert expected
    assert all(line in told for line in expected), told
    assert told.count("(bridgekit.") == len(expected), told
