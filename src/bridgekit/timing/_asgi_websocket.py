"""One websocket session over ASGI, while it is measured."""

from __future__ import annotations

from collections.abc import Awaitable

from bridgekit.timing._blame import code_of, raised_in
from bridgekit.timing._live import LiveTiming
from bridgekit.timing._scope import ScopeFacts
from bridgekit.timing.record import Kind, RequestTiming
from bridgekit.typing import Message, Receive, Send

__all__ = ["WebSocketSession"]

ORDERLY = frozenset({1000, 1001, 1005})
"""Close codes of a client that left in order: done, going away, and none given (RFC 6455, section 7.4.1)."""


class WebSocketSession(ScopeFacts, LiveTiming):
    """A session from its handshake until its close; the time to the first byte is the time to the answer."""

    __slots__ = ("receive_from", "send_to")

    receive_from: Receive
    send_to: Send

    def send(self, message: Message) -> Awaitable[None]:
        kind = message["type"]
        if kind == "websocket.send":
            self.bytes_out += payload_size(message)
        elif kind == "websocket.accept":
            self._answer(101)
        elif kind == "websocket.close":
            if self.status is None:
                self._answer(403)  # ASGI websocket, "Close": before the handshake is complete that is a 403
            self.ended = self.recorder.clock()
        elif kind == "websocket.http.response.start":
            self._answer(message["status"])
        elif kind == "websocket.http.response.body" and not message.get("more_body", False):
            self.ended = self.recorder.clock()
        return self.send_to(message)

    async def receive(self) -> Message:
        message = await self.receive_from()
        kind = message["type"]
        if kind == "websocket.receive":
            self.add_receive(0, payload_size(message))
        elif kind == "websocket.disconnect" and self.ended is None:
            # ASGI websocket, "Disconnect": the code defaults to 1005.
            self.gone = (message.get("code") or 1005) not in ORDERLY or self.status is None
            self.ended = self.recorder.clock()
        return message

    def fail(self, error: BaseException) -> None:
        if not self.finished:
            if raised_in(error, code_of(self.send_to)):
                self.gone = True
            self.error = error
            # A session that had ended by itself is complete, whatever came after; else the error is its end.
            self.finish(complete=self.ended is not None)

    def close(self) -> None:
        """The application returned; servers close an accepted session for it, with 1000."""
        self.finish(complete=self.ended is not None or self.status == 101)

    def freeze(self, *, complete: bool) -> RequestTiming:
        return super().freeze(complete=complete)._replace(kind=Kind.WEBSOCKET, protocol="websocket")

    def _answer(self, status: int) -> None:
        self.status = status
        self.first_byte = self.recorder.clock()


def payload_size(message: Message) -> int:
    """Bytes of a message's payload; text counts as the UTF-8 that goes over the wire (RFC 6455, section 5.6)."""
    data = message.get("bytes")
    if data is not None:
        return len(data)
    text: str = message.get("text") or ""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
