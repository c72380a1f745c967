"""The exporters that need nothing but the standard library."""

from __future__ import annotations

import io
import json
import logging
import math
import threading
from bisect import bisect_left
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridgekit.timing import Kind, Outcome, RequestTiming, SpanTiming
from bridgekit.timing.exporters.histogram import MAX_SERIES, Distribution, HistogramExporter, SeriesKey
from bridgekit.timing.exporters.json_lines import JSONLinesExporter
from bridgekit.timing.exporters.logging import LoggingExporter
from bridgekit.timing.exporters.memory import MemoryExporter
from bridgekit.timing.exporters.sampling import SamplingExporter
from tests.helpers.loosely import loosely
from tests.timing.clients import export_often

TIMING = RequestTiming(
    "GET", "/u/7", "/u/{id}", 200, Outcome.OK, 0.02, time_to_first_byte=0.01, bytes_out=100
)
STREAM = TIMING._replace(kind=Kind.STREAM, duration=60.0)
FAILED = TIMING._replace(
    status=None, outcome=Outcome.EXCEPTION, error_type="ValueError", time_to_first_byte=None
)


# -- memory


def test_memory_keeps_the_last_records() -> None:
    memory = MemoryExporter(2)
    assert memory
    with pytest.raises(LookupError):
        memory.last  # noqa: B018  (a property that raises)
    for status in (200, 201, 202):
        memory(TIMING._replace(status=status))
    assert [r.status for r in memory] == [201, 202]
    assert (memory.last.status, len(memory)) == (202, 2)
    memory.clear()
    assert memory.records() == ()


def test_memory_for_nothing_is_refused() -> None:
    with pytest.raises(ValueError):
        MemoryExporter(0)


# -- logging


def logged(
    caplog: pytest.LogCaptureFixture, export: LoggingExporter, timing: RequestTiming
) -> list[tuple[int, str]]:
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="bridgekit.timing.requests"):
        export(timing)
    return [(record.levelno, record.getMessage()) for record in caplog.records]


def test_a_request_is_a_line(caplog: pytest.LogCaptureFixture) -> None:
    timing = TIMING._replace(spans=(SpanTiming("db", 0.005),))
    line = "GET /u/7 200 ok 20.0 ms, first byte 10.0 ms, db 5.0 ms"
    assert logged(caplog, LoggingExporter(), timing) == [(logging.INFO, line)]
    assert caplog.records[0].timing["route"] == "/u/{id}"  # type: ignore[attr-defined]
    json.dumps(caplog.records[0].timing)  # type: ignore[attr-defined]


def test_a_path_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    ((_, message),) = logged(caplog, LoggingExporter(), TIMING._replace(path="/x\nERROR all is lost"))
    assert "\n" not in message


@pytest.mark.parametrize(
    ("timing", "level"),
    [
        (TIMING, logging.INFO),
        (TIMING._replace(duration=0.6), logging.WARNING),
        (STREAM, logging.INFO),
        (STREAM._replace(time_to_first_byte=0.6), logging.WARNING),
        (FAILED, logging.ERROR),
        (TIMING._replace(status=503, outcome=Outcome.SERVER_ERROR), logging.ERROR),
        (TIMING._replace(outcome=Outcome.CLIENT_GONE), logging.INFO),
    ],
)
def test_slow_and_failed_requests_stand_out(
    caplog: pytest.LogCaptureFixture, timing: RequestTiming, level: int
) -> None:
    assert [found for found, _ in logged(caplog, LoggingExporter(slow=0.5), timing)] == [level]
    quiet = logged(caplog, LoggingExporter(slow=0.5, only_slow=True), timing)
    assert bool(quiet) is (level > logging.INFO)


@pytest.mark.parametrize("options", [{"only_slow": True}, {"slow": 0}, {"slow": -1.0}])
def test_a_threshold_that_cannot_work_is_refused(options: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        LoggingExporter(**options)  # type: ignore[arg-type]


# -- JSON lines


def test_json_lines_append_to_a_file(tmp_path: Path) -> None:
    export = JSONLinesExporter(tmp_path / "requests.jsonl")
    export(TIMING._replace(path="/é"))
    export(FAILED)
    export.close()
    export(STREAM)
    export.close()
    first, second, third = map(json.loads, (tmp_path / "requests.jsonl").read_text("ascii").splitlines())
    assert (first["path"], first["outcome"], first["duration"]) == ("/é", "ok", 0.02)
    assert second["error_type"] == "ValueError"
    assert "status" not in second
    assert third["kind"] == "stream"


def test_json_lines_write_to_a_stream() -> None:
    stream = io.StringIO()
    JSONLinesExporter(stream)(TIMING)
    assert json.loads(stream.getvalue())["route"] == "/u/{id}"


def test_threads_do_not_tear_lines(tmp_path: Path) -> None:
    export = JSONLinesExporter(tmp_path / "requests.jsonl")
    threads = [threading.Thread(target=export_often, args=(export, TIMING, 100)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    export.close()
    lines = (tmp_path / "requests.jsonl").read_text().splitlines()
    assert len([json.loads(line) for line in lines]) == 400


# -- histogram


def test_a_request_is_counted_in_its_bucket() -> None:
    export = HistogramExporter((0.01, 0.02, 0.1))
    for duration in (0.005, 0.02, 0.05, 7.0):
        export(TIMING._replace(duration=duration))
    (distribution,) = export.snapshot().values()
    assert distribution == Distribution((0.01, 0.02, 0.1), (1, 1, 1, 1), loosely(pytest.approx(7.075)))
    assert distribution.requests == 4


def test_streams_never_mix_with_the_rest() -> None:
    export = HistogramExporter()
    export(TIMING)
    export(STREAM)
    key = SeriesKey("GET", "/u/{id}", 200, Outcome.OK, Kind.PLAIN)
    assert set(export.snapshot()) == {key, key._replace(kind=Kind.STREAM)}
    export.clear()
    assert export.snapshot() == {}


def test_routes_without_end_are_counted_together() -> None:
    export = HistogramExporter()
    for number in range(MAX_SERIES + 5):
        export(TIMING._replace(route=f"/{number}"))
    found = export.snapshot()
    assert len(found) == MAX_SERIES + 1
    assert found[SeriesKey("GET", "(other)", 200, Outcome.OK, Kind.PLAIN)].requests == 5


def test_threads_lose_no_count() -> None:
    export = HistogramExporter()
    threads = [threading.Thread(target=export_often, args=(export, TIMING, 500)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [d.requests for d in export.snapshot().values()] == [2000]


@example([1.0000000001164153, 1.0000000001164153], 0.0)
@given(st.lists(st.floats(0, 20), min_size=1, max_size=100), st.floats(0, 1))
def test_a_quantile_is_within_its_bucket(durations: list[float], fraction: float) -> None:
    export = HistogramExporter()
    # A record keeps nanoseconds: what it says of its duration is what was exported, not the float that made it.
    timings = [TIMING._replace(duration=duration) for duration in durations]
    for timing in timings:
        export(timing)
    (distribution,) = export.snapshot().values()
    estimate = distribution.quantile(fraction)
    exact = sorted(timing.duration for timing in timings)[max(math.ceil(fraction * len(timings)), 1) - 1]
    bucket = bisect_left(distribution.bounds, exact)
    edges = (0.0, *distribution.bounds, distribution.bounds[-1])
    assert edges[bucket] - 1e-9 <= estimate <= edges[bucket + 1] + 1e-9


def test_a_quantile_of_nothing_is_not_a_number() -> None:
    empty = Distribution((1.0,), (0, 0), 0.0)
    assert empty.quantile(0.5) != empty.quantile(0.5)
    with pytest.raises(ValueError):
        empty.quantile(2)


@pytest.mark.parametrize("bounds", [(), (1, 1), (2, 1)])
def test_bounds_must_rise(bounds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError):
        HistogramExporter(bounds)


# -- sampling


@pytest.mark.parametrize(
    ("timing", "chance", "kept"),
    [
        (TIMING, 0.05, True),
        (TIMING, 0.5, False),
        (FAILED, 0.99, True),
        (TIMING._replace(duration=2.0), 0.99, True),
        (STREAM, 0.99, False),
    ],
)
def test_sampling_drops_only_what_is_dull(timing: RequestTiming, chance: float, kept: bool) -> None:
    memory = MemoryExporter()
    SamplingExporter(memory, 0.1, slow=1.0, chance=lambda: chance)(timing)
    assert bool(memory.records()) is kept


def test_sampling_checks_its_arguments() -> None:
    with pytest.raises(ValueError):
        SamplingExporter(print, 10)
    with pytest.raises(TypeError):
        SamplingExporter(7, 0.1)  # type: ignore[arg-type]
