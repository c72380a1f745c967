"""A WebSocket on the socket that a WSGI server handed over (RFC 6455), served by the request's own thread.

The thread waits for the socket and for a wakeup at the same time, so it reads and writes as either side has something.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import selectors
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from bridgekit.adapters.asgi_to_wsgi.websocket_budget import MESSAGES, Share
from bridgekit.adapters.asgi_to_wsgi.websocket_offers import one_offer
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Message, Scope

READ_SIZE = 64 * 1024
CLOSE_SECONDS = 5.0
"""How long the client is given to answer a close frame (RFC 6455 7.1.1 leaves it to the server)."""

MAX_MESSAGE = 16 * 1024 * 1024
"""Bytes of the longest message that is taken, as in uvicorn and daphne's default family: a message is held whole."""

EVENT_SIZE = 64
"""About the bytes that an event takes beside its data."""

MAX_OUTPUT = 4 * READ_SIZE
"""Bytes that wait for a client that does not read, above which nothing is read from it either: it would be answered."""

MAX_WAITING = 256 * 1024
"""Bytes of messages that wait for the application, above which nothing is read, nor unpacked, of further ones."""

INFLATED = 1024
"""Bytes of compressed data that are taken at a time. They become a mebibyte at most (RFC 1951), which is counted before the next."""

TOO_BIG, PROTOCOL_ERROR, ABNORMAL, TRY_AGAIN = 1009, 1002, 1006, 1013


def message_size(message: Message) -> int:
    """What an event counts for in a window: its data, and something for the event, of which empty ones are made, too."""
    return len(message.get("bytes") or message.get("text") or "") + EVENT_SIZE


def wsproto_installed() -> bool:
    return importlib.util.find_spec("wsproto") is not None


def _to_nobody(message: Message) -> None:
    """Where events go of a connection that is closed."""


class WebSocketConnection:
    """The server's side of one connection.

    :param sock: the client's socket.
    :param scope: the websocket scope, for the handshake.
    :param deliver: called in the thread with every ASGI event that arrives.
    :raises ValueError: when the request is not a WebSocket handshake.
    """

    def __init__(self, sock: Any, scope: Scope, deliver: Callable[[Message], None]) -> None:
        self._sock = sock
        self._deliver = deliver
        self._events: Any = importlib.import_module("wsproto.events")
        self._extensions: Any = importlib.import_module("wsproto.extensions")
        utilities: Any = importlib.import_module("wsproto.utilities")
        self._errors = (utilities.RemoteProtocolError, utilities.LocalProtocolError)
        h11: Any = importlib.import_module("h11")  # wsproto's parser; its errors come through
        self._accept_errors = (*self._errors, h11.LocalProtocolError)
        package: Any = importlib.import_module("wsproto")
        self._ws = package.WSConnection(package.ConnectionType.SERVER)
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        try:
            self._ws.initiate_upgrade_connection(one_offer(scope["headers"]), target)
        except self._errors as error:
            raise ValueError(f"the request is not a WebSocket handshake: {error}") from error
        self._lock = threading.Lock()
        self._to_send: list[Message] = []
        self._wakeup_in, self._wakeup_out = socket.socketpair()
        for end in (self._wakeup_in, self._wakeup_out):
            end.setblocking(False)
        self._input = b""  # received, and not unpacked yet
        self._output = bytearray()
        self._deflate = self._extensions.PerMessageDeflate()
        self._message = bytearray()  # what has come of one in pieces, text as UTF-8
        self._message_length = self._message_weight = 0
        self._wide = False
        self._share = Share(MESSAGES)
        self._weights: deque[int] = deque()  # of the messages delivered and not yet received
        self._paused = self._disconnected = False
        self._close_by: float | None = None
        self.unsent = 0

    def accept(self, message: Message) -> None:
        """Encode the answer to the handshake. Before `serve`, while nothing else uses this object.

        :raises AppProtocolError: when it cannot be: a subprotocol that the client did not offer, an illegal header.
        """
        try:
            self._output += self._ws.send(self._event(message))
        except self._accept_errors as error:
            raise AppProtocolError(f"websocket.accept cannot be sent: {error}") from error

    # From any thread

    def post(self, message: Message) -> None:
        """Have the thread send an ASGI event."""
        with self._lock:
            self._to_send.append(message)
            self.unsent += message_size(message)
        self._wake_up()

    def pause(self, paused: bool) -> None:
        """Stop reading, or go on."""
        self._paused = paused
        self._wake_up()

    def received(self) -> None:
        """The application has taken the next of the messages that were delivered: its memory is the application's now."""
        if self._weights:
            stopped = self._share.held > MAX_WAITING
            self._share.hold(-self._weights.popleft())
            if stopped:
                self._wake_up()

    def _wake_up(self) -> None:
        # A full pipe means that the thread will wake anyway, a closed one that it has ended.
        with contextlib.suppress(OSError):
            self._wakeup_out.send(b"\0")

    # In the thread

    def serve(self, sent: Callable[[], None]) -> None:
        """Serve until either side has closed; ``sent`` is called when everything posted has left."""
        self._sock.setblocking(False)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self._wakeup_in, selectors.EVENT_READ)
                while not self._disconnected:
                    self._encode()
                    if self._write() and self._all_left():
                        sent()
                    if self._close_by is not None and time.monotonic() >= self._close_by:
                        self._disconnect(ABNORMAL, "")
                    elif not self._disconnected:
                        self._wait(selector)
        finally:
            if not self._disconnected:
                self._disconnect(ABNORMAL, "")
            with contextlib.suppress(OSError):
                self._sock.setblocking(True)
                # The server ends the connection (RFC 6455 7.1.1); werkzeug would keep it for another request.
                self._sock.shutdown(socket.SHUT_RDWR)

    def _all_left(self) -> bool:
        """Whether something was posted, and nothing of it is here any more; what was posted meanwhile is."""
        with self._lock:
            left = bool(self.unsent) and not self._to_send
            if left:
                self.unsent = 0
            return left

    def close(self) -> None:
        """Let go of what the waiting took, and of who was told, whether `serve` was called or the handshake refused."""
        self._deliver = _to_nobody
        self._wakeup_in.close()
        self._wakeup_out.close()
        self._share.end()

    @property
    def _reads(self) -> bool:
        # A message that is not whole yet must go on, however large it is.
        waiting = bool(self._weights) and self._share.held > MAX_WAITING
        return not (self._paused or waiting or len(self._output) > MAX_OUTPUT)

    def _has_input(self) -> bool:
        """Whether there is something to read that the selector does not see: left over, or decrypted by TLS."""
        if self._input:
            return True
        return isinstance(self._sock, ssl.SSLSocket) and self._sock.pending() > 0

    def _wait(self, selector: selectors.BaseSelector) -> None:
        self._watch(selector)
        timeout = None if self._close_by is None else max(self._close_by - time.monotonic(), 0)
        if self._reads and self._has_input():
            timeout = 0
        ready = {key.fileobj: events for key, events in selector.select(timeout)}
        if self._wakeup_in in ready:
            with contextlib.suppress(BlockingIOError):
                self._wakeup_in.recv(4096)
        if self._reads and (ready.get(self._sock, 0) & selectors.EVENT_READ or self._has_input()):
            self._read()

    def _watch(self, selector: selectors.BaseSelector) -> None:
        """Have ``selector`` look for what the socket is wanted for now."""
        mask = (selectors.EVENT_READ if self._reads else 0) | (selectors.EVENT_WRITE if self._output else 0)
        watched = selector.get_map().get(self._sock)
        if watched is None:
            if mask:
                selector.register(self._sock, mask)
        elif not mask:
            selector.unregister(self._sock)
        elif watched.events != mask:
            selector.modify(self._sock, mask)

    def _read(self) -> None:
        if not self._input and not self._fetch():
            return
        step = INFLATED if self._deflate.enabled() else READ_SIZE
        try:
            while self._input and self._reads:
                data, self._input = self._input[:step], self._input[step:]
                self._ws.receive_data(data)
                for event in self._ws.events():
                    self._handle(event)
                    if self._disconnected:
                        self._input = b""
                        return
        except self._errors as error:
            self._fail(PROTOCOL_ERROR, str(error))

    def _fetch(self) -> bool:
        """Receive what there is; false if there is nothing."""
        try:
            self._input = self._sock.recv(READ_SIZE)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            self._input = b""
        if not self._input:
            self._disconnect(ABNORMAL, "")
        return bool(self._input)

    def _handle(self, event: Any) -> None:
        events = self._events
        if isinstance(event, events.TextMessage | events.BytesMessage):
            self._collect(event)
        elif isinstance(event, events.Ping):
            self._output += self._ws.send(event.response())
        elif isinstance(event, events.CloseConnection):
            if self._close_by is None:
                self._output += self._ws.send(event.response())
                self._write()
            self._disconnect(int(event.code), event.reason or "")

    def _collect(self, event: Any) -> None:
        """Take a piece of a message. In one buffer: a list of pieces of two bytes is twenty times what they weigh."""
        is_text = isinstance(event, self._events.TextMessage)
        data = event.data
        raw = data.encode() if is_text else data
        if not self._count(len(data), len(raw), event.message_finished):
            self._message.clear()
        elif not event.message_finished:
            self._message += raw
        else:
            self._weights.append(self._message_weight)
            self._message_length = self._message_weight = 0
            self._wide = False
            if self._message:
                whole, self._message = self._message, bytearray()
                whole += raw
                data = whole.decode() if is_text else whole
            key, value = ("text", data) if is_text else ("bytes", bytes(data))
            self._deliver({"type": "websocket.receive", key: value})

    def _count(self, length: int, size: int, finished: bool) -> bool:
        """Count a piece of a message, of ``size`` bytes; false where it is one too many."""
        self._message_length += length
        self._wide = self._wide or size > length
        # Python keeps a text in the width of its widest character.
        weight = self._message_length * (4 if self._wide else 1) + (EVENT_SIZE if finished else 0)
        if len(self._message) + size > MAX_MESSAGE:
            self._fail(TOO_BIG, "message too big")
        elif not self._share.hold(weight - self._message_weight):
            self._fail(TRY_AGAIN, "too many large messages at a time")
        else:
            self._message_weight = weight
            return True
        return False

    def _fail(self, code: int, reason: str) -> None:
        """Close because of what the client did."""
        with contextlib.suppress(*self._errors):
            self._output += self._ws.send(self._events.CloseConnection(code=code, reason=reason[:120]))
            self._write()
        self._disconnect(code, reason)

    def _disconnect(self, code: int, reason: str) -> None:
        if not self._disconnected:
            self._disconnected = True
            self._deliver({"type": "websocket.disconnect", "code": code, "reason": reason})

    def _encode(self) -> None:
        with self._lock:
            messages, self._to_send = self._to_send, []
        for message in messages:
            with contextlib.suppress(
                *self._errors
            ):  # closed meanwhile: the application is told by the disconnect
                self._output += self._ws.send(self._event(message))

    def _event(self, message: Message) -> Any:
        events = self._events
        if message["type"] == "websocket.accept":
            return events.AcceptConnection(
                subprotocol=message.get("subprotocol"),
                extra_headers=[(bytes(n), bytes(v)) for n, v in message.get("headers") or ()],
                extensions=[self._deflate],
            )
        if message["type"] == "websocket.close":
            self._close_by = time.monotonic() + CLOSE_SECONDS
            return events.CloseConnection(code=message.get("code", 1000), reason=message.get("reason") or "")
        data = message.get("bytes")
        return (
            events.TextMessage(data=message["text"])
            if data is None
            else events.BytesMessage(data=bytes(data))
        )

    def _write(self) -> bool:
        """Send what there is; whether all of it has left."""
        while self._output:
            try:
                count = self._sock.send(self._output)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except OSError:
                self._output.clear()
                self._disconnect(ABNORMAL, "")
                return False
            del self._output[:count]
        return True
