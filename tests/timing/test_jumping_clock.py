"""The system's clock is set while requests run: a daemon steps it, a laptop wakes, somebody corrects the year.

What is measured, and what a limit goes by, is a clock that cannot be set. The other one says when a request came, and must hurt nobody.
"""

from __future__ import annotations

import ast
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

import bridgekit
from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware, span
from bridgekit.timing.exporters.histogram import HistogramExporter
from bridgekit.timing.exporters.json_lines import JSONLinesExporter
from bridgekit.timing.server_timing import everyone
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse
from tests.timing.clients import EPOCH, ASGIClient, FakeClock, WSGIClient, environ_of, scope_of

DAY = 86_400
JUMPS = {
    "back": [EPOCH, EPOCH - DAY],
    "forward": [EPOCH, EPOCH + DAY],
    "to the beginning of time and on": [EPOCH, 0, EPOCH, 5, 2 * EPOCH],
    "before 1970": [EPOCH, -DAY],
}
SOURCE = Path(bridgekit.__file__).parent


class JumpingClock:
    """Tells another time whenever it is asked, the last of them for ever."""

    def __init__(self, seconds: Iterable[int]) -> None:
        self._seconds = list(seconds)

    def __call__(self) -> int:
        seconds = self._seconds.pop(0) if len(self._seconds) > 1 else self._seconds[0]
        return seconds * 10**9


@pytest.mark.parametrize("stamped", [False, True], ids=["", "stamped"])
@pytest.mark.parametrize("jumps", JUMPS.values(), ids=list(JUMPS))
@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
def test_what_is_measured_does_not_jump(interface: str, jumps: list[int], stamped: bool) -> None:
    clock, seen = FakeClock(), list[RequestTiming]()
    lines, histogram = io.StringIO(), HistogramExporter()
    options: dict[str, Any] = {
        "exporters": [seen.append, JSONLinesExporter(lines), histogram],
        "clock": clock,
        "wall_clock": JumpingClock(jumps),
        "server_timing": everyone,
        "queue_time": True,
        "send_time": True,
        "cpu_time": True,
    }
    stamps = [("X-Request-Start", f"t={EPOCH}.000")] if stamped else []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        with span("work"):
            clock.advance(0.5)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        clock.advance(0.25)
        await send({"type": "http.response.body", "body": b"hello"})

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        with span("work"):
            clock.advance(0.5)
        start_response("200 OK", [("Content-Type", "text/plain")])
        clock.advance(0.25)
        yield b"hello"

    for _ in range(3):
        client = ASGIClient(clock) if interface == "asgi" else WSGIClient(clock)
        if isinstance(client, ASGIClient):
            client.call(ASGITimingMiddleware(app, **options), scope_of(headers=stamps))
        else:
            client.call(WSGITimingMiddleware(wsgi, **options), environ_of(headers=stamps))
        shown = dict(client.headers)["server-timing"]
        assert "app;dur=500" in shown or "app;dur=750" in shown
        assert "dur=-" not in shown

    for timing in seen:
        assert (timing.duration, timing.time_to_first_byte) == (0.75, 0.75)
        assert [part.seconds for part in timing.spans] == [0.5]
        assert timing.queue_time is None or timing.queue_time >= 0
        assert timing.send_time is None or timing.send_time >= 0
    for line in lines.getvalue().splitlines():
        assert json.loads(line)["duration"] == 0.75
    (distribution,) = histogram.snapshot().values()
    assert distribution.requests == 3
    assert distribution.quantile(0.5) == pytest.approx(0.75, rel=0.2)


STAMPS = {
    # When a request came, which the log of a front server has as well.
    "timing/measuring/recorder.py",
    "timing/drivers/wrapper.py",
    # Times in what is sent, as the formats want them.
    "timing/exporters/opentelemetry_histograms.py",
    "timing/exporters/_prometheus_series.py",
}
"""What asks the system's clock."""


def test_no_limit_goes_by_a_clock_that_can_be_set() -> None:
    """Timeouts, queues and rates of adapters, pools and handlers would end at once, or never, when it jumps."""
    asking = set()
    for path in SOURCE.rglob("*.py"):
        place = path.relative_to(SOURCE).as_posix()
        if place.startswith("check/"):
            continue  # reads files, and answers no request
        if any(map(_asks_the_system, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))):
            asking.add(place)
    assert asking == STAMPS


def _asks_the_system(node: ast.AST) -> bool:
    names = {"time", "time_ns", "localtime", "gmtime", "ctime"}
    match node:
        case ast.Attribute(value=ast.Name(id="time"), attr=name):
            return name in names
        case ast.ImportFrom(module="time", names=imported):
            return bool(names & {alias.name for alias in imported})
        case ast.ImportFrom(module="datetime"):
            return True
        case ast.Import(names=imported):
            return any(alias.name == "datetime" for alias in imported)
    return False
