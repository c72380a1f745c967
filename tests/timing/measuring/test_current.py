"""Requests are put into their contexts only where somebody looks for them there."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware
from bridgekit.timing.measuring import current
from bridgekit.timing.spans import span
from bridgekit.typing import Receive, Scope, Send
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (
            "import bridgekit.timing, bridgekit.timing.routing.routes, bridgekit.timing.exporters.logging",
            False,
        ),
        ("from bridgekit import ASGITimingMiddleware, WSGITimingMiddleware, RequestTiming", False),
        ("from bridgekit.timing import ASGITimingMiddleware, ServerTiming, Outcome", False),
        ("from bridgekit import span", True),
        ("from bridgekit.timing import span", True),
        ("from bridgekit.timing import carry_request", True),
        ("from bridgekit.timing import set_route", True),
        ("from bridgekit.timing.spans import span", True),
        ("from bridgekit.timing.named_routes import FalconRoutes", True),
        ("from bridgekit.timing import *", True),
    ],
)
def test_what_reads_the_context_says_so_when_it_is_imported(statement: str, wanted: bool) -> None:
    code = f"{statement}\nfrom bridgekit.timing.measuring import current\nprint(current.enabled)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == str(wanted)


def hello_with_span(scope: Scope, receive: Receive, send: Send) -> Any:
    async def answer() -> None:
        with span("work"):
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    return answer()


def wsgi_hello_with_span(environ: Any, start_response: Any) -> list[bytes]:
    with span("work"):
        start_response("200 OK", [("Content-Type", "text/plain")])
    return [b""]


def test_nothing_is_put_there_while_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is what makes measuring cheap; `enable` ends it for the requests that come after."""
    seen: list[RequestTiming] = []
    asgi = ASGITimingMiddleware(hello_with_span, exporters=[seen.append])
    wsgi = WSGITimingMiddleware(wsgi_hello_with_span, exporters=[seen.append])
    monkeypatch.setattr(current, "enabled", False)
    ASGIClient(FakeClock()).call(asgi)
    WSGIClient(FakeClock()).call(wsgi)
    current.enable()
    ASGIClient(FakeClock()).call(asgi)
    WSGIClient(FakeClock()).call(wsgi)
    assert [[part.name for part in timing.spans] for timing in seen] == [[], [], ["work"], ["work"]]


def test_requests_that_run_at_a_late_import_are_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An import in a function may come when requests run whose spans are lost: that is said, once."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        current.enable()
        await hello_with_span(scope, receive, send)

    wrapped = ASGITimingMiddleware(app)
    # Not before: the wrapper enables it where adapters of other libraries are loaded.
    monkeypatch.setattr(current, "enabled", False)
    ASGIClient(FakeClock()).call(wrapped)
    ASGIClient(FakeClock()).call(wrapped)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "the 1 request(s) that were running" in caplog.text
    assert "import them where the module begins" in caplog.text
