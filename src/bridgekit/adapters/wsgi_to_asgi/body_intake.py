"""What of a request's body is received on the loop, before a thread is taken.

A body of unknown length is received whole, and so is a small one of known length: it never crosses again, a slow upload of one
holds no thread, and the application is told its length. Every other body starts the application at its first message and
streams. Which of them it is, and so all that the application is told, depends on the request's headers alone: never on how
the body was cut into segments.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bridgekit._plural import plural
from bridgekit.adapters.shared.headers import MAX_DIGITS
from bridgekit.adapters.wsgi_to_asgi.body_pace import Pace
from bridgekit.adapters.wsgi_to_asgi.rate_limited_log import RateLimitedLog
from bridgekit.adapters.wsgi_to_asgi.stored_body import Room, StoredBody
from bridgekit.concurrency.user_loop.backends import Backend
from bridgekit.exceptions import ClientDisconnected, RequestTooLarge, ServerProtocolError
from bridgekit.typing import Environ, Message, Receive


class UnknownCoding(ServerProtocolError):
    """The body has a transfer coding beside "chunked", which no server takes off; the answer is 501 (RFC 9112 6.1)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a body is received before the application runs, and how long that may take.

    :param room: for what is received whole.
    :param max_body_size: bytes a body may have; ``None`` for no limit.
    :param buffer_chunked: receive bodies of unknown length whole.
    :param body_timeout: seconds in each of which windows `min_body_rate` must be kept; ``None`` for no limit.
    :param min_body_rate: bytes a second.
    :param no_room: when to log that there is none.
    """

    room: Room
    max_body_size: int | None
    buffer_chunked: bool
    body_timeout: float | None
    min_body_rate: float
    no_room: RateLimitedLog = field(default_factory=RateLimitedLog)


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first of a body that is not received whole: ``first`` is there, ``declared`` is its length if known.

    ``complete`` where nothing more comes, because the server gives whole bodies at once.
    """

    first: bytes
    declared: int | None
    complete: bool = False


def body_of(message: Message) -> bytes:
    """The ``body`` of an ``http.request`` event: optional, and any buffer."""
    body = message.get("body", b"")
    return body if isinstance(body, bytes) else bytes(body or b"")


def _framing(environ: Environ) -> int | None:
    """The length of the body, ``None`` where it is known at its end only.

    Transfer-Encoding overrides a Content-Length beside it (RFC 9112 6.3): the server went by the former, h11 shows both.

    :raises UnknownCoding: see there.
    :raises ServerProtocolError: when CONTENT_LENGTH is not a number, or none that can be; a server should have refused it.
    """
    coding = environ.get("HTTP_TRANSFER_ENCODING")
    if coding is not None:
        if coding.strip(" \t").lower() != "chunked":
            raise UnknownCoding(
                f"the transfer coding of the request's body is not supported: {coding[:100]!r}"
            )
        environ.pop("CONTENT_LENGTH", None)
        return None
    value = environ.get("CONTENT_LENGTH")
    if not value:
        return None
    if value[-1] in " \t":  # no part of the value (RFC 9110 5.5), but httptools leaves them there
        value = environ["CONTENT_LENGTH"] = value.rstrip(" \t")
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise ServerProtocolError(f"Content-Length of the request is not one number: {value[:100]!r}")
    return int(value)


def may_have_body(environ: Environ) -> bool:
    """Whether the headers announce a body (RFC 9112 6.3), or that the client waits before it sends one."""
    return "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ or "HTTP_EXPECT" in environ


def is_empty(message: Message) -> bool:
    """Whether this first event of a request is its whole body, which is none."""
    return (
        message["type"] == "http.request" and not message.get("more_body", False) and not message.get("body")
    )


async def take_in(
    environ: Environ, receive: Receive, limits: Limits, backend: Backend, message: Message | None = None
) -> StoredBody | Beginning:
    """Receive all of the body, or its beginning; CONTENT_LENGTH is set where all is known.

    :param message: the first event, if it was received already.
    :raises ClientDisconnected: when the client left.
    :raises NoRoom: when all bodies together leave no room.
    :raises RequestTimeout: when the body comes too slowly.
    :raises RequestTooLarge: when the body is, or says it is, longer than allowed.
    :raises ServerProtocolError: when CONTENT_LENGTH is not a number.
    :raises UnknownCoding: when the body has another transfer coding than "chunked".
    """
    declared = _framing(environ)
    if declared is None:
        whole = limits.buffer_chunked
    else:
        if limits.max_body_size is not None:
            _check_size(declared, limits.max_body_size)
        whole = declared <= limits.room.each
    if (
        "HTTP_EXPECT" in environ
        and _waits(environ)
        and not (declared is None and whole and _is_announced(environ))
    ):
        # receive() makes the server send "100 Continue": whether it should is the application's decision.
        return Beginning(b"", declared)
    # A body of unknown length that is streamed may be a conversation, which the application begins.
    pace = None
    if limits.body_timeout is not None and (whole or declared is not None):
        pace = Pace(limits.body_timeout, limits.min_body_rate)
    taken: StoredBody | None = None
    with backend.interruption(_never if pace is None else pace.late):
        if message is None:
            message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected("the client left before its request was complete")
        if not whole:
            return _begin(message, declared, limits.max_body_size)
        data = body_of(message)
        # Nearly every body comes at once, and is what it says it is.
        at_once = len(data) == declared and not message.get("more_body", False)
        body = StoredBody(limits.room, data if at_once else None, declared)
        if body.file is None:
            await _store(body, message, receive, limits, declared, pace)
        taken = body
    if taken is None:
        assert pace is not None, "it alone ends the context"
        raise pace.error()
    if declared is None and (taken.length or "HTTP_TRANSFER_ENCODING" in environ):
        environ["CONTENT_LENGTH"] = str(taken.length)
        # The coding has been taken off, and the two together contradict each other.
        environ.pop("HTTP_TRANSFER_ENCODING", None)
    return taken


def _never() -> bool:
    return False


def _begin(message: Message, declared: int | None, limit: int | None) -> Beginning:
    """What the application is called with, where it is not called with all."""
    data = body_of(message)
    _check_size(len(data), limit)
    more = message.get("more_body", False)
    if not more:
        _check_complete(len(data), declared)
    return Beginning(data[:declared], declared, complete=not more)


def _waits(environ: Environ) -> bool:
    """Whether the client waits for "100 Continue" (RFC 9110 10.1.1)."""
    expectation: str = environ["HTTP_EXPECT"]
    return expectation.lower() == "100-continue"


def _is_announced(environ: Environ) -> bool:
    """Whether there can be a body of unknown length: in HTTP/1 it has a transfer coding (RFC 9112 6.3)."""
    return "HTTP_TRANSFER_ENCODING" in environ or not environ["SERVER_PROTOCOL"].startswith("HTTP/1")


def _check_size(length: int, limit: int | None) -> None:
    if limit is not None and length > limit:
        raise RequestTooLarge(f"the request's body is over the limit of {plural(limit, 'byte')}")


async def _store(
    body: StoredBody,
    message: Message,
    receive: Receive,
    limits: Limits,
    declared: int | None,
    pace: Pace | None,
) -> None:
    """Receive a body of which ``message`` is the first event; no more of it than declared."""
    try:
        await _store_all(body, message, receive, limits, declared, pace)
    except BaseException:
        body.release()
        raise


async def _store_all(
    body: StoredBody,
    message: Message,
    receive: Receive,
    limits: Limits,
    declared: int | None,
    pace: Pace | None,
) -> None:
    received = 0
    limit = limits.max_body_size
    largest = limits.room.largest if declared is None else None
    while True:
        data = message.get("body", b"")
        if type(data) is not bytes:
            data = body_of(message)
        received += len(data)
        if limit is not None:
            _check_size(received, limit)
        if largest is not None and received > largest:
            raise RequestTooLarge(
                f"the request's body is over the limit of {plural(largest, 'byte')} for one without Content-Length"
            )
        if pace is not None:
            pace.received = received
        if declared is not None and received > declared:
            data = data[: declared - body.length]  # PEP 3333: simulate an end of file there
        if data and not body.keep(data):
            if pace is not None:
                pace.busy = True
            await body.spill(data)
            if pace is not None:
                pace.busy = False
        if not message.get("more_body", False):
            break
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected(
                f"the client left after {plural(received, 'byte')} of its request's body"
            )
    if pace is not None:
        pace.busy = True
    _check_complete(received, declared)
    await body.finish()


def _check_complete(received: int, declared: int | None) -> None:
    if declared is not None and received < declared:
        raise ClientDisconnected(f"the request's body ended after {received} of its {declared} bytes")
