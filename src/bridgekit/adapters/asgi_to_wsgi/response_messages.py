"""What an ASGI application sends, checked and put into WSGI's terms. Pure: no threads, no I/O.

The state machine of "http.response.start" and "http.response.body" (ASGI HTTP specification), and the rules of PEP 3333
for status and headers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NoReturn

from bridgekit._plural import plural
from bridgekit.adapters.shared.headers import HOP_BY_HOP, MAX_CACHED_NAMES, MAX_DIGITS
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Message

logger = logging.getLogger("bridgekit.adapters")

_STATUS_LINES = {
    status.value: f"{status.value} {status.phrase}" for status in HTTPStatus if status.value >= 200
}
_BODYLESS = frozenset((_STATUS_LINES[204], _STATUS_LINES[304]))
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110 5.6.2
_ILLEGAL = re.compile(rb"[\r\n\x00]")  # RFC 9110 5.5: response splitting
_names: dict[bytes, str] = {}


def status_line(status: object) -> str:
    """``404`` gives ``"404 Not Found"``.

    :raises AppProtocolError: when it is no integer of three digits, or an interim status.
    """
    if not isinstance(status, int) or not 200 <= status <= 999:
        raise AppProtocolError(f"status must be an int from 200 to 999, not {status!r}")
    status = int(status)  # an HTTPStatus formats as its name
    return _STATUS_LINES.get(status) or f"{status} Unknown"


def _name(raw: bytes) -> str:
    """A header's name as WSGI wants it; ``""`` for one of a single connection, which is not the application's to send."""
    name = raw.strip(b" \t")
    if not _TOKEN.fullmatch(name):
        raise AppProtocolError(f"response header name {name!r} is not a token (RFC 9110 5.6.2)")
    text = "" if name.lower() in HOP_BY_HOP else name.decode("ascii")
    if len(_names) < MAX_CACHED_NAMES:
        _names[raw] = text
    return text


def _pair(pair: Iterable[Any]) -> tuple[str, bytes]:
    """A header's name as WSGI wants it and its value's bytes, whatever legal types they came in."""
    try:
        raw_name, raw_value = pair
        raw_name, value = bytes(raw_name), bytes(raw_value)
    except (TypeError, ValueError) as error:
        raise AppProtocolError(
            f"response header {pair!r} is not a pair of byte strings (ASGI, Response Start)"
        ) from error
    name = _names.get(raw_name)
    return _name(raw_name) if name is None else name, value


def early_hint(link: Any) -> str:
    """The value of a ``Link`` header of a 103 (RFC 8297), which servers write as it is given.

    :raises AppProtocolError: when it is no bytes, or has CR, LF or NUL in it.
    """
    if not isinstance(link, bytes | bytearray | memoryview):
        raise AppProtocolError(f"a link of http.response.early_hint must be bytes, not {type(link).__name__}")
    value = bytes(link)
    if _ILLEGAL.search(value):
        raise AppProtocolError(
            f"a link of http.response.early_hint contains CR, LF or NUL; remove them: {value!r}"
        )
    return value.decode("latin-1")


def _length(text: str, before: int | None) -> int:
    """A Content-Length's number.

    :raises AppProtocolError: when it is none, or another one than ``before``: whoever believes the other one takes the rest
        of the body for the next response (RFC 9112 6.3).
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS):
        raise AppProtocolError(f"response header content-length is not a number: {text[:100]!r}")
    length = int(text)
    if before is not None and before != length:
        raise AppProtocolError(f"response headers say content-length {before} and {length}: send one")
    return length


def decode_headers(headers: Iterable[Iterable[Any]]) -> tuple[list[tuple[str, str]], int | None]:
    """Response headers as WSGI wants them, without hop-by-hop ones (PEP 3333, "Other HTTP Features"), and Content-Length.

    :raises AppProtocolError: for anything that is not a pair of legal byte strings; the message names the header.
    """
    decoded: list[tuple[str, str]] = []
    length: int | None = None
    for pair in headers:
        name = None
        # The common form, then any other. Subclasses of the types go the long way.
        if type(pair) is tuple and len(pair) == 2:
            raw_name, value = pair
            if type(raw_name) is type(value) is bytes:
                name = _names.get(raw_name)
        if name is None:
            name, value = _pair(pair)
        text = value.decode("latin-1").strip(" \t")
        # Printable text has none of them; only for the rest is it worth looking.
        if not text.isprintable() and _ILLEGAL.search(value):
            raise AppProtocolError(
                f"value of response header {name} contains CR, LF or NUL; remove them: {value!r}"
            )
        if name:
            if len(name) == 14 and name.lower() == "content-length":
                before, length = length, _length(text, length)
                if before is not None:
                    continue  # the same number again
            decoded.append((name, text))
    return decoded, length


class ResponseState:
    """How far the response of one request has come.

    :param method: the request's; the answer to HEAD has no body, whatever the application sends (RFC 9110 9.3.2).
    """

    status = ""
    declared: int | None = None
    complete = bodyless = False
    full = False
    """Whether the client has been given all that it will be: the end, or as much as was declared."""
    streamed = False
    """Whether the application said that more would follow, however little it was."""
    _clipped = False
    _produced = 0

    def __init__(self, method: str) -> None:
        self._method = method
        self.headers: list[tuple[str, str]] = []

    @property
    def started(self) -> bool:
        return bool(self.status)

    def start(self, message: Message) -> None:
        """Take an "http.response.start". :raises AppProtocolError: out of order, or not valid."""
        if self.status:
            raise AppProtocolError("http.response.start was sent a second time")
        status = message.get("status")
        line = _STATUS_LINES.get(status) if type(status) is int else None
        if line is None:
            line = status_line(status)
        self.headers, self.declared = decode_headers(message.get("headers") or ())
        # RFC 9110 6.4.1. Servers of both kinds leave this to somebody else, so it is done here.
        self.bodyless = self._method == "HEAD" or line in _BODYLESS
        if line in _BODYLESS and self.declared is not None:
            # RFC 9110 8.6: never in a 204, and in a 304 nobody needs it. Servers take it for bytes that are to come.
            self.headers = [pair for pair in self.headers if pair[0].lower() != "content-length"]
            self.declared = None
        self.status = line

    def body(self, message: Message) -> bytes:
        """Take an "http.response.body" and return what of it is to be sent.

        :raises AppProtocolError: before the start, after the end, not bytes, or shorter in all than its Content-Length.
        """
        if not self.status or self.complete:
            self._refuse("http.response.body")
        body = message.get("body", b"")
        if type(body) is not bytes:
            body = self._as_bytes(body)
        if message.get("more_body", False):
            self.streamed = True
        else:
            self.complete = self.full = True
        if self.bodyless:
            return b""
        self._produced += len(body)
        if self.declared is None or (self.complete and self._produced == self.declared):
            return body
        return self._within_declared(body)

    def file(self) -> None:
        """Take an "http.response.pathsend", which is a whole body."""
        if not self.status or self.complete:
            self._refuse("http.response.pathsend")
        if self._produced:
            raise AppProtocolError("http.response.pathsend after http.response.body")
        self.complete = self.full = True

    def file_headers(self, size: int) -> list[tuple[str, str]]:
        """The headers of a response whose body is a file of ``size`` bytes, with its length.

        :raises AppProtocolError: when they declare another length.
        """
        if self.declared is None:
            return [*self.headers, ("Content-Length", str(size))]
        if self.declared != size:
            raise AppProtocolError(
                f"the file has {plural(size, 'byte')}, but its Content-Length is {self.declared}"
            )
        return self.headers

    def _refuse(self, kind: str) -> NoReturn:
        if not self.status:
            raise AppProtocolError(f"{kind} was sent before http.response.start")
        raise AppProtocolError(f"{kind} was sent after the response was complete")

    def _as_bytes(self, body: object) -> bytes:
        if isinstance(body, bytes | bytearray | memoryview):
            return bytes(body)
        raise AppProtocolError(f"body must be bytes, not {type(body).__name__}")

    def _within_declared(self, body: bytes) -> bytes:
        """Clip what is beyond Content-Length, as native servers do: it would be read as the next response."""
        assert self.declared is not None
        excess = self._produced - self.declared
        if excess >= 0:
            self.full = True
        if excess > 0:
            if not self._clipped:
                logger.error(
                    "the response's body is longer than its Content-Length of %d: clipped", self.declared
                )
                self._clipped = True
            self._produced = self.declared
            return body[:-excess] if excess < len(body) else b""
        if excess < 0 and self.complete:
            self.complete = self.full = False
            ended = self._produced
            self._produced -= len(body)  # it is not sent; the application may yet do better
            raise AppProtocolError(
                f"the response's body ended after {ended} of the {self.declared} bytes of its Content-Length"
            )
        return body
