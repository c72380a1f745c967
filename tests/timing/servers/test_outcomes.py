"""What real servers make of awkward requests is recorded alike on both protocols."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.raw_http import RawClient, TruncatedBody
from tests.helpers.server_process import run_server, wait_until
from tests.timing.servers.commands import gunicorn, uvicorn

APPS = "tests.timing.servers.outcomes"
SIZE = 16384

EXPECTED = {
    "/plain": {"outcome": "ok", "kind": "plain", "status": 200, "bytes_out": SIZE},
    "/stream": {"outcome": "ok", "kind": "stream", "status": 200, "bytes_out": 3 * SIZE},
    "/raises": {"outcome": "exception", "error_type": "LookupError", "bytes_out": 0},
    "/broken": {
        "outcome": "stream_exception",
        "kind": "stream",
        "status": 200,
        "error_type": "ValueError",
        "bytes_out": 2 * SIZE,
    },
    "/endless": {"outcome": "client_gone", "kind": "stream", "status": 200},
}


@pytest.mark.parametrize(
    ("command", "target"),
    [(uvicorn, f"{APPS}:asgi_recorded"), (gunicorn, f"{APPS}:wsgi_recorded")],
    ids=["uvicorn", "gunicorn"],
)
def test_every_end_is_recorded_once(command: Any, target: str, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    with run_server(lambda address: command(target, address, 2), env={"RECORDS": str(records)}) as server:
        for path in EXPECTED:
            with RawClient(server.address) as client:
                client.send_head("GET", path, [("Connection", "close")])
                pieces = client.iter_body(client.read_head())
                if path == "/endless":
                    next(pieces)
                    client.reset()
                else:
                    with contextlib.suppress(TruncatedBody):
                        list(pieces)

        def lines() -> list[dict[str, Any]]:
            text = records.read_text() if records.exists() else ""
            return [json.loads(line) for line in text.splitlines() if '"path":"/"' not in line]

        wait_until(lambda: len(lines()) >= len(EXPECTED), 20, lambda: f"{lines()}\n{server.log()}")
    # Once more, now that nothing runs: nothing came twice.
    found = {record["path"]: record for record in lines()}
    assert len(lines()) == len(found)
    assert {
        path: {name: found[path].get(name) for name in expected} for path, expected in EXPECTED.items()
    } == EXPECTED
