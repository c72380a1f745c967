"""BRG018 beside the connections that a running Django leaves open."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from bridgekit.check.pipeline import run
from bridgekit.check.project.config import Options
from bridgekit.middleware_chain.requests import Server
from tests.check.rules.running import brg018, connections_runner

pytest.importorskip("django")


def files_of(text: str) -> dict[str, str]:
    """The settings, and each file that a line ``# file: base.py`` begins."""
    parts = re.split(r"(?m)^# file: (\S+)\n", text)
    return {"settings.py": brg018.HEAD + parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


@pytest.fixture(scope="module")
def left_open() -> Mapping[str, int]:
    """How many connections three requests leave open, by kind and name."""
    cases = {
        f"{kind} {name}": files_of(text)
        for kind, texts in (("broken", brg018.BROKEN), ("right", brg018.RIGHT))
        for name, text in texts.items()
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", connections_runner.__file__],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    counts: Mapping[str, int] = json.loads(done.stdout)
    return counts


def said(root: Path, name: str, text: str) -> list[str]:
    """What the rule says of the settings."""
    package = root / "site1"
    package.mkdir()
    (package / "__init__.py").touch()
    for file, content in files_of(text).items():
        (package / file).write_text(content.replace("PACKAGE", "site1"), "utf-8")
    server = Server.WSGI if name.endswith("WSGI") else Server.ASGI
    options = Options(root, settings=("site1.settings",), server=server, select=("BRG018",))
    return [finding.message for finding in run(options).findings]


@pytest.mark.parametrize("name", brg018.BROKEN)
def test_each_request_leaves_a_connection_open_where_the_rule_says_so(
    name: str, left_open: Mapping[str, int], tmp_path: Path
) -> None:
    assert left_open[f"broken {name}"] >= connections_runner.REQUESTS
    (message,) = said(tmp_path, name, brg018.BROKEN[name])
    assert "CONN_MAX_AGE is" in message


@pytest.mark.parametrize("name", brg018.RIGHT)
def test_where_it_is_silent_no_connection_comes_with_a_request(
    name: str, left_open: Mapping[str, int], tmp_path: Path
) -> None:
    """Under WSGI the thread comes back, and with it its connection."""
    assert left_open[f"right {name}"] == int(name.endswith("WSGI"))
    assert said(tmp_path, name, brg018.RIGHT[name]) == []
