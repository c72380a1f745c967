"""The rest of a body that nobody reads, on a server that must be rid of it before its response ends.

hypercorn queues a request's events, ten at most. Once the response has ended nobody takes them: the server waits for room in the
queue, for ever, and the connection with it. Other servers throw the rest away themselves.
"""

from __future__ import annotations

import sys
import time

from bridgekit.adapters.wsgi_to_asgi.body_stream import Upload
from bridgekit.concurrency.user_loop.backends import Backend
from bridgekit.typing import Message, Send

SECONDS = 10.0
"""How long the end of a response waits for the end of its request."""

BYTES = 64 * 1024 * 1024
"""A body of which more than this is missing is not waited for: the server closes its connection."""


def must_be_received() -> bool:
    """Whether the server is one that needs it. The scope does not tell its name, and `receive` may be wrapped."""
    return "hypercorn" in sys.modules


class Remainder:
    """Stands before the server's ``send``, and receives the rest of the body before it lets the last event pass."""

    def __init__(self, backend: Backend, upload: Upload, send: Send) -> None:
        self._backend = backend
        self._upload = upload
        self._send = send
        self._since = 0.0

    async def send(self, message: Message) -> None:
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        if not last or self._upload.ended:
            await self._send(message)
            return
        if message.get("body"):
            # The client may have all of the response before it has sent all of its request.
            await self._send({**message, "more_body": True})
        self._upload.discard()
        if self._upload.missing <= BYTES:
            await self._wait()
        # Receiving goes on meanwhile: the server must find room for the event that says that the connection is closed.
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _wait(self) -> None:
        self._since = time.monotonic()
        self._backend.register(self)
        try:
            if not self._upload.ended:
                await self._upload.over.wait()
        finally:
            self._backend.unregister(self)

    def tick(self) -> None:
        if time.monotonic() - self._since >= SECONDS:
            self._upload.over.set()
