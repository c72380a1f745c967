"""A page, an upload, a stream and an error of every framework, natively, through one adapter and through both: the same thrice."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from tests.helpers.server_process import ROOT
from tests.servers.apps.frameworks import ASGI, LINES, WSGI

TIMEOUT = 120.0


@pytest.mark.parametrize("framework", [*WSGI, *ASGI])
def test_a_frameworks_pages_are_the_same_through_the_adapters(framework: str) -> None:
    if importlib.util.find_spec(framework.partition(".")[0]) is None:
        pytest.skip(f"could not import {framework!r}")
    asked = subprocess.run(
        [sys.executable, "-m", "tests.servers.framework_answers", framework],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    answers = json.loads(asked.stdout.splitlines()[-1])
    native = answers["native"]
    assert answers["one"] == native
    assert answers["both"] == native
    upload = ["405", ""] if framework == "wsgidav" else ["200", "200000"]
    assert native[:3] == [["200", "hello"], upload, ["200", b"".join(LINES).decode()]]
    assert native[3][0] in ("500", "LookupError", "404" if framework == "wsgidav" else "500")
