"""Answers to requests that come to no thread: their body is not taken in, or every thread is busy."""

from __future__ import annotations

import contextlib
import logging

from bridgekit.adapters.wsgi_to_asgi.body_intake import Beginning, Limits, UnknownCoding
from bridgekit.adapters.wsgi_to_asgi.body_remainder import Remainder, must_be_received
from bridgekit.adapters.wsgi_to_asgi.body_stream import Upload
from bridgekit.adapters.wsgi_to_asgi.plain_responses import send_plain
from bridgekit.adapters.wsgi_to_asgi.rate_limited_log import RateLimitedLog
from bridgekit.adapters.wsgi_to_asgi.stored_body import NoRoom
from bridgekit.concurrency.user_loop.backends import Backend
from bridgekit.concurrency.worker_pool import WorkerPool
from bridgekit.exceptions import (
    BridgekitError,
    ClientDisconnected,
    RequestTimeout,
    RequestTooLarge,
    ServerProtocolError,
)
from bridgekit.typing import Environ, Receive, Send

logger = logging.getLogger("bridgekit.adapters")

REFUSALS = (NoRoom, RequestTimeout, RequestTooLarge, ServerProtocolError)
"""What `take_in` raises for a client that is there."""

CLOSE = (b"connection", b"close")


async def answer(send: Send, error: BridgekitError, http_version: str, retry_after: int) -> None:
    """Send the response that ``error`` means."""
    headers = []
    text = f"{error}\n"
    match error:
        case NoRoom():
            status, text = 503, "The server is busy, try again.\n"
            headers = [(b"retry-after", b"%d" % retry_after)]
        case RequestTimeout():
            status = 408
        case RequestTooLarge():
            status = 413
        case UnknownCoding():
            status = 501
        case _:
            status = 400
    if status in (400, 408, 501) and http_version.startswith("1"):
        # Where the request ends is not known, or it does not end (RFC 9110 15.5.9, RFC 9112 6.3). HTTP/2 forbids the field.
        headers.append(CLOSE)
    await send_plain(send, status, text, headers)


async def refuse(
    error: BridgekitError,
    environ: Environ,
    receive: Receive,
    send: Send,
    backend: Backend,
    limits: Limits,
    retry_after: int,
) -> None:
    """Answer a request that does not come to a thread, for its body's sake."""
    if isinstance(error, NoRoom):
        count = limits.no_room.note()
        if count:
            logger.error(
                "%s; answered 503: %d since the last line like this", error, count, exc_info=error.__cause__
            )
    else:
        logger.info("refused a request: %s", error)
    version = environ["SERVER_PROTOCOL"].removeprefix("HTTP/")
    if isinstance(error, RequestTimeout) or not must_be_received():
        await answer(send, error, version, retry_after)
        return
    length = environ.get("CONTENT_LENGTH", "")
    declared = int(length) if length.isdecimal() and len(length) < 20 else None
    rest = Upload(backend, Beginning(b"", declared), limits, window=1)

    async def receive_rest() -> None:
        with contextlib.suppress(ClientDisconnected):
            await rest.feed(receive)

    reap = backend.spawn(receive_rest)
    try:
        await answer(Remainder(backend, rest, send).send, error, version, retry_after)
    finally:
        await reap()


async def refuse_saturated(
    pool: WorkerPool, saturation: RateLimitedLog, send: Send, retry_after: int
) -> None:
    """Answer 503: every thread is busy and the queue is full, or the wait in it was too long."""
    count = saturation.note()
    if count:
        logger.error(
            "no worker thread was free (max_workers=%d, %d waiting); answered 503: %d since the last line like this",
            pool.max_workers,
            pool.waiting,
            count,
        )
    headers = [(b"retry-after", b"%d" % retry_after)]
    await send_plain(send, 503, "The server is busy, try again.\n", headers)
