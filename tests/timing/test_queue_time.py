from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.timing import ASGITimingMiddleware, RequestTiming, WSGITimingMiddleware
from bridgekit.timing.queue_time import MAX_QUEUE_SECONDS, queue_nanoseconds, stamp_nanoseconds
from bridgekit.timing.traceparent import valid_traceparent
from tests.timing.clients import EPOCH, ASGIClient, FakeClock, WSGIClient, environ_of, scope_of

NOW = EPOCH * 10**9
STAMP = NOW - 40_000_000


@pytest.mark.parametrize(
    "value",
    [
        f"{STAMP // 10**6}",
        f"t={STAMP // 10**6}",
        f"{STAMP / 1e9:.3f}",
        f"t={STAMP / 1e9:.3f}",
        f"t={STAMP // 1000}",
        f"{STAMP // 1000}",
        f"{STAMP}",
        f"t={STAMP}",
        f" t={STAMP // 10**6} ",
        f"{STAMP // 10**6}.0",
    ],
    ids=[
        "heroku ms",
        "ms",
        "nginx s",
        "t= nginx s",
        "apache us",
        "us",
        "render ns",
        "ns",
        "spaces",
        "decimal ms",
    ],
)
def test_every_unit_that_front_servers_use_is_understood(value: str) -> None:
    assert stamp_nanoseconds(value) == STAMP


@pytest.mark.parametrize(
    "value",
    ["", "t=", "now", "inf", "nan", "-1", "+1800000000", "1e9", "1_800_000_000", "t=t=1800000000", "0", "123456",
     "١٨٠٠٠٠٠٠٠٠", "1800000000,5", "9" * 60],
)  # fmt: skip
def test_what_is_no_moment_is_none(value: str) -> None:
    assert stamp_nanoseconds(value) is None or queue_nanoseconds({"x-request-start": value}.get, NOW) is None


def test_a_stamp_from_the_future_or_from_yesterday_does_not_count() -> None:
    assert queue_nanoseconds({"x-request-start": f"{NOW + 1}"}.get, NOW) is None
    assert queue_nanoseconds({"x-request-start": f"{NOW - 86_400 * 10**9}"}.get, NOW) is None


def test_the_first_credible_header_counts() -> None:
    headers = {"x-request-start": "nonsense", "x-queue-start": f"t={STAMP}"}
    assert queue_nanoseconds(headers.get, NOW) == 40_000_000


@given(st.integers(10**18, 2 * 10**18), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_no_precision_is_lost(stamp: int, unit: int) -> None:
    assert stamp_nanoseconds(str(stamp // unit)) == stamp // unit * unit


@given(st.text(max_size=40) | st.floats(-7200, 7200).map(lambda ago: f"t={NOW / 1e9 - ago:.3f}"))
def test_whatever_the_header_says_is_a_wait_within_bounds_or_none(value: str) -> None:
    queued = queue_nanoseconds({"x-request-start": value}.get, NOW)
    assert queued is None or 0 <= queued <= MAX_QUEUE_SECONDS * 1e9


def records(
    headers: list[tuple[str, str]], extra: dict[str, Any] | None = None, **options: Any
) -> list[RequestTiming]:
    seen: list[RequestTiming] = []

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body"})

    def wsgi(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return []

    clock = FakeClock()
    options |= {"exporters": [seen.append], "clock": clock, "wall_clock": clock.wall}
    ASGIClient(clock).call(ASGITimingMiddleware(asgi, **options), scope_of(headers=headers))
    WSGIClient(clock).call(WSGITimingMiddleware(wsgi, **options), environ_of(headers=headers) | (extra or {}))
    return seen


def test_both_protocols_read_the_header_when_told_to() -> None:
    headers = [("X-Request-Start", f"t={STAMP // 10**6}")]
    assert [r.queue_time for r in records(headers, queue_time=True)] == [0.04, 0.04]


def test_nobody_believes_a_header_that_any_client_can_send_by_default() -> None:
    assert [r.queue_time for r in records([("X-Request-Start", f"t={STAMP}")])] == [None, None]


def test_mod_wsgi_tells_it_in_the_environ() -> None:
    got = records([], {"mod_wsgi.request_start": str(STAMP // 1000)}, queue_time=True)
    assert [r.queue_time for r in got] == [None, 0.04]


def test_mod_wsgis_own_queue_counts_where_apaches_time_is_missing() -> None:
    got = records([], {"mod_wsgi.queue_start": str(STAMP // 1000)}, queue_time=True)
    assert [r.queue_time for r in got] == [None, 0.04]


TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_both_protocols_note_the_trace() -> None:
    got = records([("traceparent", TRACE)], traceparent=True)
    assert [r.trace_id for r in got] == ["4bf92f3577b34da6a3ce929d0e0e4736"] * 2
    assert [r.traceparent for r in records([("traceparent", TRACE)])] == [None, None]


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        (TRACE, True),
        ("cc" + TRACE[2:] + "-future", True),
        (TRACE + "-more", False),
        ("ff" + TRACE[2:], False),
        (TRACE.upper(), False),
        ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", False),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01", False),
        ("", False),
    ],
)
def test_an_invalid_traceparent_is_ignored(value: str, valid: bool) -> None:
    """W3C Trace Context, section 3.2.2."""
    assert (valid_traceparent(value) is not None) is valid
