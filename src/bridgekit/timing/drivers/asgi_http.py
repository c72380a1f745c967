"""One HTTP request over ASGI, while it is measured."""

from __future__ import annotations

from collections.abc import Awaitable

from bridgekit.timing.drivers.marked import awaited
from bridgekit.timing.drivers.scope import ASGILive
from bridgekit.timing.measuring.outcome_of import code_of, raised_in
from bridgekit.timing.measuring.record_in_progress import OPEN, SEVERAL
from bridgekit.typing import Message, Receive, Send

FIELD_NAMES = {"Server-Timing": b"server-timing", "Timing-Allow-Origin": b"timing-allow-origin"}
"""The headers of ours as ASGI wants them: lower case (ASGI HTTP, "Response Start")."""


class HTTPExchange:
    """Stands between the application and the server, and writes down what passes.

    `send` is a plain function that gives back the server's own awaitable: a coroutine of ours around each chunk would
    cost twice as much. Only the last piece is waited for here, because the request ends when the server has taken it.

    Apart from the record, which outlives it: exporters may keep records, and must not keep the server's connection with them.
    """

    __slots__ = ("live", "receive_from", "send_to")

    live: ASGILive
    receive_from: Receive
    send_to: Send

    @awaited
    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message on, and see what it says."""
        live, kind = self.live, message["type"]
        if kind == "http.response.body":
            size = len(message["body"]) if "body" in message else 0
            more = "more_body" in message and message["more_body"]
            if live.pieces == SEVERAL:
                live._bytes_out += size  # the rest is known: most chunks come this way
            elif live.source is not None:
                if live._first_byte is None:
                    # ASGI HTTP, "Response Start": a server must not send the start before the first body event.
                    live._first_byte = live.recorder.clock()
                    if more:
                        live.pieces = OPEN
                elif size and live._bytes_out:
                    live.pieces = SEVERAL
                live._bytes_out += size
            return self.send_to(message) if more else self._send_last(message)
        if live.source is None:
            return self.send_to(message)
        if kind == "http.response.start":
            live._status = message["status"]
            headers = message.get("headers", ())
            if type(headers) is not list and type(headers) is not tuple:
                # Any iterable is allowed, also one that can be read only once.
                message = {**message, "headers": (headers := list(headers))}
            live.response_headers = headers
            if live.recorder.server_timing is not None:
                message = with_timing_header(live, message)
        elif kind == "http.response.pathsend":
            return self._send_file(message, last=True)
        elif kind == "http.response.zerocopysend":
            return self._send_file(message, last=not message.get("more_body", False))
        return self.send_to(message)

    async def receive(self) -> Message:
        """Wait for a message from the client, and see how long that takes."""
        live = self.live
        clock = live.recorder.clock
        started = clock()
        message = await self.receive_from()
        kind = message["type"]
        if kind == "http.request":
            live.add_receive(clock() - started, len(message.get("body", b"")))
        elif kind == "http.disconnect" and not live._ended:
            live.note_client_gone()
        return message

    def fail(self, error: BaseException) -> None:
        """The application raised."""
        live = self.live
        if live.source is not None:
            if not live._ended and raised_in(error, code_of(self.send_to)):
                live.gone = True
            live.fail(error)

    def close(self) -> None:
        """The application returned."""
        self.live.finish(bool(self.live._ended))

    async def _send_last(self, message: Message) -> None:
        live = self.live
        try:
            await self.send_to(message)
        except OSError:
            live.gone = True  # nothing but the server ran in there
            raise
        if live.source is not None:
            live._ended = live.recorder.clock()
            # What follows a complete response is background work, not part of it. After a 500 the exception may still
            # come (Starlette's ServerErrorMiddleware answers first and raises then): wait for the return.
            if live._status is None or live._status < 500:
                live.finish(True)

    async def _send_file(self, message: Message, *, last: bool) -> None:
        """A file that the server reads: extensions "Path Send" and "Zero Copy Send"."""
        live = self.live
        if live._first_byte is None:
            live._first_byte = live.recorder.clock()
            live.set_file_size(live.response_header("content-length"))
        if last:
            await self._send_last(message)
        else:
            await self.send_to(message)


class MeasuredSend:
    """The server's send with its time measured (``send_time=True``)."""

    __slots__ = ("_live", "_send")

    def __init__(self, live: ASGILive, send: Send) -> None:
        self._live = live
        self._send = send

    async def __call__(self, message: Message) -> None:
        clock = self._live.recorder.clock
        started = clock()
        try:
            await self._send(message)
        finally:
            self._live.add_send(clock() - started)


def with_timing_header(live: ASGILive, message: Message) -> Message:
    """The start of the response with our headers behind the application's own."""
    added = live.recorder.headers_for(live)
    if not added:
        return message
    message = {**message}  # applications send constants
    headers = message["headers"] = list(live.response_headers)
    for name, value in added:
        headers.append((FIELD_NAMES[name], value.encode("ascii")))
    return message
