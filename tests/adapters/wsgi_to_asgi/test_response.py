"""Streaming with backpressure, files that the server sends itself, early hints."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO
from wsgiref.validate import validator

import anyio.to_thread
import pytest

from bridgekit import WSGIToASGI
from bridgekit.adapters.shared.headers import encode_headers
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Environ, Message, StartResponse, WSGIApp
from tests.helpers.asgi_driver import TIMEOUT, Connection, Loop, http_scope, reached, serving
from tests.helpers.waiting import until
from tests.helpers.wsgi_apps import PLAIN, Streams, answers

Adapt = Callable[..., WSGIToASGI]

PATHSEND: dict[str, Any] = {"http.response.pathsend": {}}
ZEROCOPY: dict[str, Any] = {"http.response.zerocopysend": {}}


# Streaming


def test_one_piece_is_two_messages(adapt: Adapt, loop: Loop) -> None:
    """Coalescing: start and the only body event, which is the last."""
    response = loop.get(adapt(answers(b"hello")))
    assert [message["type"] for message in response.sent] == ["http.response.start", "http.response.body"]


def test_empty_body_starts_and_ends(adapt: Adapt, loop: Loop) -> None:
    """An empty iterable still sends its headers."""
    for chunks in ([], [b""], [b"", b""]):

        def app(environ: Environ, start_response: StartResponse, chunks: Any = chunks) -> Iterable[bytes]:
            start_response("200 OK", list(PLAIN))
            return chunks  # type: ignore[no-any-return]

        response = loop.get(adapt(app))
        assert (response.status, response.body, response.complete) == (200, b"", True)


def test_output_waits_for_a_slow_client(adapt: Adapt, loop: Loop) -> None:
    """Backpressure, bounded in bytes: what the server does not take is not produced beyond the window."""
    app = Streams(lambda: [b"x" * 1000] * 200)
    connection = Connection(http_scope(), stalled=True)

    async def main() -> None:
        async with serving(adapt(validator(app), window=10_000), connection):
            await connection.until(lambda: connection.send_calls == 1)
            await reached(app.called)
            # What can be produced at most is known, and the thread blocks there: its window is full for good.
            await anyio.to_thread.run_sync(until, lambda: app.response.given >= 10)
            assert app.response.given == 10
            connection.drain()

    loop.run(main)
    assert connection.body == b"x" * 200_000
    assert app.response.closed == 1


def test_a_piece_larger_than_the_window_passes(adapt: Adapt, loop: Loop) -> None:
    """The window bounds what is added to it; it is no limit for one piece."""
    response = loop.get(adapt(answers(b"x" * 100_000, b"y" * 100_000), window=10))
    assert len(response.body) == 200_000


def test_thousands_of_small_pieces_keep_their_order(adapt: Adapt, loop: Loop) -> None:
    """Every byte once, in order, whatever is coalesced."""
    pieces = [b"%d," % number for number in range(5000)]
    response = loop.get(adapt(answers(*pieces), window=1000))
    assert response.body == b"".join(pieces)


def test_head_of_an_endless_stream_ends(adapt: Adapt, loop: Loop) -> None:
    """Nothing would be sent of it; it is asked once more, as a generator that ends would have its last lines there."""
    import itertools

    app = Streams(lambda: itertools.repeat(b"x"))
    response = loop.get(adapt(validator(app)), method="HEAD")
    assert (response.body, response.complete, app.response.closed) == (b"", True, 1)
    assert app.response.given == 2


# Files


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "file.bin"
    path.write_bytes(bytes(range(256)) * 40)
    return path


def sends(
    file: Callable[[], Any], *, length: int | None = None, status: str = "200 OK"
) -> tuple[WSGIApp, list[Any]]:
    opened: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        opened.append(file())
        headers = [*PLAIN, *([] if length is None else [("Content-Length", str(length))])]
        start_response(status, headers)
        return environ["wsgi.file_wrapper"](opened[-1])  # type: ignore[no-any-return]

    return app, opened


def body_with_files(connection: Connection) -> bytes:
    """What a server would have sent."""
    body = b""
    for message in connection.sent:
        if message["type"] == "http.response.zerocopysend":
            body += message["content"]
        elif message["type"] == "http.response.body":
            body += message["body"]
    return body


class FileServer(Connection):
    """Sends files as servers do: within send(), from the open descriptor."""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.zerocopysend":
            content = os.pread(message["file"].fileno(), message["count"], message["offset"])
            message = {**message, "content": content}
        await super().send(message)


def kinds(connection: Connection) -> list[str]:
    return [message["type"].removeprefix("http.response.") for message in connection.sent]


@pytest.mark.parametrize("length", [None, 10240])
def test_a_file_never_goes_by_path(adapt: Adapt, loop: Loop, path: Path, length: int | None) -> None:
    """ASGI "Path Send" has the server open the path, later: another file may be there by then."""
    app, opened = sends(lambda: path.open("rb"), length=length)
    content = path.read_bytes()

    class Replacing(FileServer):
        async def send(self, message: Any) -> None:
            if message["type"] == "http.response.start":
                path.with_suffix(".new").write_bytes(b"another")
                path.with_suffix(".new").replace(path)
            await super().send(message)

    connection = loop.serve(adapt(app), Replacing(http_scope(extensions=PATHSEND)))
    assert body_with_files(connection) == content
    assert opened[0].closed


def test_a_file_that_grows_is_sent_as_long_as_was_said(
    adapt: Adapt, loop: Loop, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A log that is written to while it is downloaded: no error, and no byte more."""
    app, _ = sends(lambda: path.open("rb"), length=10_000)
    response = loop.get(adapt(app))
    assert response.body == path.read_bytes()[:10_000]
    assert not caplog.records


def test_whole_file_goes_by_descriptor(adapt: Adapt, loop: Loop, path: Path) -> None:
    """ASGI "Zero Copy Send": the open file, and it stays open until it has left."""
    app, opened = sends(lambda: path.open("rb"))
    connection = loop.serve(adapt(app), FileServer(http_scope(extensions=ZEROCOPY)))
    assert kinds(connection) == ["start", "zerocopysend"]
    assert body_with_files(connection) == path.read_bytes()
    assert opened[0].closed


@pytest.mark.parametrize("extensions", [PATHSEND, ZEROCOPY, {**PATHSEND, **ZEROCOPY}, {}, None, ...])
def test_part_of_a_file(adapt: Adapt, loop: Loop, path: Path, extensions: Any) -> None:
    """From where the file stands, as long as Content-Length says: range requests of every framework do that."""

    def positioned() -> Any:
        file = path.open("rb")
        file.seek(100)
        return file

    app, opened = sends(positioned, length=1000, status="206 Partial")
    connection = loop.serve(adapt(app), FileServer(http_scope(extensions=extensions)))
    assert "pathsend" not in kinds(connection)
    assert body_with_files(connection) == path.read_bytes()[100:1100]
    assert connection.header(b"content-length") == b"1000"
    assert opened[0].closed


@pytest.mark.parametrize("extensions", [ZEROCOPY, {}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_file_tells_its_length_on_every_server(
    adapt: Adapt, loop: Loop, path: Path, extensions: Any, method: str
) -> None:
    """As WSGI servers do that know files: of what is behind its position. HEAD leaves it out with the body."""

    def positioned() -> Any:
        file = path.open("rb")
        file.seek(100)
        return file

    app, _ = sends(positioned)
    connection = loop.serve(adapt(app), FileServer(http_scope(method=method, extensions=extensions)))
    told = str(len(path.read_bytes()) - 100).encode() if method == "GET" else None
    assert connection.header(b"content-length") == told


def test_what_is_no_plain_file_has_no_length(adapt: Adapt, loop: Loop, path: Path) -> None:
    """A compressed file's descriptor is of other bytes; a file past its end has none."""
    path.write_bytes(gzip.compress(b"text" * 100))
    app, _ = sends(lambda: gzip.GzipFile(path))  # type: ignore[arg-type, return-value]
    response = loop.get(adapt(app))
    assert (response.header(b"content-length"), response.body) == (None, b"text" * 100)


@pytest.mark.parametrize("extensions", [PATHSEND, ZEROCOPY, {}])
def test_file_shorter_than_its_length_is_reported(
    adapt: Adapt, loop: Loop, path: Path, extensions: Any
) -> None:
    """The same as for every body: an underrun is an error and never looks complete."""
    app, opened = sends(lambda: path.open("rb"), length=20_000)
    connection = FileServer(http_scope(extensions=extensions))
    with pytest.raises(AppProtocolError, match="of the 20000 bytes"):
        loop.serve(adapt(app), connection)
    assert not connection.complete
    assert opened[0].closed


@pytest.mark.parametrize("extensions", [{**PATHSEND, **ZEROCOPY}, {}])
def test_things_like_files_are_read(adapt: Adapt, loop: Loop, path: Path, extensions: Any) -> None:
    """A descriptor does not always hold what read() gives: gzip, buffers, pipes, and subclasses go the common way."""

    class Shouting(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return (super().read(-1 if size is None else size) or b"").upper()

    packed = path.with_suffix(".gz")
    packed.write_bytes(gzip.compress(b"unpacked"))
    loud = path.with_suffix(".txt")
    loud.write_bytes(b"loud")

    def pipe() -> Any:
        reader, writer = os.pipe()
        os.write(writer, b"piped")
        os.close(writer)
        return os.fdopen(reader, "rb")

    for file, expected in (
        (lambda: gzip.open(packed), b"unpacked"),  # noqa: SIM115  # the adapter closes it
        (lambda: io.BytesIO(b"memory"), b"memory"),
        (lambda: Shouting(loud), b"LOUD"),
        (pipe, b"piped"),
    ):
        app, opened = sends(file)
        connection = loop.serve(adapt(app), FileServer(http_scope(extensions=extensions)))
        assert connection.body == expected
        assert opened[0].closed


def test_deleted_files_are_sent(adapt: Adapt, loop: Loop, path: Path) -> None:
    """What was opened is there until it is closed."""

    def replaced() -> Any:
        file = path.open("rb")
        path.unlink()
        path.write_bytes(b"another")
        return file

    content = path.read_bytes()
    app, _ = sends(replaced)
    assert body_with_files(loop.serve(adapt(app), FileServer(http_scope(extensions=ZEROCOPY)))) == content
    app, _ = sends(lambda: tempfile.TemporaryFile())  # noqa: SIM115  # the adapter closes it
    assert loop.serve(adapt(app), FileServer(http_scope(extensions=ZEROCOPY))).body == b""


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified")])
def test_no_file_where_there_is_no_body(
    adapt: Adapt, loop: Loop, path: Path, method: str, status: str
) -> None:
    """HEAD and 304 have headers only, and the file is closed."""
    app, opened = sends(lambda: path.open("rb"), status=status)
    scope = http_scope(method=method, extensions={**PATHSEND, **ZEROCOPY})
    connection = loop.serve(adapt(app), FileServer(scope))
    assert kinds(connection) == ["start", "body"]
    assert (connection.body, opened[0].closed) == (b"", True)


def test_file_is_sent_in_large_pieces(adapt: Adapt, loop: Loop, tmp_path: Path) -> None:
    """Without an extension: few crossings, and no more in memory than the window."""
    large = tmp_path / "large"
    large.write_bytes(b"x" * 2**20)
    app, _ = sends(lambda: large.open("rb"))
    connection = loop.serve(adapt(app), FileServer(http_scope()))
    assert len(connection.body) == 2**20
    assert len(connection.sent) <= 10


def test_file_is_closed_when_sending_it_fails(adapt: Adapt, loop: Loop, path: Path) -> None:
    """A raising send(), for files too."""
    for extensions in (PATHSEND, ZEROCOPY, {}):
        app, opened = sends(lambda: path.open("rb"))
        connection = FileServer(http_scope(extensions=extensions), send_fails_at=1)
        with pytest.raises(OSError, match="connection is gone"):
            loop.serve(adapt(app), connection)
        assert opened[0].closed


# Early hints


HINTS: dict[str, Any] = {"http.response.early_hint": {}}


def test_early_hints_are_sent_before_the_response(adapt: Adapt, loop: Loop) -> None:
    """ASGI "Early Hints": the event with the Link headers; gunicorn's callable on the WSGI side."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.early_hints"]([("Link", "</a.css>; rel=preload"), ("X-Other", "1")])
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    response = loop.serve(adapt(validator(app)), Connection(http_scope(extensions=HINTS)))
    assert response.sent[0] == {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]}
    assert response.body == b"x"


def test_early_hints_arrive_while_the_application_works(adapt: Adapt, loop: Loop) -> None:
    """Their use is to come early."""
    go_on = threading.Event()

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.early_hints"]([("link", "</a.css>")])
        assert go_on.wait(20)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    connection = Connection(http_scope(extensions=HINTS))

    async def main() -> None:
        async with serving(adapt(validator(app)), connection):
            await connection.until(lambda: len(connection.sent) == 1)
            go_on.set()

    loop.run(main)
    assert connection.complete


def test_early_hints_after_the_headers_are_nothing(adapt: Adapt, loop: Loop) -> None:
    """As gunicorn: a no-op once the response has started; without Link there is nothing to say."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.early_hints"]([("X-Other", "1")])
        start_response("200 OK", list(PLAIN))
        yield b"x"
        environ["wsgi.early_hints"]([("Link", "</a.css>")])

    response = loop.serve(adapt(validator(app)), Connection(http_scope(extensions=HINTS)))
    assert "http.response.early_hint" not in [message["type"] for message in response.sent]


@pytest.mark.parametrize("extensions", [..., None, {}, {"tls": {}}])
def test_no_early_hints_where_the_server_has_none(adapt: Adapt, loop: Loop, extensions: Any) -> None:
    """Extensions that are absent are tolerated, and the key is absent then."""
    seen: list[bool] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append("wsgi.early_hints" in environ)
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    loop.serve(adapt(validator(app)), Connection(http_scope(extensions=extensions)))
    assert seen == [False]


@pytest.mark.parametrize("value", ["</a>\r\nSet-Cookie: x", "a\nb", "a\x00b", "☃", 1, b"bytes"])
def test_illegal_early_hint_is_an_error(adapt: Adapt, loop: Loop, value: Any) -> None:
    """The same rules as for every header: CR and LF would split the response."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.early_hints"]([("Link", value)])
        start_response("200 OK", list(PLAIN))
        return [b"x"]

    connection = Connection(http_scope(extensions=HINTS))
    with pytest.raises(AppProtocolError, match="header"):
        loop.serve(adapt(app), connection)
    assert connection.sent == []


def test_file_stays_open_while_the_server_sends_it(tmp_path: Path) -> None:
    """The client leaves in the middle: a closed descriptor could be another file's before the server has let go of it."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 1000)
    opened: list[BinaryIO] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(PLAIN))
        opened.append(path.open("rb"))
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](opened[0])
        return wrapped

    async def main() -> None:
        sending, left, let_go = asyncio.Event(), asyncio.Event(), asyncio.Event()
        asked = 0

        async def receive() -> Message:
            nonlocal asked
            asked += 1
            if asked > 1:
                await sending.wait()
                left.set()
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.zerocopysend":
                sending.set()
                await let_go.wait()

        serving = asyncio.create_task(WSGIToASGI(app)(http_scope(extensions=ZEROCOPY), receive, send))
        await asyncio.wait_for(left.wait(), TIMEOUT)
        # The thread knows by now, or soon: whatever it does, it must not have closed the file when the server ends.
        await asyncio.wait({serving}, timeout=0.1)
        assert not opened[0].closed
        let_go.set()
        await asyncio.wait_for(serving, TIMEOUT)
        assert opened[0].closed

    asyncio.run(main())


def test_the_end_leaves_with_the_last_declared_byte() -> None:
    """The client has all of it: it does not wait for what the application does before it returns."""
    ended = threading.Event()
    waited: list[bool] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        write = start_response("200 OK", [*PLAIN, ("Content-Length", "10")])
        write(b"hello")
        write(b"world")
        waited.append(ended.wait(TIMEOUT))
        return []

    sent: list[Message] = []

    async def receive() -> Message:
        if sent:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and not message["more_body"]:
            ended.set()

    asyncio.run(WSGIToASGI(app)(http_scope(), receive, send))
    assert waited == [True]
    assert b"".join(message["body"] for message in sent[1:]) == b"helloworld"
    assert [message["more_body"] for message in sent[1:]].count(False) == 1


def test_a_length_of_thousands_of_digits_is_told_as_any_other() -> None:
    """Python would refuse to read it, in words of its own."""
    with pytest.raises(AppProtocolError, match="not one number"):
        encode_headers([("Content-Length", "9" * 5000)])
