from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from typing import Any

import anyio
import pytest

from bridgekit.exceptions import ClientDisconnected
from bridgekit.timing import ASGITimingMiddleware, Outcome, RequestTiming
from bridgekit.timing.measuring.current import KEY
from bridgekit.typing import Receive, Scope, Send
from tests.timing.clients import EPOCH, ASGIClient, FakeClock, scope_of


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def test_an_exporter_that_raises_is_logged_and_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[RequestTiming] = []

    def broken(timing: RequestTiming) -> None:
        raise RuntimeError("disk full")

    client = ASGIClient(FakeClock())
    client.call(ASGITimingMiddleware(hello, exporters=[broken, seen.append]))
    assert client.sent[-1]["body"] == b"hello"
    assert len(seen) == 1
    assert "disk full" in caplog.text
    assert [r.levelno for r in caplog.records] == [logging.ERROR]


def test_wrapped_twice_there_is_one_record() -> None:
    inner: list[RequestTiming] = []
    outer: list[RequestTiming] = []
    app = ASGITimingMiddleware(
        ASGITimingMiddleware(hello, exporters=[inner.append]), exporters=[outer.append]
    )
    ASGIClient(FakeClock()).call(app)
    assert (len(inner), len(outer)) == (0, 1)


def test_a_scope_used_again_is_measured_again() -> None:
    seen: list[RequestTiming] = []
    app = ASGITimingMiddleware(hello, exporters=[seen.append])
    scope = scope_of()
    ASGIClient(FakeClock()).call(app, scope)
    ASGIClient(FakeClock()).call(app, scope)
    assert len(seen) == 2


def test_lifespan_passes_through_untouched() -> None:
    scopes: list[Any] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append((scope, receive, send))

    client = ASGIClient(FakeClock())
    scope: Scope = {"type": "lifespan"}
    receive, send = client.receive, client.send
    asyncio.run(ASGITimingMiddleware(app)(scope, receive, send))  # type: ignore[arg-type]
    assert scopes == [(scope, receive, send)]
    assert KEY not in scope


@pytest.mark.parametrize(
    ("path", "measured"), [("/healthz", False), ("/static/a.css", False), ("/healthz2", True), ("/", True)]
)
def test_excluded_paths_are_not_measured(path: str, measured: bool) -> None:
    seen: list[RequestTiming] = []
    app = ASGITimingMiddleware(hello, exporters=[seen.append], exclude=["/healthz", "/static/*"])
    ASGIClient(FakeClock()).call(app, scope_of(path=path))
    assert bool(seen) is measured


@pytest.mark.parametrize("exclude", [["healthz"], ["/a*b"], ["*"]])
def test_a_pattern_that_would_never_match_is_refused(exclude: list[str]) -> None:
    with pytest.raises(ValueError, match="excludes nothing"):
        ASGITimingMiddleware(hello, exclude=exclude)


@pytest.mark.parametrize("options", [{"exclude": "/x"}, {"exporters": print}, {"exporters": [7]}])
def test_an_option_of_the_wrong_type_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        ASGITimingMiddleware(hello, **options)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_requests_are_measured_on_asyncio_and_trio(backend: str) -> None:
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await anyio.lowlevel.checkpoint()
        await hello(scope, receive, send)

    wrapped = ASGITimingMiddleware(app, exporters=[seen.append], send_time=True, cpu_time=True)
    anyio.run(ASGIClient(FakeClock()).run, wrapped, backend=backend)
    assert seen[0].outcome is Outcome.OK
    assert (seen[0].cpu_time or 0) > 0


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@pytest.mark.parametrize("options", [{}, {"cpu_time": True}])
def test_a_cancelled_request_is_recorded(backend: str, options: dict[str, Any]) -> None:
    """Peers that catch `Exception` lose it: a cancellation is not one."""
    seen: list[RequestTiming] = []

    running: list[anyio.Event] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        running[0].set()
        await anyio.sleep_forever()

    async def run() -> None:
        running.append(anyio.Event())
        wrapped = ASGITimingMiddleware(app, exporters=[seen.append], **options)
        async with anyio.create_task_group() as group:
            group.start_soon(ASGIClient(FakeClock()).run, wrapped)
            await running[0].wait()
            group.cancel_scope.cancel()

    anyio.run(run, backend=backend)
    assert [(r.outcome, r.status) for r in seen] == [(Outcome.CANCELLED, None)]


def test_a_client_that_receive_finds_missing_is_gone() -> None:
    """An application that listens for ``http.disconnect`` and stops has not failed."""
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"

    ASGIClient(FakeClock()).call(ASGITimingMiddleware(app, exporters=[seen.append]))
    assert (seen[0].outcome, seen[0].error_type) == (Outcome.CLIENT_GONE, None)


def test_a_disconnect_after_the_end_changes_nothing() -> None:
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        await receive()

    ASGIClient(FakeClock()).call(ASGITimingMiddleware(app, exporters=[seen.append]))
    assert [r.outcome for r in seen] == [Outcome.OK]


class Wrapping(Exception):
    pass


def test_a_lost_client_behind_another_exception_is_found() -> None:
    """Starlette raises its own ``ClientDisconnect`` where ``send`` raised `OSError`."""
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        except OSError:
            raise Wrapping from None

    with pytest.raises(Wrapping):
        ASGIClient(FakeClock(), gone_at=0).call(ASGITimingMiddleware(app, exporters=[seen.append]))
    assert seen[0].outcome is Outcome.CLIENT_GONE


def test_an_adapters_disconnect_in_a_group_is_found() -> None:
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise BaseExceptionGroup("two", [ValueError("no"), ClientDisconnected("gone")])

    with pytest.raises(BaseExceptionGroup):
        ASGIClient(FakeClock()).call(ASGITimingMiddleware(app, exporters=[seen.append]))
    assert seen[0].outcome is Outcome.CLIENT_GONE


def test_backpressure_is_measured_on_request() -> None:
    seen: list[RequestTiming] = []
    clock = FakeClock()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, True, False):
            clock.advance(1)
            await send({"type": "http.response.body", "body": b"x", "more_body": more})

    client = ASGIClient(clock, send_seconds=0.25)
    client.call(ASGITimingMiddleware(app, exporters=[seen.append], send_time=True, clock=clock))
    assert (seen[0].send_time, seen[0].duration) == (1.0, 4.0)


def test_the_last_chunks_send_counts_without_that() -> None:
    seen: list[RequestTiming] = []
    clock = FakeClock()
    client = ASGIClient(clock, send_seconds=0.25)
    client.call(ASGITimingMiddleware(hello, exporters=[seen.append], clock=clock))
    assert (seen[0].send_time, seen[0].duration, seen[0].time_to_first_byte) == (None, 0.5, 0.25)


def test_a_request_in_flight_is_known() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert len(wrapped.recorder.in_flight) == 1
        await hello(scope, receive, send)
        assert len(wrapped.recorder.in_flight) == 0

    wrapped = ASGITimingMiddleware(app)
    ASGIClient(FakeClock()).call(wrapped)


def test_what_adapters_tell_is_in_the_record() -> None:
    """docs/design.md, "How timing crosses an adapter"."""
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        live = scope[KEY]
        live.add_thread_wait(2_000_000_000)
        live.add_thread_wait(1_000_000_000)
        live.add_loop_wait(500_000_000)
        live.note_error(KeyError("answered by the adapter"))
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body"})

    ASGIClient(FakeClock()).call(ASGITimingMiddleware(app, exporters=[seen.append]))
    (timing,) = seen
    assert (timing.thread_wait, timing.loop_wait, timing.error_type) == (3.0, 0.5, "KeyError")
    assert timing.outcome is Outcome.SERVER_ERROR


def test_the_moment_of_the_start_does_not_depend_on_when_it_is_asked_for() -> None:
    """It is found out at the first question; a system clock that is set after that changes nothing any more."""
    seen: list[RequestTiming] = []
    clock = FakeClock()
    wall = [clock.wall]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(2)
        await hello(scope, receive, send)

    client = ASGIClient(clock)
    client.call(ASGITimingMiddleware(app, exporters=[seen.append], clock=clock, wall_clock=lambda: wall[0]()))
    clock.advance(3600)
    assert seen[0].started_at == EPOCH
    wall[0] = lambda: 0
    assert seen[0].started_at == EPOCH


def test_a_record_cannot_be_changed() -> None:
    seen: list[RequestTiming] = []
    ASGIClient(FakeClock()).call(ASGITimingMiddleware(hello, exporters=[seen.append]))
    with pytest.raises(AttributeError):
        seen[0].status = 500  # type: ignore[misc]


@pytest.mark.parametrize(
    ("messages", "headers", "size"),
    [
        ([{"file": 7, "more_body": False}], [(b"content-length", b"70")], 70),
        ([{"file": 7, "more_body": True}, {"file": 7, "offset": 35}], [(b"Content-Length", b"70")], 70),
        ([{"file": 7}], [], None),
    ],
)
def test_zero_copy_sends_are_a_file(messages: list[Any], headers: list[Any], size: int | None) -> None:
    """Extension "Zero Copy Send": the server reads the file by itself, in one or several pieces."""
    seen: list[RequestTiming] = []
    clock = FakeClock()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for message in messages:
            await send({"type": "http.response.zerocopysend", **message})
        clock.advance(60)  # background work

    client = ASGIClient(clock, send_seconds=0.5)
    client.call(ASGITimingMiddleware(app, exporters=[seen.append], clock=clock))
    (timing,) = seen
    assert (timing.outcome, timing.bytes_out, timing.kind) == (Outcome.OK, size, "plain")
    assert timing.duration == 0.5 * len(client.sent)


def test_what_is_sent_after_the_end_does_not_change_the_record() -> None:
    """The server drops or refuses it (ASGI HTTP, "Response Body"): the client never sees it."""
    seen: list[RequestTiming] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await hello(scope, receive, send)
        await send({"type": "http.response.start", "status": 500, "headers": [(b"server-timing", b"no")]})
        await send({"type": "http.response.body", "body": b"more", "more_body": True})
        await send({"type": "http.response.body", "body": b"more"})

    client = ASGIClient(FakeClock())
    client.call(ASGITimingMiddleware(app, exporters=[seen.append]))
    assert len(client.sent) == 5
    (timing,) = seen
    assert (timing.status, timing.bytes_out, timing.kind, timing.outcome) == (200, 5, "plain", Outcome.OK)


def test_a_live_record_can_be_printed() -> None:
    """It stands in the scope, and debug pages and validators print that."""
    printed: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        printed.append(repr(scope[KEY]))
        await hello(scope, receive, send)

    ASGIClient(FakeClock()).call(
        ASGITimingMiddleware(app, exporters=[lambda timing: printed.append(repr(timing))])
    )
    assert printed[0] == "<ASGILive in flight>"
    assert printed[1].startswith("RequestTiming(method='GET', path='/', route=None, status=200")


def test_a_record_does_not_keep_the_servers_connection() -> None:
    """Exporters may keep records for long."""
    seen: list[RequestTiming] = []
    client = ASGIClient(FakeClock())
    client.call(ASGITimingMiddleware(hello, exporters=[seen.append]))
    held = weakref.ref(client)
    del client
    gc.collect()
    assert held() is None
