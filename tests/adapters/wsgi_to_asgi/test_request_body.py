"""``wsgi.input`` as a real binary file, however the body arrives."""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.validate import validator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridgekit import WSGIToASGI
from bridgekit.exceptions import ClientDisconnected
from bridgekit.typing import Environ, StartResponse
from tests.helpers.asgi_driver import (
    LOOPS,
    Connection,
    Loop,
    body_events,
    http_scope,
    reached,
    serving,
    upload_scope,
)
from tests.helpers.wsgi_apps import PLAIN, answers, reports

Adapt = Callable[..., WSGIToASGI]

WAYS: dict[str, dict[str, Any]] = {
    "buffered": {},
    "streamed": {"prebuffer": 0, "buffer_chunked": False},
    "spooled": {"prebuffer": 0},
}


def read_by(adapter: WSGIToASGI, loop: Loop, pieces: list[bytes], *, chunked: bool) -> Connection:
    return loop.post(adapter, *pieces, chunked=chunked)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """How the body gets to the application."""
    name: str = request.param
    return name


def test_is_a_readable_binary_file(adapt: Adapt, loop: Loop, way: str) -> None:
    """The io module's contract, which frameworks' parsers rely on."""

    def probe(environ: Environ) -> dict[str, Any]:
        stream = environ["wsgi.input"]
        buffer = bytearray(4)

        def as_text() -> str:
            text = io.TextIOWrapper(stream, "utf-8")
            try:
                return text.read()
            finally:
                text.detach()

        return {
            "readable": stream.readable(),
            "closed": stream.closed,
            "read(0)": stream.read(0),
            "readinto": (stream.readinto(buffer), bytes(buffer)),
            "read1": stream.read1(2),
            "readline(2)": stream.readline(2),
            "next": next(stream),
            "rest": as_text(),
        }

    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(probe(environ))
        start_response("200 OK", list(PLAIN))
        return [b""]

    read_by(
        adapt(app, **WAYS[way]),
        loop,
        [b"0123", b"45ab", b"cd\nefg\nh\xc3", b"\xa9"],
        chunked=way == "spooled",
    )
    assert seen == [
        {
            "readable": True,
            "closed": False,
            "read(0)": b"",
            "readinto": (4, b"0123"),
            "read1": b"45",
            "readline(2)": b"ab",
            "next": b"cd\n",
            "rest": "efg\nhé",
        }
    ]


@pytest.mark.parametrize("size", [(), (-1,), (-2,), (-(2**31),), (None,), (2**62,)])
def test_every_way_to_say_all(adapt: Adapt, loop: Loop, way: str, size: tuple[Any, ...]) -> None:
    """`io.BytesIO.read` takes None and every negative number for "all"; so does ``wsgi.input``, in every form."""
    if size == (2**62,) and way != "buffered":
        size = (2**20,)  # a BufferedReader allocates what it is asked for
    seen: list[bytes] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(environ["wsgi.input"].read(*size))
        start_response("200 OK", list(PLAIN))
        return [b""]

    read_by(adapt(app, **WAYS[way]), loop, [b"abc", b"def", b"g"], chunked=way == "spooled")
    assert seen == [b"abcdefg"]


def test_empty_body_reads_empty(adapt: Adapt, loop: Loop, way: str) -> None:
    """At the end every method says so, and goes on saying so."""

    def probe(environ: Environ) -> list[Any]:
        stream = environ["wsgi.input"]
        return [stream.read(1), stream.readline(), stream.readlines(), list(stream), stream.read(-1)]

    app, seen = reports(probe)
    adapter = adapt(app, **WAYS[way])
    loop.post(adapter, b"", b"", chunked=True)
    loop.get(adapter)
    assert seen == [[b"", b"", [], [], b""]] * 2


operations = st.one_of(
    st.tuples(st.just("read"), st.one_of(st.integers(-3, 40), st.none())),
    st.tuples(st.just("readline"), st.integers(-3, 40)),
    st.tuples(st.just("readlines"), st.integers(-1, 40)),
    st.tuples(st.just("readinto"), st.integers(0, 40)),
    st.tuples(st.just("next"), st.none()),
    st.tuples(st.just("read1"), st.integers(0, 0)),
)


def perform(stream: Any, operation: str, argument: Any) -> Any:
    if operation == "readinto":
        buffer = bytearray(argument)
        count = stream.readinto(buffer)
        return count, bytes(buffer)
    if operation == "next":
        return next(stream, "the end")
    return getattr(stream, operation)(argument)


bodies = st.lists(
    st.one_of(st.binary(max_size=30), st.text("ab\n\r", max_size=30).map(str.encode)), max_size=8
)


@pytest.mark.parametrize("way", WAYS)
@given(pieces=bodies, work=st.lists(operations, max_size=25))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_reads_as_a_file_in_memory_does(way: str, pieces: list[bytes], work: list[tuple[str, Any]]) -> None:
    """Any sequence of reads gives what it gives on a file of the standard library with the same content."""
    pieces = [*pieces, b""]
    oracle = io.BufferedReader(io.BytesIO(b"".join(pieces)))  # type: ignore[arg-type]  # BytesIO serves as raw file

    def expected(operation: str, argument: Any) -> Any:
        negative = operation == "read" and (argument is None or argument < 0)
        return perform(oracle, operation, -1 if negative else argument)

    if way == "buffered":  # io.BytesIO itself: stops `readlines` at the hint, others beyond it
        work = [(name, argument) for name, argument in work if name != "readlines"]
    found: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        found.extend(perform(environ["wsgi.input"], *step) for step in work)
        found.append(environ["wsgi.input"].read())
        start_response("200 OK", list(PLAIN))
        return [b""]

    adapter = WSGIToASGI(app, **WAYS[way])
    try:
        read_by(adapter, LOOPS[0], pieces, chunked=way == "spooled")
    finally:
        adapter.pool.shutdown()
    assert found == [*(expected(*step) for step in work), oracle.read()]


# Bodies of unknown length: the same request, the same environ


def told(environ: Environ) -> dict[str, Any]:
    """All that the environ says of a body, and the body."""
    keys = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "wsgi.input_terminated")
    return {key: environ[key] for key in keys if key in environ} | {"body": environ["wsgi.input"].read(-1)}


CUTS: list[list[bytes]] = [
    [b"abcdef"],
    [b"abcdef", b""],
    [b"abc", b"def"],
    [b"", b"abc", b"", b"def", b""],
    [b"a", b"b", b"c", b"d", b"e", b"f"],
]


@pytest.mark.parametrize("expect", [[], [(b"expect", b"100-continue")]], ids=["", "expect"])
@pytest.mark.parametrize("room", [{}, {"prebuffer": 2}, {"prebuffer": 0}, {"buffer_memory": 1}])
def test_a_chunked_body_is_received_whole_however_it_was_cut(
    adapt: Adapt, loop: Loop, expect: list[Any], room: dict[str, int]
) -> None:
    """Django, Bottle and most middleware take a body without CONTENT_LENGTH for empty, in memory and on disk."""
    app, seen = reports(told)
    adapter = adapt(app, **room)
    for cut in CUTS:
        loop.post(adapter, *cut, chunked=True, headers=expect)
    whole = {"CONTENT_LENGTH": "6", "wsgi.input_terminated": True, "body": b"abcdef"}
    assert seen == [whole] * len(CUTS)


@pytest.mark.parametrize("expect", [[], [(b"expect", b"100-continue")]], ids=["", "expect"])
def test_a_chunked_body_streams_however_it_was_cut(adapt: Adapt, loop: Loop, expect: list[Any]) -> None:
    """``buffer_chunked=False``: no length even where it happens to be known, and ``wsgi.input_terminated``."""
    app, seen = reports(told)
    adapter = adapt(app, buffer_chunked=False)
    for cut in CUTS:
        loop.post(adapter, *cut, chunked=True, headers=expect)
    streamed = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "body": b"abcdef"}
    assert seen == [streamed] * len(CUTS)


@pytest.mark.parametrize("options", [{}, {"prebuffer": 0}, {"prebuffer": 5}])
@pytest.mark.parametrize("expect", [[], [(b"expect", b"100-continue")]], ids=["", "expect"])
def test_a_body_of_known_length_is_told_the_same_however_it_was_cut(
    adapt: Adapt, loop: Loop, expect: list[Any], options: dict[str, int]
) -> None:
    app, seen = reports(told)
    adapter = adapt(app, **options)
    for cut in CUTS:
        loop.post(adapter, *cut, headers=expect)
    assert seen == [{"CONTENT_LENGTH": "6", "wsgi.input_terminated": True, "body": b"abcdef"}] * len(CUTS)


def test_an_empty_chunked_body_has_length_zero(adapt: Adapt, loop: Loop) -> None:
    app, seen = reports(told)
    adapter = adapt(app)
    for cut in ([b""], [b"", b""]):
        loop.post(adapter, *cut, chunked=True)
    assert seen == [{"CONTENT_LENGTH": "0", "wsgi.input_terminated": True, "body": b""}] * 2


@pytest.mark.parametrize("cut", [[b"abcdef"], [b"abc", b"def"]])
def test_http_2_needs_no_length(adapt: Adapt, loop: Loop, cut: list[bytes]) -> None:
    """RFC 9113 8.1: a body may come without Content-Length, and Transfer-Encoding is forbidden."""
    app, seen = reports(told)
    for headers in ([], [(b"expect", b"100-continue")]):
        scope = http_scope(method="POST", http_version="2", headers=headers)
        loop.serve(adapt(app), Connection(scope, body_events(*cut)))
    assert seen == [{"CONTENT_LENGTH": "6", "wsgi.input_terminated": True, "body": b"abcdef"}] * 2


@pytest.mark.parametrize("cut", [[b""], [b"", b""]])
def test_no_body_has_no_length(adapt: Adapt, loop: Loop, cut: list[bytes]) -> None:
    app, seen = reports(told)
    for version in ("1.1", "2"):
        loop.serve(adapt(app), Connection(http_scope(http_version=version), body_events(*cut)))
    assert seen == [{"wsgi.input_terminated": True, "body": b""}] * 2


@pytest.mark.parametrize("options", [{}, {"buffer_chunked": False}])
@pytest.mark.parametrize("length", [b"2", b"50", b"x"])
def test_transfer_encoding_overrides_a_length_beside_it(
    adapt: Adapt, loop: Loop, options: dict[str, bool], length: bytes
) -> None:
    """RFC 9112 6.3: the server went by the coding. h11 shows both headers, and the length would cut the body."""
    app, seen = reports(told)
    loop.post(adapt(app, **options), b"abc", b"def", chunked=True, headers=[(b"content-length", length)])
    assert seen[0]["body"] == b"abcdef"
    assert seen[0].get("CONTENT_LENGTH") == ("6" if not options else None)


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"gzip", b"identity", b"chunked, chunked", b""])
def test_another_transfer_coding_is_answered_501(adapt: Adapt, loop: Loop, coding: bytes) -> None:
    """RFC 9112 6.1: nobody has taken it off, and an application takes the body as it comes."""
    app, seen = reports(told)
    scope = http_scope(method="POST", headers=[(b"transfer-encoding", coding)])
    connection = loop.serve(adapt(app), Connection(scope, body_events(b"abc")))
    assert (connection.status, connection.header(b"connection"), seen) == (501, b"close", [])


@pytest.mark.parametrize("other", [b"b.example", b"a.example", b""])
def test_a_second_host_is_answered_400(adapt: Adapt, loop: Loop, other: bytes) -> None:
    """RFC 9112 3.2: what stands in front may have gone by the one or the other."""
    app, seen = reports(told)
    scope = http_scope(headers=[(b"host", b"a.example"), (b"host", other)])
    connection = loop.serve(adapt(app), Connection(scope, body_events(b"")))
    assert (connection.status, connection.header(b"connection"), seen) == (400, b"close", [])


def test_the_coding_may_be_written_in_any_case(adapt: Adapt, loop: Loop) -> None:
    app, seen = reports(told)
    scope = http_scope(method="POST", headers=[(b"transfer-encoding", b"Chunked ")])
    loop.serve(adapt(app), Connection(scope, body_events(b"abc")))
    assert seen[0]["CONTENT_LENGTH"] == "3"


def test_spooled_file_is_closed_with_its_request(adapt: Adapt, loop: Loop) -> None:
    """A file on disk is not left to the garbage collector: that would be a ResourceWarning, and a descriptor."""
    streams: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        streams.append(environ["wsgi.input"])
        start_response("200 OK", list(PLAIN))
        yield environ["wsgi.input"].read()

    response = loop.post(adapt(app, **WAYS["spooled"]), b"abc", b"def", chunked=True)
    assert response.body == b"abcdef"
    assert streams[0].closed


def test_small_upload_takes_no_thread_before_it_is_complete(adapt: Adapt, loop: Loop) -> None:
    """A slow upload of a small body holds no thread."""
    adapter = adapt(answers(b"done"))
    connection = Connection(upload_scope(6), body_events(b"abc", complete=False))

    async def main() -> None:
        async with serving(adapter, connection):
            await connection.until(lambda: connection.receive_calls == 2)
            assert adapter.pool.threads == 0
            connection.bring(*body_events(b"def"))

    loop.run(main)
    assert connection.body == b"done"


def test_large_upload_starts_the_application_at_its_first_message(adapt: Adapt, loop: Loop) -> None:
    """Streaming: the application reads what is there before the rest has come."""
    first = threading.Event()
    got: list[bytes] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        got.append(environ["wsgi.input"].read(3))
        first.set()
        got.append(environ["wsgi.input"].read(3))
        start_response("200 OK", list(PLAIN))
        return [b""]

    connection = Connection(upload_scope(6), body_events(b"abc", complete=False))

    async def main() -> None:
        async with serving(adapt(validator(app), prebuffer=5), connection):
            await reached(first)
            connection.bring(*body_events(b"def"))

    loop.run(main)
    assert got == [b"abc", b"def"]


def test_upload_is_received_as_it_is_read(adapt: Adapt, loop: Loop) -> None:
    """Backpressure, bounded in bytes: what nobody reads is not received beyond the window."""
    piece = b"x" * 1000
    step, stop = threading.Semaphore(0), threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        while step.acquire(timeout=30) and not stop.is_set():
            assert environ["wsgi.input"].read(1000) == piece
        start_response("200 OK", list(PLAIN))
        return [b""]

    connection = Connection(upload_scope(10**6), [*body_events(*[piece] * 900, complete=False)])
    adapter = adapt(validator(app), prebuffer=0, window=4000)

    async def main() -> None:
        async with serving(adapter, connection):
            step.release()
            await connection.until(lambda: connection.receive_calls >= 4)
            for count in range(2, 200):
                step.release()
                await connection.until(lambda count=count: connection.receive_calls >= count)  # type: ignore[misc]
                # The reader of io takes up to 64 KiB ahead, the window holds 4 kB and the message that fills it.
                assert connection.receive_calls <= count + 66 + 5
            stop.set()
            step.release()

    loop.run(main)


def test_expect_continue_receives_nothing_before_the_first_read(adapt: Adapt, loop: Loop) -> None:
    """``receive()`` makes a server send "100 Continue"; whether it should is the application's decision."""
    answered: list[int] = []
    connection = Connection(
        upload_scope(3, headers=[(b"expect", b"100-continue")]),
        body_events(b"abc"),
    )

    def refuse(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        answered.append(connection.receive_calls)
        start_response("417 No", list(PLAIN))
        return [b"no"]

    loop.serve(adapt(validator(refuse)), connection)
    assert (connection.status, answered) == (417, [0])

    app, seen = reports(lambda environ: environ["wsgi.input"].read(3))
    connection = Connection(
        upload_scope(3, headers=[(b"expect", b"100-Continue")]),
        body_events(b"abc"),
    )
    loop.serve(adapt(app), connection)
    assert seen == [b"abc"]


@pytest.mark.parametrize(
    "ending",
    [
        [{"type": "http.disconnect"}],
        [{"type": "http.request", "body": b"", "more_body": False}],
        [OSError("the transport broke")],
        [RuntimeError("the server has a bug")],
    ],
    ids=["disconnect", "short", "OSError", "RuntimeError"],
)
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
def test_truncated_upload_raises(adapt: Adapt, loop: Loop, ending: list[Any], declared: bool) -> None:
    """A body that breaks off never looks complete: what came can be read, then the read raises."""
    if not declared and ending[0] == {"type": "http.request", "body": b"", "more_body": False}:
        pytest.skip("a chunked body that ends is complete")
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        stream = environ["wsgi.input"]
        seen.append(stream.read(3))
        for _ in range(2):
            with pytest.raises(ClientDisconnected) as caught:
                stream.read(3)
            seen.append(caught.type)
        assert issubclass(ClientDisconnected, OSError)
        raise caught.value

    connection = Connection(
        upload_scope(100 if declared else None), [*body_events(b"abc", complete=False), *ending]
    )
    # It is raised on to a server that did not say that the client has gone.
    with contextlib.suppress(ClientDisconnected):
        loop.serve(adapt(app, prebuffer=0, buffer_chunked=False), connection)
    assert seen == [b"abc", ClientDisconnected, ClientDisconnected]


def test_truncated_small_upload_never_reaches_the_application(adapt: Adapt, loop: Loop) -> None:
    """The client left before its request was complete: there is no request, and nobody to answer."""
    app, seen = reports(lambda environ: None)
    connection = Connection(
        upload_scope(100), [*body_events(b"abc", complete=False), {"type": "http.disconnect"}]
    )
    loop.serve(adapt(app), connection)
    assert (seen, connection.sent) == ([], [])


def test_disconnect_as_the_first_message(adapt: Adapt, loop: Loop) -> None:
    """The client left before anything was received."""
    app, seen = reports(lambda environ: None)
    connection = Connection(http_scope(), [{"type": "http.disconnect"}])
    loop.serve(adapt(app), connection)
    assert (seen, connection.sent) == ([], [])


@pytest.mark.parametrize("body", [memoryview(b"abc"), bytearray(b"abc")])
def test_body_as_any_buffer(adapt: Adapt, loop: Loop, body: Any) -> None:
    """DESIGN 16: pieces of body in every legal form, and messages without their optional keys."""
    app, seen = reports(lambda environ: environ["wsgi.input"].read(10))
    for options in ({}, {"prebuffer": 0}):
        events = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.request"}]
        loop.serve(adapt(app, **options), Connection(upload_scope(3), events))
    assert seen == [b"abc", b"abc"]


# max_body_size


def test_body_that_declares_too_much_is_refused_unread(adapt: Adapt, loop: Loop) -> None:
    """RFC 9110 15.5.14: 413 Content Too Large, without receiving it and without the application."""
    app, seen = reports(lambda environ: None)
    connection = Connection(upload_scope(11), body_events(b"x" * 11))
    loop.serve(adapt(app, max_body_size=10), connection)
    assert (connection.status, connection.receive_calls, seen) == (413, 0, [])
    assert connection.complete


def test_body_of_just_the_limit_is_taken(adapt: Adapt, loop: Loop) -> None:
    """The limit itself is allowed."""
    app, seen = reports(lambda environ: environ["wsgi.input"].read(20))
    adapter = adapt(app, max_body_size=10)
    loop.post(adapter, b"x" * 10)
    loop.post(adapter, b"x" * 5, b"x" * 5, chunked=True)
    assert seen == [b"x" * 10] * 2


@pytest.mark.parametrize("options", [{"buffer_chunked": False}, {}], ids=["streamed", "buffered"])
def test_chunked_body_over_the_limit(adapt: Adapt, loop: Loop, options: dict[str, Any]) -> None:
    """A body that turns out too long: the read raises, and the answer is 413 unless the application answers itself."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"].read(100)
        raise AssertionError("unreachable: the read raises")

    connection = Connection(upload_scope(None), body_events(b"x" * 6, b"x" * 6, b""))
    loop.serve(adapt(validator(app), max_body_size=10, **options), connection)
    assert (connection.status, connection.complete) == (413, True)


def test_application_may_answer_for_a_body_over_the_limit(adapt: Adapt, loop: Loop) -> None:
    """RequestTooLarge is an OSError that the application may catch."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        with pytest.raises(OSError, match="limit of 10 bytes"):
            environ["wsgi.input"].read(100)
        start_response("400 Mine", list(PLAIN))
        return [b"mine"]

    connection = Connection(upload_scope(None), body_events(b"x" * 6, b"x" * 6, b""))
    loop.serve(adapt(validator(app), max_body_size=10, buffer_chunked=False), connection)
    assert (connection.status, connection.body) == (400, b"mine")


@pytest.mark.parametrize(
    "lengths", [[b"x"], [b"-1"], [b"1", b"2"], [b"\xb2"], [b"9" * 5000], [b"+3"], [b"3, 4"]]
)
def test_illegal_content_length_is_answered_400(adapt: Adapt, loop: Loop, lengths: list[bytes]) -> None:
    """RFC 9112 6.3: a length that is not a number must not be guessed at."""
    app, seen = reports(lambda environ: None)
    scope = http_scope(method="POST", headers=[(b"content-length", length) for length in lengths])
    connection = Connection(scope, body_events(b"abc"))
    loop.serve(adapt(app), connection)
    assert (connection.status, seen) == (400, [])


def test_equal_content_lengths_count_once(adapt: Adapt, loop: Loop) -> None:
    """RFC 9112 6.3: repeated identical values may be taken as one."""
    app, seen = reports(lambda environ: (environ["CONTENT_LENGTH"], environ["wsgi.input"].read(9)))
    scope = http_scope(method="POST", headers=[(b"content-length", b"3")] * 2)
    loop.serve(adapt(app), Connection(scope, body_events(b"abc")))
    assert seen == [("3", b"abc")]


@pytest.mark.parametrize("blanks", [b" ", b" \t "])
def test_blanks_behind_a_length_are_no_part_of_it(adapt: Adapt, loop: Loop, way: str, blanks: bytes) -> None:
    """RFC 9110 5.5. httptools leaves them in the value."""
    told: list[str] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        told.append(environ["CONTENT_LENGTH"])
        start_response("200 OK", PLAIN)
        return [environ["wsgi.input"].read()]

    scope = http_scope(method="POST", headers=[(b"content-length", b"3" + blanks)])
    connection = loop.serve(adapt(app, **WAYS[way]), Connection(scope, body_events(b"abc")))
    assert (connection.status, connection.body, told) == (200, b"abc", ["3"])
