"""A request body that was not received whole: from `receive` into the window that the application reads."""

from __future__ import annotations

from bridgekit._plural import plural
from bridgekit.adapters.wsgi_to_asgi.body_intake import Beginning, Limits, body_of
from bridgekit.adapters.wsgi_to_asgi.body_pace import Pace
from bridgekit.adapters.wsgi_to_asgi.wsgi_input import RequestBody
from bridgekit.concurrency.user_loop.backends import Backend
from bridgekit.concurrency.user_loop.windows import LoopToThread
from bridgekit.exceptions import ClientDisconnected, RequestTooLarge
from bridgekit.typing import Receive


class Upload:
    """The loop's side of one streamed body; ``file`` is the application's.

    :param beginning: what has been received already.
    :param window: bytes that are received ahead of the application.
    """

    def __init__(self, backend: Backend, beginning: Beginning, limits: Limits, *, window: int) -> None:
        self._declared = beginning.declared
        self._received = len(beginning.first)
        self._limit = limits.max_body_size
        # A body of known length is on its way; one of unknown length that is streamed may be a conversation, with pauses.
        self._pace: Pace | None = None
        if beginning.declared is not None and limits.body_timeout is not None:
            self._pace = Pace(limits.body_timeout, limits.min_body_rate)
        self._discarding = False
        self.ended = False  # nothing more will be received
        self.over = backend.signal()  # set with `ended`
        self._body = LoopToThread(backend, window)
        if beginning.first:
            self._body.feed(beginning.first[: beginning.declared])
        self.file = RequestBody(self._body)
        self.prefetch = self._body.prefetch
        self.fail = self._body.fail

    @property
    def missing(self) -> int:
        """Bytes that are still to come, 0 where nobody knows."""
        return 0 if self._declared is None else max(0, self._declared - self._received)

    async def feed(self, receive: Receive) -> bool:
        """Receive the rest as the application asks for it; false if it was refused half-way.

        :raises ClientDisconnected: when the client left before the end.
        """
        try:
            return await self._feed(receive)
        finally:
            self.ended = True
            self.over.set()

    async def _feed(self, receive: Receive) -> bool:
        body = self._body
        await body.demand()
        more = True
        while more:
            if body.full and not self._discarding:
                await body.demand()
                continue
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected(
                    f"the client left after {plural(self._received, 'byte')} of its request's body"
                )
            more = message.get("more_body", False)
            if not self._add(body_of(message)):
                return False
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
        if self._pace is not None:
            self._pace.received = self._received
        if self._discarding:
            return True
        if self._limit is not None and self._received > self._limit:
            self._body.fail(
                RequestTooLarge(f"the request's body is over the limit of {plural(self._limit, 'byte')}")
            )
            return False
        if self._declared is not None and self._received > self._declared:
            data = data[: max(0, self._declared - before)]  # PEP 3333: simulate an end of file there
        if data:
            self._body.feed(data)
        return True

    def discard(self) -> None:
        """Nobody reads any more: receive the rest, and forget it."""
        self._discarding = True
        self.fail(ClientDisconnected("the response is complete: nobody receives the request's body any more"))
        self.prefetch()

    def tick(self) -> None:
        """Called now and then: end a body for whose next piece the application has waited too long."""
        if self._pace is None or self.ended:
            return
        self._pace.busy = not self._body.starved
        if self._pace.late():
            self.fail(self._pace.error())
