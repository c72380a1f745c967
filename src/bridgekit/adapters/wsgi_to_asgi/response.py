"""A WSGI response as it comes into being: `start_response`, ``write`` and the body, as ASGI messages. Pure.

Theory of operation (PEP 3333, "The start_response() Callable" and "Handling the Content-Length Header"). The headers are
*set* by any call of `start_response` that is legal, and *sent* with the first non-empty piece of body or at the end. Until
they are sent, `start_response` with ``exc_info`` replaces them; afterwards it raises the application's own exception.
Everything that goes to the client passes `Response.piece`, so the length is counted at one place.
"""

from __future__ import annotations

import functools
import logging
from types import TracebackType
from typing import Any, TypeAlias

from bridgekit.adapters.shared.headers import encode_headers
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Message

logger = logging.getLogger("bridgekit.adapters")

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]

_BODYLESS = frozenset({204, 304})
"""Statuses whose responses have no content (RFC 9110 15.3.5, 15.4.5)."""


def _own_text(status: object) -> str:
    """The text of a subclass of str as plain str: a subclass may hash and compare in ways of its own.

    :raises AppProtocolError: when it is no str.
    """
    if not isinstance(status, str):
        raise AppProtocolError(f"status is {type(status).__name__}, it must be str (PEP 3333): {status!r}")
    return str.__str__(status)


def _raised(exc_info: tuple[Any, ...]) -> BaseException:
    """The exception in ``exc_info``, which servers look into as late as here: it is needed only where the headers have left."""
    if len(exc_info) == 3 and isinstance(exc_info[1], BaseException):
        return exc_info[1].with_traceback(exc_info[2])
    return AppProtocolError(f"exc_info must be what sys.exc_info() gives (PEP 3333), not {exc_info!r}")


@functools.lru_cache(maxsize=256)
def _status_code(status: str) -> int:
    """The code in a WSGI status line such as ``"200 OK"``; the reason phrase may be missing.

    :raises AppProtocolError: when it has no final status code in front.
    """
    code = status[:3]
    if not (len(code) == 3 and code.isascii() and code.isdigit() and status[3:4] in ("", " ")):
        raise AppProtocolError(
            f"status must begin with a three-digit code and a space (PEP 3333): {status!r}"
        )
    if int(code) < 200:
        raise AppProtocolError(f"{status!r} is not a final status; 1xx responses are the server's business")
    return int(code)


class Response:
    """The state of one response.

    :param method: the request's method; a ``HEAD`` request gets headers only.
    """

    __slots__ = ("_headers", "_method", "_status", "bodyless", "declared", "produced", "sent", "started")

    def __init__(self, method: str) -> None:
        self._method = method
        self.started = False  # start_response was called
        self.sent = False  # the headers have left; there is no way back
        self.declared: int | None = None
        self.produced = 0
        self.bodyless = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: ExcInfo | None = None) -> None:
        """What a call of `start_response` does.

        :raises AppProtocolError: for a second call without ``exc_info``, and for illegal status or headers.
        :raises BaseException: the exception in ``exc_info``, when the headers have left already.
        """
        if exc_info and exc_info != (None, None, None):
            try:
                if self.sent:
                    raise _raised(exc_info)
            finally:
                exc_info = None  # PEP 3333: avoid a circular reference through the traceback
        elif self.started:
            raise AppProtocolError("start_response was called a second time without exc_info (PEP 3333)")
        if type(status) is not str:
            status = _own_text(status)
        code = _status_code(status)
        encoded, declared, dropped = encode_headers(headers)
        if dropped:
            logger.warning(
                "left out the application's hop-by-hop headers, which are the server's (PEP 3333): %s",
                ", ".join(dropped),
            )
        if code in _BODYLESS:
            if declared is not None:
                # RFC 9110 8.6: forbidden with 204, optional with 304, and some servers wait for a body that long.
                encoded = [header for header in encoded if header[0] != b"content-length"]
                declared = None
            self.bodyless = True
        else:
            self.bodyless = self._method == "HEAD"
        self._status, self._headers, self.declared = code, encoded, declared
        self.started = True

    def start_message(self, whole_length: int | None = None) -> Message:
        """The ``http.response.start`` event; the headers count as sent from here on.

        :param whole_length: the body's length where all of it is at hand, for a response that does not declare it.
        :raises AppProtocolError: when `start_response` was never called.
        """
        if not self.started:
            raise AppProtocolError("the application returned body before it called start_response (PEP 3333)")
        self.sent = True
        self.declare(whole_length)
        return {"type": "http.response.start", "status": self._status, "headers": self._headers}

    def declare(self, length: int | None) -> None:
        """Add the body's length where it is known and the application has not told it; the headers are still here."""
        if length is not None and self.declared is None and not self.bodyless:
            self._headers.append((b"content-length", b"%d" % length))
            self.declared = length

    def piece(self, data: bytes) -> bytes:
        """What of ``data`` may go to the client: nothing for HEAD, 204 and 304, else up to the declared length.

        :raises AppProtocolError: when ``data`` is not bytes.
        """
        if not isinstance(data, bytes):
            raise AppProtocolError(
                f"the application gave {type(data).__name__} as body, it must be bytes (PEP 3333)"
            )
        before, self.produced = self.produced, self.produced + len(data)
        if self.bodyless:
            return b""
        if self.declared is not None and self.produced > self.declared:
            # One byte more would be read as the start of the next response on this connection.
            data = data[: max(0, self.declared - before)]
            if before <= self.declared:
                logger.error(
                    "the application's body is longer than its Content-Length of %d; the rest is cut off",
                    self.declared,
                )
        return data

    def whole(self, data: bytes) -> tuple[Message, bytes]:
        """The start event and the body of a response that is one piece, with its length.

        The common case, so at one look; whatever is special about it goes the way of every other response.

        :raises AppProtocolError: as `piece`, `start_message` and `check_complete` do.
        """
        if type(data) is bytes and self.started and self.declared == len(data) and not self.bodyless:
            self.sent = True
            self.produced = self.declared
            return {"type": "http.response.start", "status": self._status, "headers": self._headers}, data
        piece = self.piece(data)
        start = self.start_message(whole_length=len(piece))
        self.check_complete()
        return start, piece

    @property
    def over(self) -> bool:
        """Whether nothing more of the body would be sent: the declared length is reached, or none has a place."""
        return self.sent and (self.bodyless or (self.declared is not None and self.produced >= self.declared))

    @property
    def spent(self) -> bool:
        """Whether the application has nothing more to give: it has produced what it declared, also for ``HEAD``."""
        return self.sent and (self.bodyless if self.declared is None else self.produced >= self.declared)

    def check_complete(self) -> None:
        """At the end of the body.

        :raises AppProtocolError: when less came than was declared. The caller must not end the response properly then,
            or a truncated body would look complete.
        """
        if self.declared is not None and self.produced < self.declared and not self.bodyless:
            raise AppProtocolError(
                f"the application's body ended after {self.produced} of the {self.declared} bytes "
                "that its Content-Length declares"
            )
