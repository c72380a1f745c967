"""Blocks of the guides that need a package which the manual's own tests do not have: `docs` passes them over, and here they run."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from bridgekit import WSGIToASGI
from bridgekit.timing import Outcome, RequestTiming
from tests.helpers.manual import block_with

httpx = pytest.importorskip("httpx")


def run(page: str, part: str, old: str, new: str) -> dict[str, Any]:
    """What a block of Python has bound, with another place in it."""
    text = block_with(page, "python", part)
    assert old in text
    bound: dict[str, Any] = {}
    exec(text.replace(old, new), bound)
    return bound


def test_a_file_goes_to_the_guides_webdav_and_back(tmp_path: Path) -> None:
    pytest.importorskip("wsgidav")
    bound = run("docs/guides/wrap_wsgi.md", "WsgiDAVApp", '"/srv/files"', repr(str(tmp_path)))

    async def there_and_back() -> tuple[int, bytes]:
        transport = httpx.ASGITransport(WSGIToASGI(bound["application"]))
        async with httpx.AsyncClient(transport=transport, base_url="http://files.example") as client:
            stored = await client.put("/report.txt", content=b"seven b")
            return stored.status_code, (await client.get("/report.txt")).content

    assert asyncio.run(there_and_back()) == (201, b"seven b")
    assert (tmp_path / "report.txt").read_bytes() == b"seven b"


def test_the_guides_histograms_reach_a_collector() -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    received: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Not to stderr."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_address[1]}"
            bound = run("docs/guides/observe.md", "OTLPMetricExporter", "http://collector:4318", address)
            bound["histograms"](RequestTiming("GET", "/u/7", "/u/{id}", 200, Outcome.OK, duration=0.003))
            bound["provider"].force_flush()
            bound["provider"].shutdown()
        finally:
            server.shutdown()
            thread.join()
    assert {path for path, _ in received} == {"/v1/metrics"}
    assert b"http.server.request.duration" in received[0][1]
    assert b"/u/{id}" in received[0][1]
