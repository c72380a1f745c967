"""What of a request's body is received on the loop, before a thread is taken.

A small body of known length is received whole: it never crosses again, and a slow upload of one holds no thread. Every
other body starts the application at its first message and streams.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

import anyio.to_thread

from bridgekit.adapters._input import SpooledBody
from bridgekit.exceptions import ClientDisconnected, RequestTooLarge, ServerProtocolError
from bridgekit.typing import Environ, Message, Receive

__all__ = ["Beginning", "Limits", "body_of", "is_empty", "may_have_body", "take_in"]


MAX_DIGITS = 19
"""Of a Content-Length: beyond 2**63 no file system and no socket goes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a body is received before the application runs.

    :param prebuffer: bytes up to which a body of known length is received whole.
    :param max_body_size: bytes a body may have; ``None`` for no limit.
    :param buffer_chunked: receive bodies of unknown length whole as well (on disk beyond ``prebuffer``), so that the
        application is given a CONTENT_LENGTH.
    """

    prebuffer: int
    max_body_size: int | None
    buffer_chunked: bool


@dataclass(frozen=True, slots=True)
class Beginning:
    """The first of a body that is still to come: ``first`` has been received, ``declared`` is its length if known."""

    first: bytes
    declared: int | None


def body_of(message: Message) -> bytes:
    """The ``body`` of an ``http.request`` event: optional, and any buffer."""
    body = message.get("body", b"")
    return body if isinstance(body, bytes) else bytes(body or b"")


def declared_length(environ: Mapping[str, Any]) -> int | None:
    """CONTENT_LENGTH as a number, ``None`` where it is absent.

    :raises ServerProtocolError: when it is no number, or none that can be; a server should have refused the request.
    """
    value = environ.get("CONTENT_LENGTH")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= MAX_DIGITS):
        raise ServerProtocolError(f"Content-Length of the request is not one number: {value!r}")
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
    environ: Environ, receive: Receive, limits: Limits, message: Message | None = None
) -> BinaryIO | Beginning:
    """Receive all of the body, or its beginning; CONTENT_LENGTH is set where all is known.

    :param message: the first event, if it was received already.
    :raises ClientDisconnected: when the client left.
    :raises RequestTooLarge: when the body is, or says it is, longer than allowed.
    :raises ServerProtocolError: when CONTENT_LENGTH is no number.
    """
    declared = declared_length(environ)
    if limits.max_body_size is not None and declared is not None:
        _check_size(declared, limits)
    if "HTTP_EXPECT" in environ and environ["HTTP_EXPECT"].lower() == "100-continue":
        # receive() makes the server send "100 Continue": whether it should is the application's decision.
        return Beginning(b"", declared)
    if message is None:
        message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnected("the client left before its request was complete")
    body = body_of(message)
    _check_size(len(body), limits)
    if message.get("more_body", False):
        small = limits.buffer_chunked if declared is None else declared <= limits.prebuffer
        if not small:
            return Beginning(body, declared)
        whole, length = await _collect(body, receive, limits, declared)
    else:
        # PEP 3333: simulate an end of file where the declared length ends.
        whole, length = io.BytesIO(body[:declared]), len(body)
    if declared is not None:
        if length < declared:
            raise ClientDisconnected(f"the request's body ended after {length} of its {declared} bytes")
    elif length or "HTTP_TRANSFER_ENCODING" in environ:
        environ["CONTENT_LENGTH"] = str(length)
        environ.pop(
            "HTTP_TRANSFER_ENCODING", None
        )  # it has been decoded; the two together contradict each other
    return whole


def _check_size(length: int, limits: Limits) -> None:
    if limits.max_body_size is not None and length > limits.max_body_size:
        raise RequestTooLarge(f"the request's body is over the limit of {limits.max_body_size} bytes")


async def _collect(
    first: bytes, receive: Receive, limits: Limits, declared: int | None
) -> tuple[BinaryIO, int]:
    """Receive the rest of a body: in memory up to ``prebuffer`` bytes, beyond that on disk; no more than declared."""
    parts = [first[:declared]]
    length = in_memory = len(first)
    spool: BinaryIO | None = None
    try:
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected(f"the client left after {length} bytes of its request's body")
            data = body_of(message)
            parts.append(data if declared is None else data[: max(0, declared - length)])
            length += len(data)
            in_memory += len(parts[-1])
            _check_size(length, limits)
            if in_memory > limits.prebuffer:
                spool = spool or _open_spool()
                await anyio.to_thread.run_sync(spool.writelines, parts)  # a disk may be slow; not on the loop
                parts, in_memory = [], 0
            if not message.get("more_body", False):
                break
        if spool is None:
            return io.BytesIO(b"".join(parts)), length
        await anyio.to_thread.run_sync(_rewind, spool, parts)
    except BaseException:
        if spool is not None:
            spool.close()
        raise
    return SpooledBody(spool), length


def _open_spool() -> BinaryIO:
    """A nameless file; whoever holds it closes it."""
    return tempfile.TemporaryFile()


def _rewind(spool: BinaryIO, rest: list[bytes]) -> None:
    spool.writelines(rest)
    spool.seek(0)
