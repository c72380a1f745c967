"""A request body that was not received whole: from `receive` into the window that the application reads."""

from __future__ import annotations

from bridgekit.adapters._input import RequestBody
from bridgekit.adapters._intake import Beginning, body_of
from bridgekit.concurrency.backends import Backend
from bridgekit.concurrency.windows import LoopToThread
from bridgekit.exceptions import ClientDisconnected, RequestTooLarge
from bridgekit.typing import Receive

__all__ = ["Upload"]


class Upload:
    """The loop's side of one streamed body; ``file`` is the application's.

    :param beginning: what has been received already.
    :param window: bytes that are received ahead of the application.
    :param limit: bytes a body may have, ``None`` for no limit.
    """

    def __init__(self, backend: Backend, beginning: Beginning, *, window: int, limit: int | None) -> None:
        self._declared = beginning.declared
        self._received = len(beginning.first)
        self._limit = limit
        self._body = LoopToThread(backend, window)
        if beginning.first:
            self._body.feed(beginning.first[: beginning.declared])
        self.file = RequestBody(self._body)
        self.prefetch = self._body.prefetch
        self.fail = self._body.fail

    async def feed(self, receive: Receive) -> bool:
        """Receive the rest as the application asks for it; false if it was refused half-way.

        :raises ClientDisconnected: when the client left before the end.
        """
        body = self._body
        await body.wanted()
        more = True
        while more:
            if body.full:
                await body.wanted()
                continue
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected(
                    f"the client left after {self._received} bytes of its request's body"
                )
            if not self._add(body_of(message)):
                return False
            more = message.get("more_body", False)
        if self._declared is not None and self._received < self._declared:
            body.fail(
                ClientDisconnected(
                    f"the request's body ended after {self._received} of its {self._declared} bytes"
                )
            )
        else:
            body.end()
        return True

    def _add(self, data: bytes) -> bool:
        """Hand one piece over; false if the body is too long."""
        before = self._received
        self._received += len(data)
        if self._limit is not None and self._received > self._limit:
            self._body.fail(RequestTooLarge(f"the request's body is over the limit of {self._limit} bytes"))
            return False
        if self._declared is not None and self._received > self._declared:
            data = data[: max(0, self._declared - before)]  # PEP 3333: simulate an end of file there
        if data:
            self._body.feed(data)
        return True
