"""One websocket session over ASGI, while it is measured."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from bridgekit.timing.drivers.marked import awaited
from bridgekit.timing.drivers.scope import ASGILive
from bridgekit.timing.interface import Shared
from bridgekit.timing.measuring.outcome_of import code_of, raised_in
from bridgekit.timing.measuring.record_in_progress import OPEN
from bridgekit.timing.outcome import Kind
from bridgekit.typing import Message, Receive, Send

ORDERLY = frozenset({1000, 1001, 1005})
"""Close codes of a client that left in order: done, going away, and none given (RFC 6455, section 7.4.1)."""


class WebSocketLive(ASGILive):
    """The record of a session; the time to the first byte is the time to the answer."""

    __slots__ = ()

    def begin(self, recorder: Shared, source: Any) -> None:
        super().begin(recorder, source)
        self.pieces = OPEN  # not one piece, whatever it says: its kind is asked for

    def exchange_kind(self) -> Kind:
        return Kind.WEBSOCKET


class WebSocketSession:
    """A session from its handshake until its close."""

    __slots__ = ("live", "receive_from", "send_to")

    live: ASGILive
    receive_from: Receive
    send_to: Send

    @awaited
    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message on, and see what it says."""
        live, kind = self.live, message["type"]
        if live.source is None:
            return self.send_to(message)
        if kind == "websocket.send":
            live._bytes_out += payload_size(message)
        elif kind == "websocket.accept":
            self._answer(101)
        elif kind == "websocket.close":
            if live._status is None:
                self._answer(403)  # ASGI websocket, "Close": before the handshake is complete that is a 403
            live._ended = live.recorder.clock()
        elif kind == "websocket.http.response.start":
            self._answer(message["status"])
        elif kind == "websocket.http.response.body" and not message.get("more_body", False):
            live._ended = live.recorder.clock()
        return self.send_to(message)

    async def receive(self) -> Message:
        """Wait for a message from the client, and see what it says."""
        message = await self.receive_from()
        live, kind = self.live, message["type"]
        if kind == "websocket.receive":
            live.add_receive(0, payload_size(message))
        elif kind == "websocket.disconnect" and not live._ended and live.source is not None:
            # ASGI websocket, "Disconnect": the code defaults to 1005.
            live.gone = (message.get("code") or 1005) not in ORDERLY or live._status is None
            live._ended = live.recorder.clock()
        return message

    def fail(self, error: BaseException) -> None:
        """The application raised; a session that had ended by itself is complete all the same."""
        live = self.live
        if live.source is not None:
            if raised_in(error, code_of(self.send_to)):
                live.gone = True
            live.fail(error)

    def close(self) -> None:
        """The application returned; servers close an accepted session for it, with 1000."""
        live = self.live
        live.finish(bool(live._ended) or live._status == 101)

    def _answer(self, status: int) -> None:
        self.live._status = status
        self.live._first_byte = self.live.recorder.clock()


def payload_size(message: Message) -> int:
    """Bytes of a message's payload; text counts as the UTF-8 that goes over the wire (RFC 6455, section 5.6)."""
    data = message.get("bytes")
    if data is not None:
        return len(data)
    text: str = message.get("text") or ""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
