"""A WSGI application with one path for each thing that a server, a client or an adapter can get wrong."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from wsgiref.validate import validator

from bridgekit import WSGIToASGI
from bridgekit.typing import Environ, Message, Receive, Scope, Send, StartResponse

READ_SIZE = 64 * 1024
TEXT = [("Content-Type", "text/plain")]

View = Callable[[Environ, StartResponse], Iterable[bytes]]


def log(message: str) -> None:
    """One line in the server's log, in one write: workers and threads share it."""
    sys.stderr.write(message + "\n")


def query(environ: Environ, name: str, default: str = "") -> str:
    return parse_qs(environ["QUERY_STRING"]).get(name, [default])[0]


def hello(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return [b"hello"]


def show_environ(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The strings of the environ, and what kind of thing the rest is."""
    shown = {key: value if isinstance(value, str | bool) else repr(value) for key, value in environ.items()}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(shown).encode()]


def pid(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return [str(os.getpid()).encode()]


def upload(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Length and digest of the body, read piece by piece; a broken upload is logged and raised."""
    digest, length = hashlib.sha256(), 0
    log("upload begins")
    try:
        while piece := environ["wsgi.input"].read(READ_SIZE):
            digest.update(piece)
            length += len(piece)
    except OSError as error:
        log(f"upload broken after {length}: {type(error).__name__}")
        raise
    log(f"upload complete: {length}")
    start_response("200 OK", TEXT)
    return [f"{length} {digest.hexdigest()}".encode()]


def echo(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """The body back, piece by piece, while it arrives."""
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    while line := environ["wsgi.input"].readline(READ_SIZE):
        yield line


def ignore(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """An answer without a look at the body."""
    start_response("413 Content Too Large", TEXT)
    return [b"no, thank you"]


def download(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    size, piece = int(query(environ, "size")), b"x" * READ_SIZE
    start_response("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(size))])
    return (piece[: min(READ_SIZE, size - start)] for start in range(0, size, READ_SIZE))


class Endless:
    """A response without end, which logs its first piece and its close()."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.pieces = itertools.count()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if next(self.pieces) == 0:
            log(f"endless {self.name} begins")
        return b"x" * READ_SIZE

    def close(self) -> None:
        log(f"endless {self.name} closed")


def endless(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return Endless(query(environ, "name", "stream"))


class Waiting(Endless):
    """After its first piece an empty one now and then: how an application waits for news and lets others run."""

    def __next__(self) -> bytes:
        piece = super().__next__()
        if next(self.pieces) == 1:
            return piece
        time.sleep(0.01)
        return b""


def waiting(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    return Waiting(query(environ, "name"))


def status(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """204 and 304 have no body and, for the validator, no Content-Type."""
    code = query(environ, "code")
    bodiless = code in ("204", "304")
    start_response(f"{code} Chosen", [("X-Chosen", code)] if bodiless else TEXT)
    return [] if bodiless else [b"chosen"]


def wrong_body(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """A body where none may be (204, 304): the adapter, not the validator, has to deal with it."""
    start_response(f"{query(environ, 'code')} Chosen", [])
    return [b"must not be sent"]


def sized(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """A body with a Content-Length of its own choice."""
    start_response("200 OK", [*TEXT, ("Content-Length", query(environ, "length"))])
    return [b"0123456789"]


def short(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """Fewer bytes than its Content-Length says, known only when it has begun."""
    start_response("200 OK", [*TEXT, ("Content-Length", "20")])
    yield b"01234"
    yield b"56789"


def send_file(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    path = Path(os.environ["PROBE_FILE"])
    file = path.open("rb")
    file.seek(int(query(environ, "offset", "0")))
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](file, READ_SIZE)
    return wrapped


def extensions(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    """What the server offered, and whether the adapter passes it on."""
    offered = sorted(environ["asgi.scope"].get("extensions") or {})
    passed = sorted(key for key in ("wsgi.early_hints", "wsgi.file_wrapper") if key in environ)
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"offered": offered, "passed": passed}).encode()]


def hints(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    environ["wsgi.early_hints"]([("Link", "</style.css>; rel=preload")])
    start_response("200 OK", TEXT)
    return [b"hinted"]


def fail(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    raise LookupError("the probe fails before its response")


def fail_late(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", TEXT)
    yield b"begun"
    raise LookupError("the probe fails in its response")


def cookies(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [*TEXT, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Name", "caf\xe9")])
    return [environ.get("HTTP_COOKIE", "").encode("latin-1")]


VALIDATED: dict[str, View] = {
    "/": hello,
    "/cookies": cookies,
    "/download": download,
    "/echo": echo,
    "/endless": endless,
    "/fail": fail,
    "/fail-late": fail_late,
    "/ignore": ignore,
    "/pid": pid,
    "/status": status,
    "/upload": upload,
    "/waiting": waiting,
}
AS_IS: dict[str, View] = {
    # The validator hides the file wrapper, accepts no wrong lengths and hands out an environ of strings only.
    "/environ": show_environ,
    "/extensions": extensions,
    "/file": send_file,
    "/hints": hints,
    "/short": short,
    "/sized": sized,
    "/wrong-body": wrong_body,
}


def dispatch(views: dict[str, View]) -> View:
    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return views.get(environ["PATH_INFO"], show_environ)(environ, start_response)

    return app


validated = validator(dispatch(VALIDATED))
as_is = dispatch(AS_IS)


def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    chosen: Any = validated if environ["PATH_INFO"] in VALIDATED else as_is
    response: Iterable[bytes] = chosen(environ, start_response)
    return response


app = WSGIToASGI(
    wsgi,
    on_startup=lambda: log("startup hook"),
    on_shutdown=lambda: log("shutdown hook"),
    max_body_size=1 << 30,
    buffer_chunked=False,  # "/echo" answers while it still reads
)
four_threads = WSGIToASGI(wsgi, max_workers=4)


async def spied(scope: Scope, receive: Receive, send: Send) -> None:
    """`app`, with the type of every event that it sends in the log."""

    async def logging_send(message: Message) -> None:
        log(f"event {message['type']}")
        await send(message)

    await app(scope, receive, logging_send)
