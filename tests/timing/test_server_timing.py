from __future__ import annotations

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.timing import ASGITimingMiddleware, ServerTiming, WSGITimingMiddleware, span
from bridgekit.timing.server_timing import Entry, RequestView, everyone, format_entries, loopback
from tests.timing.clients import ASGIClient, FakeClock, WSGIClient, environ_of, scope_of

PLAIN = [(b"content-type", b"text/plain")]


def headers_over_asgi(
    shown: ServerTiming | None, own: Any = (), headers: list[tuple[str, str]] | None = None, **options: Any
) -> list[tuple[str, str]]:
    clock = FakeClock()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with span("db", 'list of "orders"'):
            clock.advance(0.25)
        clock.advance(0.25)
        await send({"type": "http.response.start", "status": 200, "headers": [*PLAIN, *own]})
        await send({"type": "http.response.body", "body": b"x"})

    client = ASGIClient(clock)
    wrapped = ASGITimingMiddleware(app, server_timing=shown, clock=clock, wall_clock=clock.wall, **options)
    client.call(wrapped, scope_of(headers=headers or []))
    return client.headers


def headers_over_wsgi(
    shown: ServerTiming | None, own: Any = (), headers: list[tuple[str, str]] | None = None, **options: Any
) -> list[tuple[str, str]]:
    clock = FakeClock()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        with span("db", 'list of "orders"'):
            clock.advance(0.25)
        clock.advance(0.25)
        start_response("200 OK", [(n.decode(), v.decode()) for n, v in [*PLAIN, *own]])
        return [b"x"]

    client = WSGIClient(clock)
    wrapped = WSGITimingMiddleware(app, server_timing=shown, clock=clock, wall_clock=clock.wall, **options)
    client.call(wrapped, environ_of(headers=headers or []))
    return client.headers


both = pytest.mark.parametrize("headers_of", [headers_over_asgi, headers_over_wsgi], ids=["asgi", "wsgi"])


@both
def test_nobody_sees_it_by_default(headers_of: Any) -> None:
    assert headers_of(None) == [("content-type", "text/plain")]


@both
def test_who_is_allowed_sees_name_duration_and_description(headers_of: Any) -> None:
    assert headers_of(ServerTiming(allow=everyone))[-1] == (
        "server-timing",
        'app;dur=500.000, db;dur=250.000;desc="list of \\"orders\\""',
    )


@both
def test_the_predicate_sees_the_request_alike(headers_of: Any) -> None:
    asked: list[tuple[Any, ...]] = []

    def allow(request: RequestView) -> bool:
        asked.append((request.method, request.path, request.scheme, request.client, request.header("X-Key")))
        return request.header("X-Key") == "secret"

    assert "server-timing" in dict(headers_of(ServerTiming(allow=allow), headers=[("X-Key", "secret")]))
    assert "server-timing" not in dict(headers_of(ServerTiming(allow=allow), headers=[("X-Key", "wrong")]))
    assert asked[0] == ("GET", "/", "http", "192.0.2.7", "secret")


@both
def test_a_failing_predicate_is_logged_and_means_no(
    headers_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def allow(request: RequestView) -> bool:
        raise KeyError("broken")

    assert headers_of(ServerTiming(allow=allow)) == [("content-type", "text/plain")]
    assert "broken" in caplog.text
    assert caplog.records[0].levelno == logging.ERROR


@both
def test_the_applications_own_header_stays(headers_of: Any) -> None:
    """W3C Server Timing, section 3: several header lines are one list."""
    got = headers_of(ServerTiming(allow=everyone), own=[(b"server-timing", b"cache;dur=1")])
    lines = [value for name, value in got if name == "server-timing"]
    assert lines[0] == "cache;dur=1"
    assert lines[1].startswith("app;dur=")


@both
def test_other_origins_are_let_in_on_request(headers_of: Any) -> None:
    shown = ServerTiming(allow=everyone, timing_allow_origin="https://a.example, https://b.example")
    assert dict(headers_of(shown))["timing-allow-origin"] == "https://a.example, https://b.example"
    own = [(b"timing-allow-origin", b"null")]
    assert [v for n, v in headers_of(shown, own=own) if n == "timing-allow-origin"] == ["null"]


@both
def test_queue_time_and_trace_are_told(headers_of: Any) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    shown = ServerTiming(allow=everyone, traceparent=True)
    stamp = f"t={(1_800_000_000 * 1000) - 40}"
    got = dict(
        headers_of(shown, headers=[("X-Request-Start", stamp), ("traceparent", trace)], queue_time=True)
    )
    assert got["server-timing"].split(", ")[1] == "queue;dur=40.000"
    assert got["server-timing"].split(", ")[-1] == f'traceparent;desc="{trace}"'


def test_a_constant_message_of_the_application_is_left_alone() -> None:
    start = {"type": "http.response.start", "status": 200, "headers": tuple(PLAIN)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)
        await send({"type": "http.response.body"})

    wrapped = ASGITimingMiddleware(app, server_timing=ServerTiming(allow=everyone))
    for _ in range(2):
        client = ASGIClient(FakeClock())
        client.call(wrapped)
        assert [name for name, _ in client.headers] == ["content-type", "server-timing"]
    assert start["headers"] == tuple(PLAIN)


def test_headers_that_can_be_read_once_arrive() -> None:
    """ASGI HTTP, "Response Start": headers are any iterable."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": iter(PLAIN)})
        await send({"type": "http.response.body"})

    client = ASGIClient(FakeClock())
    client.call(ASGITimingMiddleware(app))
    assert client.headers == [("content-type", "text/plain")]


# -- the value


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (Entry("db", 0.0123456), "db;dur=12.346"),
        (Entry("db"), "db"),
        (Entry("tiny", 1e-9), "tiny;dur=0.000"),
        (Entry("long", 1e6), "long;dur=1000000000.000"),
        (Entry("skew", -1.0), "skew;dur=0.000"),
        (Entry("GET /x/{id}", 0.001), 'GET__x__id_;dur=1.000;desc="GET /x/{id}"'),
        (Entry("mw:Auth", None, "given"), 'mw_Auth;desc="given"'),
        (Entry("a", None, 'say "hi" \\ back'), 'a;desc="say \\"hi\\" \\\\ back"'),
        (Entry("a", None, "x\r\nSet-Cookie: y"), 'a;desc="x??Set-Cookie: y"'),
        (Entry("é", None), '_;desc="?"'),
    ],
)
def test_an_entry_is_written_so_that_browsers_agree(entry: Entry, text: str) -> None:
    assert format_entries([entry]) == text


def test_what_does_not_fit_is_left_out_whole_and_counted() -> None:
    value = format_entries([Entry(f"span-{n}", 0.1, "d" * 20) for n in range(100)], max_bytes=256)
    assert len(value) <= 256
    parts = value.split(", ")
    assert parts[0] == f'span-0;dur=100.000;desc="{"d" * 20}"'
    assert parts[-1] == f'dropped;desc="{100 - (len(parts) - 1)}"'


def test_a_large_entry_does_not_crowd_out_the_small_ones() -> None:
    value = format_entries(
        [Entry("app", 0.1), Entry("big", 0.1, "x" * 5000), Entry("db", 0.1)], max_bytes=256
    )
    assert value == 'app;dur=100.000, db;dur=100.000, dropped;desc="1"'


@given(
    st.lists(
        st.builds(Entry, st.text(max_size=30), st.none() | st.floats(0, 1e5), st.text(max_size=60)),
        min_size=1,
    ),
    st.integers(128, 4000),
)
def test_our_header_survives_a_parser_of_the_standard(entries: list[Entry], room: int) -> None:
    """Against the parser of ``timingheader``, which passes the web platform's own tests."""
    timingheader = pytest.importorskip("timingheader")
    value = format_entries(entries, room)
    assert len(value) <= room
    assert value.isascii()
    parsed = timingheader.parse(value)
    kept = (
        [entry for entry in parsed if entry.name != "dropped"] if "dropped;desc=" in value else list(parsed)
    )
    assert len(kept) <= len(entries)
    for metric in kept:
        assert metric.duration is None or metric.duration >= 0
    if len(kept) == len(entries):
        for metric, entry in zip(kept, entries, strict=True):
            assert (metric.duration or 0) == pytest.approx((entry.seconds or 0) * 1000, abs=0.001)


@pytest.mark.parametrize(
    "options",
    [{"max_bytes": 10}, {"timing_allow_origin": ""}, {"timing_allow_origin": "a\r\nb"}],
)
def test_an_option_that_cannot_work_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ServerTiming(allow=everyone, **options)


def test_a_predicate_has_to_be_named() -> None:
    with pytest.raises(TypeError, match="allow"):
        ServerTiming(allow=True)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "shown"), [("127.0.0.1", True), ("::1", True), ("192.0.2.1", False), ("", False)]
)
def test_loopback_is_this_machine(address: str, shown: bool) -> None:
    clock = FakeClock()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return []

    client = WSGIClient(clock)
    client.call(
        WSGITimingMiddleware(app, server_timing=ServerTiming(allow=loopback)), environ_of(REMOTE_ADDR=address)
    )
    assert ("server-timing" in dict(client.headers)) is shown
