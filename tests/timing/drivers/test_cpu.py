"""CPU time is that of the request's own steps, also where many requests share a thread."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware
from bridgekit.timing.measuring import reported
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, scope_of


@pytest.fixture
def cpu(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The CPU clock of the thread: it goes on only where a test says that something computes."""
    clock = FakeClock()
    monkeypatch.setattr(reported, "thread_time", clock)
    return clock


def test_requests_that_share_a_loop_do_not_pay_for_each_other(cpu: FakeClock) -> None:
    seen: list[RequestTiming] = []
    turns = [asyncio.Event() for _ in range(3)]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        # The first computes for 1 s, waits while the second computes for 10 s, and computes for 2 s more.
        first = scope["path"] == "/first"
        cpu.advance(1 if first else 10)
        turns[0 if first else 1].set()
        await turns[1 if first else 2].wait()
        cpu.advance(2 if first else 20)
        turns[2].set()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    async def run() -> None:
        wrapped = ASGITimingMiddleware(app, exporters=[seen.append], cpu_time=True)
        client = ASGIClient(FakeClock())
        async with asyncio.TaskGroup() as group:
            group.create_task(client.run(wrapped, scope_of(path="/first")))
            await turns[0].wait()
            group.create_task(client.run(wrapped, scope_of(path="/second")))

    asyncio.run(run())
    assert {r.path: r.cpu_time for r in seen} == {"/first": 3.0, "/second": 30.0}


def test_what_the_server_computes_is_not_the_applications(cpu: FakeClock) -> None:
    """Over WSGI the application computes in its call and in each step of its body; between them the server does."""
    seen: list[RequestTiming] = []

    def app(environ: Any, start_response: Any) -> Any:
        cpu.advance(1)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return produce()

    def produce() -> Any:
        for chunk in (b"a", b"b"):
            cpu.advance(2)
            yield chunk

    class Server(WSGIClient):
        def write(self, chunk: bytes) -> None:
            cpu.advance(100)
            super().write(chunk)

    Server(FakeClock()).call(WSGITimingMiddleware(app, exporters=[seen.append], cpu_time=True))
    assert [r.cpu_time for r in seen] == [5.0]
