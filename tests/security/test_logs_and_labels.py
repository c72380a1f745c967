"""What a client chooses stands in one line of a log, whoever writes it, and can colour no terminal."""

from __future__ import annotations

import asyncio
import io
import logging
from typing import Any

import pytest

from bridgekit import ASGITimingMiddleware, ASGIToWSGI, WSGIToASGI
from bridgekit.timing import set_route, span
from bridgekit.timing.exporters.json_lines import JSONLinesExporter
from bridgekit.timing.exporters.logging import LoggingExporter
from bridgekit.typing import Receive, Scope, Send
from tests.helpers.asgi_driver import LOOPS, Connection, body_events, http_scope
from tests.helpers.wsgi_apps import answers
from tests.helpers.wsgi_client import get
from tests.timing.clients import ASGIClient, FakeClock, scope_of

FORGED = '/a\r\nERROR root: forged\x1b[31m\x00\u2028"}\n'


def breaks(text: str) -> list[str]:
    """The characters of a line that are not printed, or that begin another one."""
    return [character for character in text if not character.isprintable()]


def test_a_record_of_the_timing_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    lines = io.StringIO()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        set_route(scope["path"])
        with span("part\n", scope["path"]):
            await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    timed = ASGITimingMiddleware(app, exporters=[LoggingExporter(), JSONLinesExporter(lines)])
    scope = http_scope(FORGED, method="GE\nT\x1b")
    with caplog.at_level(logging.INFO):
        asyncio.run(timed(scope, receive, send))
    [record] = caplog.records
    assert breaks(record.getMessage()) == []
    assert breaks(lines.getvalue().removesuffix("\n")) == []
    assert "forged" in record.getMessage()
    assert "forged" in lines.getvalue()


@pytest.mark.parametrize("header", [b"content-length", b"transfer-encoding"])
def test_a_refused_request_of_an_asgi_server_is_one_line(
    header: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    adapter = WSGIToASGI(answers(b"hello"))
    scope = http_scope(method="POST", headers=[(header, FORGED.encode())])
    with caplog.at_level(logging.INFO, "bridgekit"):
        connection = LOOPS[0].serve(adapter, Connection(scope, body_events(b"x")))
    assert connection.status in (400, 501)
    assert [breaks(record.getMessage()) for record in caplog.records] == [[]]
    adapter.pool.shutdown(wait_seconds=10)


def test_a_refused_request_of_a_wsgi_server_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("is not called")

    adapter = ASGIToWSGI(app, lifespan="off")
    answer = get(adapter, validate=False, CONTENT_LENGTH=FORGED.encode().decode("latin-1"))
    assert answer.status == "400 Bad Request"
    assert [breaks(record.getMessage()) for record in caplog.records] == [[]]
    adapter.shutdown()


def test_a_record_that_is_lost_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """Of an exporter that fails."""

    def broken(timing: Any) -> None:
        raise OSError("disk full")

    asgi_client = ASGIClient(FakeClock())
    asgi_client.call(
        ASGITimingMiddleware(asgi_hello, exporters=[broken]), scope_of(method="GE\nT", path=FORGED)
    )
    [record] = caplog.records
    assert breaks(record.getMessage()) == []
    assert "forged" in record.getMessage()


async def asgi_hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})
