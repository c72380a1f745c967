"""One HTTP request over ASGI, while it is measured."""

from __future__ import annotations

from collections.abc import Awaitable

from bridgekit.timing._blame import code_of, raised_in
from bridgekit.timing._live import OPEN, SEVERAL, LiveTiming
from bridgekit.timing._scope import ScopeFacts
from bridgekit.typing import Message, Receive, Send

__all__ = ["HTTPExchange", "MeasuredSend"]


class HTTPExchange(ScopeFacts, LiveTiming):
    """Stands between the application and the server.

    `send` is a plain function that gives back the server's own awaitable: a coroutine of ours around each chunk would
    cost twice as much. Only the last piece is waited for here, because the request ends when the server has taken it.
    """

    __slots__ = ("receive_from", "send_to")

    receive_from: Receive
    send_to: Send

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message on, and see what it says."""
        kind = message["type"]
        if kind == "http.response.body":
            more = message.get("more_body", False)
            size = len(message.get("body", b""))
            if self.first_byte is None:
                # ASGI HTTP, "Response Start": a server must not send the start before the first body event.
                self.first_byte = self.recorder.clock()
                if more:
                    self.pieces = OPEN
            elif size and self.bytes_out:
                self.pieces = SEVERAL
            self.bytes_out += size
            return self.send_to(message) if more else self._send_last(message)
        if kind == "http.response.start":
            self.status = message["status"]
            headers = message.get("headers", ())
            if type(headers) is not list and type(headers) is not tuple:
                # Any iterable is allowed, also one that can be read only once.
                message = {**message, "headers": (headers := list(headers))}
            self.response_headers = headers
            if self.recorder.server_timing is not None:
                message = self._with_timing_header(message)
        elif kind == "http.response.pathsend":
            return self._send_file(message, last=True)
        elif kind == "http.response.zerocopysend":
            return self._send_file(message, last=not message.get("more_body", False))
        return self.send_to(message)

    async def receive(self) -> Message:
        """Wait for a message from the client, and see how long that takes."""
        clock = self.recorder.clock
        started = clock()
        message = await self.receive_from()
        kind = message["type"]
        if kind == "http.request":
            self.add_receive(clock() - started, len(message.get("body", b"")))
        elif kind == "http.disconnect" and self.ended is None:
            self.gone = True
        return message

    def fail(self, error: BaseException) -> None:
        if not self.finished and not self.gone and raised_in(error, code_of(self.send_to)):
            self.gone = True
        super().fail(error)

    def close(self) -> None:
        """The application returned."""
        self.finish(complete=self.ended is not None)

    def _with_timing_header(self, message: Message) -> Message:
        added = self.recorder.headers_for(self)
        if not added:
            return message
        # A new message: applications send constants.
        return {**message, "headers": [*self.response_headers, *((n.encode(), v.encode()) for n, v in added)]}

    async def _send_last(self, message: Message) -> None:
        try:
            await self.send_to(message)
        except OSError:
            self.gone = True  # nothing but the server ran in there
            raise
        self.ended = self.recorder.clock()
        # What follows a complete response is background work, not part of it. After a 500 the exception may still
        # come (Starlette's ServerErrorMiddleware answers first and raises then): wait for the return.
        if self.status is None or self.status < 500:
            self.finish(complete=True)

    async def _send_file(self, message: Message, *, last: bool) -> None:
        """A file that the server reads: extensions "Path Send" and "Zero Copy Send"."""
        if self.first_byte is None:
            self.first_byte = self.recorder.clock()
            self.set_file_size(self.response_header("content-length"))
        if last:
            await self._send_last(message)
        else:
            await self.send_to(message)


class MeasuredSend:
    """The server's send with its time measured (``send_time=True``)."""

    __slots__ = ("_live", "_send")

    def __init__(self, live: LiveTiming, send: Send) -> None:
        self._live = live
        self._send = send

    async def __call__(self, message: Message) -> None:
        clock = self._live.recorder.clock
        started = clock()
        try:
            await self._send(message)
        finally:
            self._live.add_send(clock() - started)
