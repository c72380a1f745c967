"""What bodies that are received before a thread is taken may cost: memory and disk together, and time."""

from __future__ import annotations

import logging
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.validate import validator

import anyio
import anyio.to_thread
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridgekit import WSGIToASGI
from bridgekit.adapters.shared.budget import Budget
from bridgekit.adapters.wsgi_to_asgi import body_pace
from bridgekit.adapters.wsgi_to_asgi.body_pace import Pace
from bridgekit.adapters.wsgi_to_asgi.body_stream import Upload
from bridgekit.adapters.wsgi_to_asgi.stored_body import Room, StoredBody
from bridgekit.exceptions import RequestTimeout
from bridgekit.typing import Environ, StartResponse
from tests.helpers.asgi_driver import Connection, Loop, body_events, reached, serving, upload_scope
from tests.helpers.waiting import until
from tests.helpers.wsgi_apps import PLAIN, answers, reports

Adapt = Callable[..., WSGIToASGI]


def held(adapter: WSGIToASGI) -> tuple[int, int]:
    """Bytes in memory and on disk."""
    return adapter.room.memory.used, adapter.room.disk.used


def all_given_back(adapter: WSGIToASGI) -> bool:
    """A thread gives back what its request held just after the response has left."""
    until(lambda: held(adapter) == (0, 0))
    return True


def half_way(length: int | None, *pieces: bytes, **scope: Any) -> Connection:
    """A client that has sent some of its body."""
    return Connection(upload_scope(length, **scope), body_events(*pieces, complete=False))


def on_disk(environ: Environ) -> tuple[bool, bytes]:
    """Whether the body lies on disk, and the body."""
    stream = environ["wsgi.input"].input  # the validator's wrapper has it there
    try:
        stream.fileno()
    except OSError:
        return False, stream.read()
    return True, stream.read()


# Memory


def test_bodies_on_their_way_share_the_memory_and_then_lie_on_disk(adapt: Adapt, loop: Loop) -> None:
    """Slow clients with bodies just below ``prebuffer`` cost no more memory than ``buffer_memory``, and none is refused."""
    app, seen = reports(on_disk)
    adapter = adapt(app, buffer_memory=1005)
    slow = [half_way(500, b"x" * 499) for _ in range(4)]

    async def main() -> None:
        async with anyio.create_task_group() as tasks:

            async def one(connection: Connection) -> None:
                async with serving(adapter, connection):
                    pass

            for connection in slow:
                tasks.start_soon(one, connection)
                await connection.until(lambda connection=connection: connection.receive_calls == 2)  # type: ignore[misc]
            assert held(adapter) == (998, 998)
            assert adapter.pool.threads == 0
            for connection in slow:
                connection.bring(*body_events(b"y"))

    loop.run(main)
    assert [connection.status for connection in slow] == [200] * 4
    assert sorted(seen, key=str) == [(False, b"x" * 499 + b"y")] * 2 + [(True, b"x" * 499 + b"y")] * 2
    assert all_given_back(adapter)


def test_a_body_in_memory_counts_until_its_request_ends(adapt: Adapt, loop: Loop) -> None:
    """It is there while the request waits for a thread, and while the application runs."""
    begun, go_on = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"] = None  # what the application does with its environ changes nothing
        begun.set()
        assert go_on.wait(20)
        start_response("200 OK", list(PLAIN))
        return [b""]

    adapter = adapt(app, max_workers=1)
    first, second = (Connection(upload_scope(3), body_events(b"abc")) for _ in range(2))

    async def main() -> None:
        async with serving(adapter, first):
            await reached(begun)
            async with serving(adapter, second):
                await second.until(lambda: second.receive_calls == 1)
                assert held(adapter) == (6, 0)
                go_on.set()

    loop.run(main)
    assert (first.status, second.status, all_given_back(adapter)) == (200, 200, True)


ENDINGS: dict[str, Callable[[Connection, anyio.CancelScope], None]] = {
    "leaves": lambda connection, scope: connection.leave(),
    "is cancelled": lambda connection, scope: scope.cancel(),
    "breaks": lambda connection, scope: connection._events.append(RuntimeError("the server has a bug")),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("room", [{}, {"prebuffer": 2}], ids=["memory", "disk"])
def test_a_request_that_breaks_off_gives_back_its_room(
    adapt: Adapt, loop: Loop, ending: str, room: dict[str, int]
) -> None:
    app, seen = reports(on_disk)
    adapter = adapt(app, **room)
    connection = half_way(None, b"abc")

    async def main() -> None:
        async with serving(adapter, connection) as scope:
            await connection.until(lambda: connection.receive_calls == 2)
            assert sum(held(adapter)) == 3
            ENDINGS[ending](connection, scope)
            connection.changed()

    loop.run(main)
    assert (seen, all_given_back(adapter)) == ([], True)


@pytest.mark.parametrize("room", [{}, {"prebuffer": 0}], ids=["memory", "disk"])
def test_a_request_without_a_thread_gives_back_its_room(
    adapt: Adapt, loop: Loop, room: dict[str, int]
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun.set()
        assert go_on.wait(20)
        start_response("200 OK", list(PLAIN))
        return [b""]

    adapter = adapt(app, max_workers=1, max_queue=0, **room)
    first, refused = (Connection(upload_scope(None), body_events(b"abc")) for _ in range(2))

    async def main() -> None:
        async with serving(adapter, first):
            await reached(begun)
            async with serving(adapter, refused):
                pass
            assert sum(held(adapter)) == 3
            go_on.set()

    loop.run(main)
    assert (refused.status, all_given_back(adapter)) == (503, True)


def test_the_app_that_raises_gives_back_its_room(adapt: Adapt, loop: Loop) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        raise LookupError("mine")

    adapter = adapt(app, prebuffer=0)
    with pytest.raises(LookupError):
        loop.post(adapter, b"abc", chunked=True)
    assert all_given_back(adapter)


def test_small_pieces_weigh_no_more_than_they_are_counted_for() -> None:
    """A client may cut its body into pieces of two bytes, each of which would be an object of thirty-five."""
    body = StoredBody(Room(10**6, None, 0))
    tracemalloc.start()
    try:
        for number in range(50_000):
            assert body.keep(b"%02d" % (number % 100))
        held = tracemalloc.get_traced_memory()[0]
        anyio.run(body.finish)
    finally:
        tracemalloc.stop()
    assert held < 300_000
    assert body.file is not None
    assert body.file.read() == b"".join(b"%02d" % (number % 100) for number in range(50_000))


@given(st.lists(st.integers(0, 3000), max_size=30), st.integers(0, 5000))
@settings(deadline=None, max_examples=50)
def test_a_stored_body_is_its_pieces(sizes: list[int], each: int) -> None:
    """Whatever their sizes, in memory and on disk."""
    # Hypothesis draws sizes and no bytes: it gives up on examples of some kilobytes, and older ones call that flaky.
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    room = Room(each, 20_000, None)
    body = StoredBody(room)

    async def main() -> None:
        for piece in pieces:
            if not body.keep(piece):
                await body.spill(piece)
        await body.finish()

    anyio.run(main)
    assert body.file is not None
    assert body.file.read() == b"".join(pieces)
    assert (body.length, room.memory.used + room.disk.used) == (len(b"".join(pieces)),) * 2
    body.release()
    body.release()
    assert (room.memory.used, room.disk.used) == (0, 0)


# Disk


def test_one_body_of_unknown_length_takes_a_quarter_of_the_disk(adapt: Adapt, loop: Loop) -> None:
    """One anonymous upload must not fill the disk before the application has seen it: 413, and all is given back."""
    app, seen = reports(on_disk)
    adapter = adapt(app, prebuffer=10, buffer_disk=400)
    assert loop.post(adapter, *[b"x" * 50] * 2, chunked=True).status == 200
    refused = loop.serve(adapter, half_way(None, *[b"x" * 50] * 3))
    assert (refused.status, refused.complete) == (413, True)
    assert b"limit of 100 bytes for one without Content-Length" in refused.body
    assert (seen, all_given_back(adapter)) == ([(True, b"x" * 100)], True)


def test_a_body_that_declares_its_length_streams_beyond_that(adapt: Adapt, loop: Loop) -> None:
    app, seen = reports(lambda environ: len(environ["wsgi.input"].read(-1)))
    loop.post(adapt(app, prebuffer=10, buffer_disk=0), b"x" * 500, b"x" * 500)
    assert seen == [1000]


def test_without_disk_bodies_stay_in_memory(
    adapt: Adapt, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``buffer_disk=0``, for a file system that may not be written to."""

    def no_file() -> None:
        raise AssertionError("unreachable: no file may be made")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    app, seen = reports(on_disk)
    adapter = adapt(app, prebuffer=10, buffer_disk=0)
    assert loop.post(adapter, b"x" * 5, b"x" * 5, chunked=True).status == 200
    assert loop.serve(adapter, half_way(None, b"x" * 11)).status == 413
    assert seen == [(False, b"x" * 10)]


def test_bodies_beyond_the_room_of_all_are_answered_503(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    """RFC 9110 15.6.4: it is the server that is full, and only for now. The log names the options."""
    app, seen = reports(on_disk)
    adapter = adapt(app, prebuffer=100, buffer_memory=0, buffer_disk=400, retry_after=7)
    holders = [half_way(None, b"x" * 100) for _ in range(4)]
    late = half_way(20, b"x" * 10)

    async def main() -> None:
        async with anyio.create_task_group() as tasks:

            async def one(connection: Connection) -> None:
                async with serving(adapter, connection):
                    pass

            for connection in holders:
                tasks.start_soon(one, connection)
                await connection.until(lambda connection=connection: connection.receive_calls == 2)  # type: ignore[misc]
            with caplog.at_level(logging.ERROR, logger="bridgekit"):
                await one(late)
            assert held(adapter) == (0, 400)
            for connection in holders:
                connection.leave()

    loop.run(main)
    assert (late.status, late.header(b"retry-after"), late.complete) == (503, b"7", True)
    assert "buffer_memory=0, buffer_disk=400" in caplog.text
    assert (seen, all_given_back(adapter)) == ([], True)


def test_a_disk_that_cannot_be_written_to_is_answered_503(
    adapt: Adapt, loop: Loop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cause is in the log, with its traceback; the client is told to come again."""

    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    adapter = adapt(answers(b"x"), prebuffer=0)
    with caplog.at_level(logging.ERROR, logger="bridgekit"):
        connection = loop.post(adapter, b"abc", chunked=True)
    assert (connection.status, held(adapter)) == (503, (0, 0))
    assert "No space left on device" in caplog.text


@pytest.mark.parametrize(
    ("each", "memory", "disk", "largest"),
    [
        (100, 1000, 1000, 250),
        (100, 1000, 0, 100),
        (100, 50, 0, 50),
        (100, None, 0, 100),
        (100, 1000, None, None),
        (300, 1000, 1000, 300),
    ],
)
def test_how_large_a_body_of_unknown_length_may_be(
    each: int, memory: int | None, disk: int | None, largest: int | None
) -> None:
    assert Room(each, memory, disk).largest == largest


def test_a_budget_is_not_overdrawn() -> None:
    budget = Budget(10)
    account = budget.account
    assert account.take(10)
    assert not account.take(1)
    account.give(10)
    assert (account.take(11), account.take(0), budget.used) == (False, True, 0)
    assert Budget(None).account.take(2**63)


# Time


class Clock:
    """`time`, as the test sets it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(body_pace, "time", made)
    return made


def late_after(clock: Clock, pace: Pace, seconds: float) -> bool:
    clock.now += seconds
    return pace.late()


def test_a_silent_client_is_late(clock: Clock) -> None:
    pace = Pace(30.0, 500.0)
    assert not pace.late()
    assert not late_after(clock, pace, 29.9)
    assert late_after(clock, pace, 0.2)


def test_a_byte_now_and_then_buys_no_time(clock: Clock) -> None:
    pace = Pace(30.0, 500.0)
    assert not pace.late()
    for _ in range(5):
        pace.received += 1
        late = late_after(clock, pace, 6.0)
    assert late


def test_what_came_fast_before_buys_no_time(clock: Clock) -> None:
    """A client that sends a megabyte at once and then nothing is as late as any other."""
    pace = Pace(30.0, 500.0)
    pace.received += 10**6
    assert not pace.late()
    assert late_after(clock, pace, 30.0)


def test_a_slow_client_that_goes_on_is_in_time(clock: Clock) -> None:
    pace = Pace(30.0, 500.0)
    for _ in range(100):
        pace.received += 5000
        assert not late_after(clock, pace, 9.0)


def test_what_is_not_the_clients_fault_makes_it_not_late(clock: Clock) -> None:
    """Writing to disk, or an application that reads slowly."""
    pace = Pace(30.0, 500.0)
    assert not pace.late()
    pace.busy = True
    assert not late_after(clock, pace, 1000.0)
    pace.busy = False
    assert not pace.late()
    assert late_after(clock, pace, 30.0)


@pytest.mark.parametrize("options", [{}, {"prebuffer": 0}])
def test_without_a_limit_a_client_may_take_its_time(
    adapt: Adapt, loop: Loop, options: dict[str, int]
) -> None:
    app, seen = reports(lambda environ: environ["wsgi.input"].read(6))
    connection = half_way(6, b"abc")

    async def main() -> None:
        async with serving(adapt(app, body_timeout=None, **options), connection):
            await connection.until(lambda: connection.receive_calls == 2)
            connection.bring(*body_events(b"def"))

    loop.run(main)
    assert seen == [b"abcdef"]


@pytest.mark.parametrize("length", [100, None], ids=["declared", "chunked"])
@pytest.mark.parametrize("pieces", [[], [b"abc"]])
def test_a_body_that_does_not_come_is_answered_408(
    adapt: Adapt, loop: Loop, length: int | None, pieces: list[bytes]
) -> None:
    """RFC 9110 15.5.9, with ``Connection: close``. No thread is taken, and what is there is given back."""
    app, seen = reports(on_disk)
    adapter = adapt(app, body_timeout=0.01)
    connection = loop.serve(adapter, half_way(length, *pieces))
    assert (connection.status, connection.header(b"connection")) == (408, b"close")
    assert connection.complete
    assert (seen, adapter.pool.threads, held(adapter)) == ([], 0, (0, 0))


def test_http_2_has_no_connection_to_close(adapt: Adapt, loop: Loop) -> None:
    """RFC 9113 8.2.2: connection-specific fields are malformed."""
    adapter = adapt(answers(b""), body_timeout=0.01)
    connection = loop.serve(adapter, half_way(100, b"abc", http_version="2"))
    assert (connection.status, connection.header(b"connection")) == (408, None)


def test_a_streamed_body_that_does_not_come_ends_the_read(adapt: Adapt, loop: Loop) -> None:
    """A stalled upload would hold its thread for ever. What came can be read; the answer is 408 unless the application gives one."""
    got: list[bytes] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        got.append(environ["wsgi.input"].read(3))
        got.append(environ["wsgi.input"].read(3))
        raise AssertionError("unreachable: the read raises")

    adapter = adapt(validator(app), prebuffer=0, body_timeout=0.01)
    connection = loop.serve(adapter, half_way(100, b"abc"))
    assert (connection.status, connection.header(b"connection"), got) == (408, b"close", [b"abc"])


def test_the_application_may_answer_for_a_body_that_does_not_come(adapt: Adapt, loop: Loop) -> None:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with pytest.raises(RequestTimeout) as caught:
            environ["wsgi.input"].read(3)
        assert isinstance(caught.value, OSError)
        start_response("400 Mine", list(PLAIN))
        return [b"mine"]

    adapter = adapt(validator(app), prebuffer=0, body_timeout=0.01)
    connection = loop.serve(adapter, half_way(100, b"ab"))
    assert (connection.status, connection.body) == (400, b"mine")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The times at which the uploads were looked at; each look is an hour after the one before."""
    clock, tick, seen = Clock(), Upload.tick, []

    def look(upload: Upload) -> None:
        clock.now += 3600
        seen.append(clock.now)
        tick(upload)

    monkeypatch.setattr(body_pace, "time", clock)
    monkeypatch.setattr(Upload, "tick", look)
    return seen


async def three_more(looks: list[float]) -> None:
    start = len(looks)
    await anyio.to_thread.run_sync(until, lambda: len(looks) >= start + 3)


def test_a_streamed_body_of_unknown_length_may_pause(adapt: Adapt, loop: Loop, looks: list[float]) -> None:
    """``buffer_chunked=False`` is for conversations."""
    first, second = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        assert environ["wsgi.input"].read(3) == b"abc"
        first.set()
        assert environ["wsgi.input"].read(3) == b"def"
        second.set()
        start_response("200 OK", list(PLAIN))
        return [b""]

    connection = half_way(None, b"abc")
    adapter = adapt(validator(app), buffer_chunked=False)

    async def main() -> None:
        async with serving(adapter, connection):
            await reached(first)
            await three_more(looks)
            connection.bring(*body_events(b"def"))
            await reached(second)

    loop.run(main)
    assert connection.status == 200


def test_time_is_only_the_clients_while_the_client_is_waited_for(
    adapt: Adapt, loop: Loop, looks: list[float]
) -> None:
    """An application that works between two reads does not make its client late."""
    begun, go_on = threading.Event(), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun.set()
        assert go_on.wait(20)
        start_response("200 OK", list(PLAIN))
        return [environ["wsgi.input"].read(100)]

    connection = half_way(100, b"x" * 60)
    adapter = adapt(validator(app), prebuffer=0, window=10)

    async def main() -> None:
        async with serving(adapter, connection):
            await reached(begun)
            await three_more(looks)
            connection.bring(*body_events(b"x" * 40))
            await connection.until(lambda: not connection._events or connection.receiving == 0)
            go_on.set()

    loop.run(main)
    assert connection.body == b"x" * 100
