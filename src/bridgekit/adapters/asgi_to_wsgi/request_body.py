"""``wsgi.input`` as a source of pieces: how much body there is, who may read it, and how not to wait for more than is there.

PEP 3333 has `read` only, which blocks until it has all it was asked for. Where a server's input can give what has arrived so
far, that is used: an application that streams wants the first bytes when they come.
"""

from __future__ import annotations

import enum
import io
import socket
import ssl
from collections.abc import Callable
from typing import Any

from bridgekit.adapters.asgi_to_wsgi.client_socket import client_has_left, handed_over_socket
from bridgekit.adapters.shared.headers import MAX_DIGITS
from bridgekit.exceptions import ServerProtocolError
from bridgekit.typing import Environ

FIRST_READ = 4 * 1024
"""Bytes of the first read where it waits for all of them: little, since the application waits, too. Doubled each time."""

BODILESS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))

HEAP_TYPE = 1 << 9
"""``Py_TPFLAGS_HEAPTYPE``: set on classes written in Python, not on the static types of C extensions."""


class LengthRequired(ServerProtocolError):
    """The request has a body, but the server gives no means to tell where it ends."""


class InputMissing(ServerProtocolError):
    """The request has a body, but the environ has no ``wsgi.input``, which PEP 3333 requires ("environ Variables")."""


class Reader(enum.Enum):
    """Who reads."""

    LOOP = "the event loop itself: the body lies in memory"
    HELPER = "a thread of its own, so that the response can leave while the client still sends"
    REQUEST = "the request's own thread: the server's input may not be touched from another one"


def _declared_length(environ: Environ) -> int | None:
    text: str | None = environ.get("CONTENT_LENGTH")
    if not text or not (text := text.strip(" \t")):
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise ServerProtocolError(f"CONTENT_LENGTH is not a number that a length can be: {text[:100]!r}")
    return int(text)


def _is_chunked(environ: Environ) -> bool:
    coding: str | None = environ.get("HTTP_TRANSFER_ENCODING")
    return coding is not None and "chunked" in coding.lower()


def _ends_by_itself(environ: Environ) -> bool:
    """Whether there may be a body without a length, which ends where `read` says so.

    ``wsgi.input_terminated`` says that reading to the end is safe. gunicorn, waitress and gevent set it for every request, also
    for those that have no body: in HTTP/1 these have neither Content-Length nor Transfer-Encoding (RFC 9112 6.3). They are
    nearly all of the requests, and a read in a thread costs each of them dearly, so what is not in memory is not asked where
    the method gives a body no meaning (RFC 9110 9.3.1). Middleware that unpacks a body, and test clients, give one
    without a length to all other methods.

    :raises LengthRequired: when there is a body of which nobody knows the end.
    """
    chunked = "HTTP_TRANSFER_ENCODING" in environ and _is_chunked(environ)
    if environ.get("wsgi.input_terminated"):
        if chunked or not environ.get("SERVER_PROTOCOL", "").startswith("HTTP/1"):
            return True
        stream = environ.get("wsgi.input")
        return type(stream) is io.BytesIO or (
            stream is not None and environ.get("REQUEST_METHOD") not in BODILESS
        )
    if chunked:
        raise LengthRequired(
            "the request's body is chunked, and this server does not say where it ends (wsgi.input_terminated)"
        )
    return False


def _who_reads(stream: Any) -> Reader:
    """mod_wsgi's and uWSGI's inputs are written in C and belong to the request's thread.

    The first shares its memory pool with the response that this thread writes, the second lets no other thread run.
    """
    if type(stream) is io.BytesIO:
        return Reader.LOOP
    if isinstance(stream, io.IOBase) or type(stream).__flags__ & HEAP_TYPE:
        return Reader.HELPER
    return Reader.REQUEST


class WSGIInput:
    """The body of one request.

    :param environ: the request's environ; nothing is read until `read` is called.
    :param size: the most bytes of one piece.
    :raises ServerProtocolError: when ``CONTENT_LENGTH`` is not a number.
    :raises LengthRequired: see there.
    :raises InputMissing: see there. An empty body in its place would lose what the client sent.
    """

    __slots__ = ("_environ", "_partial", "_remaining", "_size", "_step", "_stream", "ended", "reader")

    def __init__(self, environ: Environ, size: int) -> None:
        self._environ = environ
        self.reader = Reader.LOOP
        self._remaining = _declared_length(environ)
        if self._remaining is not None and environ.get("wsgi.input_terminated") and _is_chunked(environ):
            self._remaining = None  # RFC 9112 6.3: Transfer-Encoding overrides a Content-Length beside it
        self.ended = self._remaining == 0 or (self._remaining is None and not _ends_by_itself(environ))
        if self.ended:
            return
        self._size = size
        self._stream: Any = environ.get("wsgi.input")
        if self._stream is None:
            raise InputMissing(
                "the request has a body, but this server's environ has no wsgi.input (PEP 3333 requires it): "
                "look at the server, or at the middleware between it and ASGIToWSGI"
            )
        self.reader = _who_reads(self._stream)
        self._partial = _partial_read(self._stream)
        self._step = size if self.reader is Reader.LOOP else min(FIRST_READ, size)

    def read(self) -> bytes:
        """The next piece, or ``b""`` when the client left before the end. Blocks. Sets `ended` with the last piece.

        A body without a length ends in an empty piece.

        :raises Exception: what the server's input raises.
        """
        if self._partial is not None:
            limit = self._size if self._remaining is None else min(self._size, self._remaining)
            data = self._partial(limit)
        else:
            limit = self._step if self._remaining is None else min(self._step, self._remaining)
            data = self._stream.read(limit)
            self._step = min(self._step * 2, self._size)
        if self._remaining is None:
            self.ended = not data
        else:
            self._remaining -= len(data)
            self.ended = self._remaining <= 0
        return data

    def interrupt(self) -> bool:
        """End a `read` that is under way in another thread, where there is a way to."""
        connection = handed_over_socket(self._environ)
        if connection is None:
            return False
        try:
            if isinstance(connection, ssl.SSLSocket):
                # SSLSocket.shutdown would drop the encryption with which the response's rest must leave.
                socket.socket.shutdown(connection, socket.SHUT_RD)
            else:
                connection.shutdown(socket.SHUT_RD)
        except OSError:
            return False
        return True

    def client_has_left(self) -> bool:
        """Whether the client is known to have closed its side. What it has sent stays where it is."""
        return client_has_left(self._environ)


def _partial_read(stream: Any) -> Callable[[int], bytes] | None:
    """A read that returns what there is, and blocks only while there is nothing. ``None`` if the stream has none."""
    if isinstance(stream, io.BufferedIOBase):
        return stream.read1
    if isinstance(stream, io.RawIOBase):
        return lambda limit: stream.read(limit) or b""
    return None
