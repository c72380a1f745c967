"""Servers that are told to end while requests are under way."""

from __future__ import annotations

import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.raw_http import RawClient
from tests.helpers.server_process import run_server

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("uvicorn") is None, reason="needs uvicorn"),
    pytest.mark.skipif(sys.platform != "linux", reason="counts in /proc"),
]

STACKS = [
    "seven",
    "wsgi-in-asgi",
    "wsgi-in-asgi-in-wsgi-in-asgi",
    "asgi-in-wsgi",
    "asgi-in-wsgi-in-asgi-in-wsgi",
]


@pytest.mark.parametrize("stack", STACKS)
def test_a_server_ends_with_requests_in_flight(stack: str, tmp_path: Path) -> None:
    """Four views that wait and four streams that go on: the process ends in the server's own time, with no traceback of ours."""
    from tests.soak.soaking import bridged_command, site_command

    if stack.startswith("asgi"):
        pytest.importorskip("gunicorn")
    grace = ["--graceful-timeout" if stack.startswith("asgi") else "--timeout-graceful-shutdown", "1"]
    environment = {"SOAK_STACK": stack, "SOAK_DATABASE": str(tmp_path / "site.sqlite3")}
    with run_server(
        lambda address: [
            *(site_command(address) if stack == "seven" else bridged_command(stack, address)),
            *grace,
        ],
        env=environment,
    ) as server:
        with ExitStack() as clients:
            for view in ("waits", "endless") * 4:
                client = clients.enter_context(RawClient(server.address))
                client.send_head("GET", f"/{view}/?token=<{view}>")
                if view == "endless":
                    assert client.read_head().status == 200
            server.stop()
        log = server.log()
        assert "bridgekit/" not in log, log
        assert "Exception ignored" not in log, log
