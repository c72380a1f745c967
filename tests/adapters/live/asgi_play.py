"""An ASGI application that does what it is told, one request at a time, and a WSGI server and client that do as well."""

from __future__ import annotations

import asyncio
import io
import queue
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

from bridgekit.adapters.asgi_to_wsgi.request_body import Reader
from bridgekit.typing import Receive, Scope, Send, WSGIApp
from tests.helpers.asgi_driver import TIMEOUT
from tests.helpers.wsgi_client import environ_of

__all__ = ["Caller", "Play", "SlowInput"]

Step = tuple[Any, ...]


class Play:
    """The application's side of one request. Lives on the adapter's loop; is told from elsewhere."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.entered = self.ended = 0
        self.started = self.complete = False
        self.declared: int | None = None
        self.given = b""
        self.received = b""
        self.whole_received = False
        self.raised: BaseException | None = None
        self._steps: deque[Step] = deque()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._more = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Play {vars(self)}>"

    def tell(self, *step: Any) -> None:
        with self._lock:
            self._steps.append(step)
            if self._loop is not None and not self.ended:
                self._loop.call_soon_threadsafe(self._more.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.entered += 1
        with self._lock:
            self._loop = asyncio.get_running_loop()
        try:
            while (step := await self._next())[0] != "returns":
                await self._do(receive, send, *step)
        except BaseException as error:
            self.raised = error
            raise
        finally:
            with self._lock:
                self.ended += 1

    async def _next(self) -> Step:
        while True:
            with self._lock:
                if self._steps:
                    return self._steps.popleft()
                self._more.clear()
            await self._more.wait()

    async def _do(self, receive: Receive, send: Send, kind: str, *rest: Any) -> None:
        match kind:
            case "starts" if not self.started:
                await self._start(send, *rest)
            case "gives" if self.started and not self.complete:
                self.given += rest[0]
                await send({"type": "http.response.body", "body": rest[0], "more_body": True})
            case "completes" if not self.complete:
                if not self.started:
                    await self._start(send, None)
                self.complete = True
                await send({"type": "http.response.body", "body": b""})
            case "receives" if (
                not self.whole_received
            ):  # behind its end there is nothing but the leaving of a client who waits
                self._note(await receive())
            case "receives to the end":
                while not self.whole_received and self._note(await receive()):
                    pass
            case "gives up receiving" if not self.whole_received:
                try:
                    async with asyncio.timeout(0):
                        self._note(await receive())
                except TimeoutError:
                    pass
            case "raises":
                raise LookupError(self.token)
            case "hears of nothing" if self.given and not self.complete and self.declared is None:
                # Before its response nobody could leave, and behind it, this would be work in the background, which nobody ends.
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    await asyncio.sleep(0)

    async def _start(self, send: Send, declared: int | None) -> None:
        headers = [] if declared is None else [(b"content-length", b"%d" % declared)]
        self.started, self.declared = True, declared
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    def _note(self, message: Any) -> bool:
        if message["type"] == "http.disconnect":
            return False
        assert not self.whole_received, "a body goes on behind its end"
        self.received += message["body"]
        self.whole_received = not message["more_body"]
        return True


class SlowInput:
    """``wsgi.input`` as the client fills it. A read waits for all it asks for, or until the client has left.

    :param reader: who may read from it.
    """

    def __init__(self, whole: bytes, reader: Reader) -> None:
        self.whole, self.reader = whole, reader
        self.brought = self.position = 0
        self.left = False
        self.error: Exception | None = None
        self.owned_by_server = False
        self.misuse = ""
        self._change = threading.Condition()

    @property
    def complete(self) -> bool:
        return self.brought == len(self.whole)

    def bring(self, size: int | None) -> None:
        with self._change:
            self.brought = len(self.whole) if size is None else min(self.brought + size, len(self.whole))
            self._change.notify_all()

    def end(self, error: Exception | None) -> None:
        with self._change:
            self.left, self.error = True, error
            self._change.notify_all()

    def read(self, size: int) -> bytes:
        with self._change:
            if self.owned_by_server:
                self.misuse = "a read after the response was closed"
            wanted = min(self.position + size, len(self.whole))
            assert self._change.wait_for(lambda: self.left or self.brought >= wanted, TIMEOUT)
            if self.left and self.error is not None:
                raise self.error
            data = self.whole[self.position : min(wanted, self.brought)]
            self.position += len(data)
            if self.owned_by_server:
                self.misuse = "a read that lasts longer than its request"
            return data


class Caller:
    """The server's side of one request, in a thread of its own."""

    def __init__(self, app: WSGIApp, path: str, method: str, stream: SlowInput | None, fate: str) -> None:
        self.steps: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.method = method
        self.stream = stream
        self.fate = fate
        self.starts = 0
        self.status = ""
        self.got = b""
        self.at_end = False
        self.left_early = False
        self.error: BaseException | None = None
        self._app = app
        given: Any = io.BytesIO() if stream is None else stream
        length = None if stream is None else str(len(stream.whole))
        self._environ = environ_of(method, path, **{"wsgi.input": given, "CONTENT_LENGTH": length})
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def __repr__(self) -> str:
        return f"<Caller {vars(self)}, {self.stream and vars(self.stream)}>"

    @property
    def disturbed(self) -> bool:
        return self.left_early or self.fate == "refuses" or (self.stream is not None and self.stream.left)

    def _start_response(self, status: str, headers: Any, exc_info: Any = None) -> Any:
        self.starts += 1
        self.status = status
        if self.fate == "refuses":
            raise ConnectionAbortedError("the server has lost its client")
        return lambda data: None

    def _serve(self) -> None:
        try:
            iterable = self._app(self._environ, self._start_response)
            try:
                self._send(iterable)
            finally:
                close = getattr(iterable, "close", None)
                if close is not None and not self.drops:
                    close()
        except BaseException as error:
            self.error = error
        finally:
            if self.stream is not None and not self.drops:
                self.stream.owned_by_server = True

    drops = struck = False

    def strike(self) -> None:
        """Close or drop the response before its next piece."""
        self.struck = True
        self.steps.put("")

    def _send(self, iterable: Iterable[bytes]) -> None:
        pieces = iter(iterable)
        while not self.at_end:
            self.steps.get(timeout=TIMEOUT)
            if self.struck:
                self.left_early = True
                self.drops = self.fate == "drops"
                return
            try:
                self.got += next(pieces)
            except StopIteration:
                self.at_end = True
