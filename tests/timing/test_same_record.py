"""Every awkward request yields the same record on both protocols."""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.util import FileWrapper
from wsgiref.validate import validator

import pytest

from bridgekit.timing import ASGITimingMiddleware, Kind, Outcome, RequestTiming, WSGITimingMiddleware
from bridgekit.typing import ASGIApp, Environ, Receive, Scope, Send, StartResponse, WSGIApp
from tests.helpers.loosely import loosely
from tests.timing.clients import EPOCH, ASGIClient, FakeClock, WSGIClient, environ_of, scope_of

TEXT = [("Content-Type", "text/plain")]


@dataclass
class Case:
    """What one scenario is on either side; both share the clock."""

    asgi: ASGIApp
    wsgi: WSGIApp
    expected: dict[str, Any]
    method: str = "GET"
    gone_at: int | None = None
    raises: type[BaseException] | None = None
    asgi_raises: type[BaseException] | None = None
    """Raised on the ASGI side only."""
    request_body: bytes = b""
    closes: bool = True
    validates: bool = True
    environ: dict[str, Any] | None = None


def raw(headers: Iterable[tuple[str, str]] = TEXT) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers]


def respond(
    clock: FakeClock,
    chunks: list[bytes],
    *,
    status: str = "200 OK",
    headers: list[tuple[str, str]] = TEXT,
    before: BaseException | None = None,
    after: int | None = None,
    error: BaseException | None = None,
    as_list: bool = False,
) -> tuple[ASGIApp, WSGIApp]:
    """Applications that take a second before the response and one for each chunk.

    They raise `before` the response starts, or `error` once `after` chunks are out.
    """

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(1)
        if before is not None:
            raise before
        await send({"type": "http.response.start", "status": int(status[:3]), "headers": raw(headers)})
        if as_list:
            await send({"type": "http.response.body", "body": b"".join(chunks)})
            return
        for number, chunk in enumerate(chunks):
            if number == after and error is not None:
                raise error
            clock.advance(1)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if after == len(chunks) and error is not None:
            raise error
        await send({"type": "http.response.body"})

    def produce() -> Iterator[bytes]:
        for number, chunk in enumerate(chunks):
            if number == after and error is not None:
                raise error
            clock.advance(1)
            yield chunk
        if after == len(chunks) and error is not None:
            raise error

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        clock.advance(1)
        if before is not None:
            raise before
        start_response(status, list(headers))
        return chunks if as_list else produce()

    return asgi, wsgi


CASES: dict[str, Callable[[FakeClock], Case]] = {}


def case(function: Callable[[FakeClock], Case]) -> Callable[[FakeClock], Case]:
    CASES[function.__name__] = function
    return function


@case
def hello_as_a_list(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"hello"], as_list=True),
        {"duration": 1.5, "time_to_first_byte": 1.0, "bytes_out": 5, "status": 200, "outcome": Outcome.OK},
    )


@case
def list_of_several_chunks_is_plain(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"hello ", b"world"], as_list=True),
        {"bytes_out": 11, "outcome": Outcome.OK, "kind": Kind.PLAIN},
        validates=False,  # a validator makes an iterator of the list
    )


@case
def empty_list(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [], as_list=True), {"bytes_out": 0, "outcome": Outcome.OK, "kind": Kind.PLAIN}
    )


@case
def generator(clock: FakeClock) -> Case:
    """The end is the last byte, not the return of the application."""
    return Case(
        *respond(clock, [b"aa", b"bb", b"cc"]),
        {
            "duration": 5.5,
            "time_to_first_byte": 2.0,
            "bytes_out": 6,
            "outcome": Outcome.OK,
            "kind": Kind.STREAM,
        },
    )


@case
def generator_of_one_chunk_is_plain(clock: FakeClock) -> Case:
    return Case(*respond(clock, [b"aa"]), {"duration": 2.5, "kind": Kind.PLAIN, "bytes_out": 2})


@case
def event_stream(clock: FakeClock) -> Case:
    headers = [("Content-Type", "text/event-stream; charset=utf-8")]
    return Case(
        *respond(clock, [b"data: 1\n\n"], headers=headers), {"kind": Kind.EVENT_STREAM, "outcome": Outcome.OK}
    )


@case
def not_found(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"no"], status="404 Not Found", as_list=True),
        {"status": 404, "outcome": Outcome.CLIENT_ERROR},
    )


@case
def unavailable(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"no"], status="503 Service Unavailable", as_list=True),
        {"status": 503, "outcome": Outcome.SERVER_ERROR, "error_type": None, "duration": 1.5},
    )


@case
def exception_before_the_response(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [], before=LookupError("no")),
        {
            "status": None,
            "outcome": Outcome.EXCEPTION,
            "error_type": "LookupError",
            "time_to_first_byte": None,
        },
        raises=LookupError,
    )


@case
def exception_in_the_stream(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"aa", b"bb"], after=1, error=ValueError("no")),
        {"status": 200, "outcome": Outcome.STREAM_EXCEPTION, "error_type": "ValueError", "bytes_out": 2},
        raises=ValueError,
    )


@case
def own_os_error_in_the_stream_is_no_lost_client(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"aa", b"bb"], after=1, error=FileNotFoundError("no")),
        {"outcome": Outcome.STREAM_EXCEPTION, "error_type": "FileNotFoundError"},
        raises=FileNotFoundError,
    )


@case
def cancelled_before_the_response(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [], before=asyncio.CancelledError()),
        {"status": None, "outcome": Outcome.CANCELLED, "error_type": "asyncio.exceptions.CancelledError"},
        raises=asyncio.CancelledError,
    )


@case
def cancelled_in_the_stream(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"aa", b"bb"], after=1, error=asyncio.CancelledError()),
        {"status": 200, "outcome": Outcome.CANCELLED, "bytes_out": 2},
        raises=asyncio.CancelledError,
    )


@case
def exit_of_the_worker(clock: FakeClock) -> Case:
    """A gunicorn worker that takes too long is ended by `SystemExit` in the middle of its request."""
    return Case(
        *respond(clock, [], before=SystemExit(1)),
        {"outcome": Outcome.CANCELLED, "error_type": "SystemExit"},
        raises=SystemExit,
    )


@case
def client_gone_in_the_stream(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [b"aa", b"bb", b"cc"]),
        {"status": 200, "outcome": Outcome.CLIENT_GONE, "bytes_out": 4, "kind": Kind.STREAM},
        gone_at=1,
        asgi_raises=BrokenPipeError,
    )


@case
def head(clock: FakeClock) -> Case:
    """A server drops the body of a response to HEAD, so no bytes went out, and none is missing."""
    return Case(*respond(clock, [b"hello"], as_list=True), {"method": "HEAD", "bytes_out": 0}, method="HEAD")


@case
def not_modified(clock: FakeClock) -> Case:
    return Case(
        *respond(clock, [], status="304 Not Modified", headers=[], as_list=True),
        {"status": 304, "outcome": Outcome.OK, "bytes_out": 0},
    )


@case
def unknown_method(clock: FakeClock) -> Case:
    return Case(*respond(clock, [b"x"], as_list=True), {"method": "_OTHER"}, method="BREW", validates=False)


@case
def background_work_is_excluded(clock: FakeClock) -> Case:
    """Starlette runs it after the last message, Werkzeug and Django in ``close()``."""
    plain_asgi, _ = respond(clock, [b"hello"], as_list=True)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        await plain_asgi(scope, receive, send)
        clock.advance(60)

    class Closing:
        def __iter__(self) -> Iterator[bytes]:
            yield b"hello"

        def close(self) -> None:
            clock.advance(60)

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        clock.advance(1)
        start_response("200 OK", list(TEXT))
        return Closing()

    return Case(asgi, wsgi, {"duration": 1.5, "outcome": Outcome.OK})


@case
def error_page_after_an_exception(clock: FakeClock) -> Case:
    """Starlette sends its 500 and raises then; WSGI frameworks pass ``exc_info`` along with theirs."""

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(1)
        await send({"type": "http.response.start", "status": 500, "headers": raw()})
        await send({"type": "http.response.body", "body": b"sorry"})
        raise ValueError("no")

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        clock.advance(1)
        try:
            raise ValueError("no")
        except ValueError:
            start_response("500 Oh", list(TEXT), loosely(sys.exc_info()))
        return [b"sorry"]

    expected = {
        "status": 500,
        "outcome": Outcome.SERVER_ERROR,
        "error_type": "ValueError",
        "bytes_out": 5,
        "duration": 1.5,
    }
    return Case(asgi, wsgi, expected, asgi_raises=ValueError)


@case
def body_through_write(clock: FakeClock) -> Case:
    asgi, _ = respond(clock, [b"aa", b"bb"])

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        clock.advance(1)
        write = start_response("200 OK", list(TEXT))
        for chunk in (b"aa", b"bb"):
            clock.advance(1)
            write(chunk)
        return []

    return Case(asgi, wsgi, {"bytes_out": 4, "time_to_first_byte": 2.0, "duration": 4.0, "kind": Kind.STREAM})


@case
def request_body(clock: FakeClock) -> Case:
    asgi_hello, wsgi_hello = respond(clock, [b"thanks"], as_list=True)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["more_body"]:
            pass
        await asgi_hello(scope, receive, send)

    class SlowInput(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            clock.advance(2)
            return super().read(size)

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        while environ["wsgi.input"].read(5):
            if environ["wsgi.input"].tell() == 10:
                break
        return wsgi_hello(environ, start_response)

    return Case(
        asgi,
        wsgi,
        {"bytes_in": 10, "receive_time": 4.0, "duration": 5.5, "method": "POST"},
        method="POST",
        request_body=b"0123456789",
        validates=False,  # its input wrapper has no tell()
        environ={"wsgi.input": SlowInput(b"0123456789")},
    )


@case
def no_response_at_all(clock: FakeClock) -> Case:
    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(1)

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        clock.advance(1)
        return []

    return Case(asgi, wsgi, {"status": None, "outcome": Outcome.INCOMPLETE, "duration": 1.0}, validates=False)


@case
def file_sent_by_the_server(clock: FakeClock) -> Case:
    """``http.response.pathsend`` and ``wsgi.file_wrapper``: the server reads the file by itself."""
    headers = [*TEXT, ("Content-Length", "7")]

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(1)
        await send({"type": "http.response.start", "status": 200, "headers": raw(headers)})
        await send({"type": "http.response.pathsend", "path": __file__})

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        clock.advance(1)
        start_response("200 OK", list(headers))
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](io.BytesIO(b"content"))
        return wrapped

    expected = {
        "bytes_out": 7,
        "outcome": Outcome.OK,
        "time_to_first_byte": 1.0,
        "duration": 1.5,
        "kind": Kind.PLAIN,
    }
    return Case(asgi, wsgi, expected, environ={"wsgi.file_wrapper": FileWrapper}, validates=False)


@case
def file_of_unknown_size(clock: FakeClock) -> Case:
    made = file_sent_by_the_server(clock)

    async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
        clock.advance(1)
        await send({"type": "http.response.start", "status": 200, "headers": raw()})
        await send({"type": "http.response.pathsend", "path": __file__})

    def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return made.wsgi(environ, lambda status, headers: start_response(status, list(TEXT)))  # type: ignore[arg-type]

    return Case(asgi, wsgi, {"bytes_out": None}, environ={"wsgi.file_wrapper": FileWrapper}, validates=False)


@case
def iterable_never_closed(clock: FakeClock) -> Case:
    """A server that forgets ``close()`` breaks PEP 3333; the record comes with the last chunk all the same."""
    return Case(
        *respond(clock, [b"aa", b"bb"]),
        {"outcome": Outcome.OK, "bytes_out": 4},
        closes=False,
        validates=False,
    )


def measure_asgi(made: Case, clock: FakeClock, **options: Any) -> list[RequestTiming]:
    seen: list[RequestTiming] = []
    app = ASGITimingMiddleware(
        made.asgi, exporters=[seen.append], clock=clock, wall_clock=clock.wall, **options
    )
    body = made.request_body
    half = len(body) // 2
    client = ASGIClient(
        clock, gone_at=made.gone_at, request_body=[(2, body[:half]), (2, body[half:])] if body else []
    )
    run_until(
        made.asgi_raises or made.raises, lambda: client.call(slow_last(app, clock), scope_of(made.method))
    )
    assert app.recorder.in_flight == set()
    return seen


def slow_last(app: ASGIApp, clock: FakeClock) -> ASGIApp:
    """Half a second for each body event that carries something: the server's own time."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def slow_send(message: Any) -> None:
            await send(message)
            if message.get("body") or "path" in message:
                clock.advance(0.5)

        await app(scope, receive, slow_send)

    return wrapped


def measure_wsgi(made: Case, clock: FakeClock, **options: Any) -> list[RequestTiming]:
    seen: list[RequestTiming] = []
    inner = validator(made.wsgi) if made.validates else made.wsgi
    app = WSGITimingMiddleware(inner, exporters=[seen.append], clock=clock, wall_clock=clock.wall, **options)
    client = WSGIClient(
        clock, send_seconds=0.5, gone_at=made.gone_at, closes=made.closes, validates=made.validates
    )
    environ = environ_of(made.method, body=made.request_body) | (made.environ or {})
    run_until(made.raises, lambda: client.call(app, environ))
    assert app.recorder.in_flight == set()
    return seen


def run_until(raises: type[BaseException] | None, work: Callable[[], None]) -> None:
    if raises is None:
        work()
    else:
        with pytest.raises(raises):
            work()


@pytest.mark.parametrize("validates", [True, False], ids=["validated", "bare"])
@pytest.mark.parametrize("name", CASES)
def test_the_record_is_as_expected_and_the_same(name: str, validates: bool) -> None:
    """Bare, the wrapper sees the application's own iterable; validated, the validator's iterator."""
    asgi_clock, wsgi_clock = FakeClock(), FakeClock()
    made = CASES[name](wsgi_clock)
    made.validates = made.validates and validates
    (asgi,) = measure_asgi(CASES[name](asgi_clock), asgi_clock)
    (wsgi,) = measure_wsgi(made, wsgi_clock)
    assert {field: getattr(asgi, field) for field in made.expected} == pytest.approx(made.expected)
    assert (asgi.interface, wsgi.interface) == ("asgi", "wsgi")
    different: dict[str, Any] = {"interface": ""}
    if name in ("list_of_several_chunks_is_plain", "body_through_write"):
        different["duration"] = (
            0  # the servers of this test take half a second per piece, and the pieces differ
        )
    assert wsgi._asdict() | different == asgi._asdict() | different
    assert asgi.started_at == EPOCH


@pytest.mark.parametrize("name", CASES)
def test_the_record_is_the_same_with_everything_measured(name: str) -> None:
    """`send_time` and `cpu_time` take other ways through the code."""
    asgi_clock, wsgi_clock = FakeClock(), FakeClock()
    (asgi,) = measure_asgi(CASES[name](asgi_clock), asgi_clock, send_time=True, cpu_time=True)
    (wsgi,) = measure_wsgi(CASES[name](wsgi_clock), wsgi_clock, send_time=True, cpu_time=True)
    assert asgi.cpu_time is not None
    assert wsgi.cpu_time is not None
    different: dict[str, Any] = {"interface": "", "duration": 0, "cpu_time": 0, "send_time": 0}
    assert wsgi._asdict() | different == asgi._asdict() | different
