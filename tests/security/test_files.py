"""Files as responses: only what was there when the file was opened, and only of a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.util import FileWrapper as ServersWrapper

import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import Environ, Receive, Scope, Send, StartResponse
from tests.helpers.asgi_driver import LOOPS
from tests.helpers.wsgi_client import environ_of


def adapter_of(path: Path) -> Iterator[ASGIToWSGI]:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.pathsend", "path": str(path)})

    adapter = ASGIToWSGI(app, lifespan="off")
    yield adapter
    adapter.shutdown()


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[ASGIToWSGI]:
    """Sends the file of that name, whatever it is."""
    yield from adapter_of(tmp_path / "file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no named pipes")
def test_a_named_pipe_is_an_error_and_holds_no_thread(sending: ASGIToWSGI, tmp_path: Path) -> None:
    """Opening it would wait until somebody writes to it."""
    os.mkfifo(tmp_path / "file")
    with pytest.raises(OSError, match="is not a regular file"):
        list(sending(environ_of(), lambda *a: lambda b: None))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="has no such device")
def test_a_device_is_an_error(sending: ASGIToWSGI, tmp_path: Path) -> None:
    """One without end, to which a link leads."""
    (tmp_path / "file").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="is not a regular file"):
        list(sending(environ_of(), lambda *a: lambda b: None))


@pytest.mark.parametrize("wrapper", [None, ServersWrapper])
def test_what_is_written_behind_the_end_meanwhile_is_not_sent(
    sending: ASGIToWSGI, tmp_path: Path, wrapper: object
) -> None:
    """A server that counts nothing would send it as the next response."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * 200_000)
    heads: list[Any] = []

    def start_response(*head: Any) -> Any:
        heads.append(head)

    extra: dict[str, Any] = {"wsgi.file_wrapper": wrapper}
    iterable = sending(environ_of(**extra), start_response)
    with file.open("ab") as log:
        log.write(b"HTTP/1.1 200 OK\r\n\r\n")
    body = b"".join(iterable)
    iterable.close()  # type: ignore[attr-defined]
    assert (body, dict(heads[0][1])["Content-Length"]) == (b"x" * 200_000, "200000")


@pytest.mark.parametrize("wrapper", [None, ServersWrapper])
@pytest.mark.parametrize("left", [0, 150_000])
def test_a_file_that_becomes_shorter_breaks_off(
    sending: ASGIToWSGI, tmp_path: Path, wrapper: object, left: int
) -> None:
    """A server that counts nothing would leave the client to take the next response for the rest."""
    file = tmp_path / "file"
    file.write_bytes(b"x" * 1_000_000)
    extra: dict[str, Any] = {"wsgi.file_wrapper": wrapper}
    iterable = sending(environ_of(**extra), lambda *a: lambda b: None)
    pieces = iter(iterable)
    received = [next(pieces)]
    os.truncate(file, left)
    with pytest.raises(OSError, match="became shorter while it was sent"):
        received.extend(pieces)
    body = b"".join(received)
    assert body.strip(b"x") == b""
    assert len(body) < 1_000_000
    iterable.close()  # type: ignore[attr-defined]


def test_an_empty_file_is_a_whole_one(sending: ASGIToWSGI, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    iterable = sending(environ_of(), lambda *a: lambda b: None)
    assert b"".join(iterable) == b""
    iterable.close()  # type: ignore[attr-defined]


def test_a_link_that_is_replaced_sends_the_file_that_was_opened(sending: ASGIToWSGI, tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "new").write_bytes(b"something new")
    (tmp_path / "file").symlink_to(tmp_path / "old")
    iterable = sending(environ_of(), lambda *a: lambda b: None)
    (tmp_path / "link").symlink_to(tmp_path / "new")
    (tmp_path / "link").rename(tmp_path / "file")
    assert b"".join(iterable) == b"old"
    iterable.close()  # type: ignore[attr-defined]


def test_a_file_that_says_another_name_is_sent_as_it_was_opened(tmp_path: Path) -> None:
    """Neither its name nor the place where it stands is another file's: `read` decides."""
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "shown").write_bytes(b"__shown")

    class Named:
        """A file-like object with the name of another file, as a field's storage has its upload's."""

        def __init__(self) -> None:
            self.file = (tmp_path / "shown").open("rb")
            self.file.seek(2)
            self.name = str(tmp_path / "secret")
            self.read, self.close = self.file.read, self.file.close

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](Named())
        return wrapped

    adapter = WSGIToASGI(app)
    assert LOOPS[0].get(adapter).body == b"shown"
    adapter.pool.shutdown(wait_seconds=10)
