"""One WebSocket session of an ASGI application (ASGI specification, "WebSocket") in a WSGI server's request."""

from __future__ import annotations

import contextlib
import contextvars
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bridgekit.adapters.asgi_to_wsgi.receive import once_heard
from bridgekit.adapters.asgi_to_wsgi.response_messages import ResponseState
from bridgekit.adapters.asgi_to_wsgi.websocket_wire import WebSocketConnection, message_size
from bridgekit.adapters.shared.context import move_to_this_thread
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.loops import Cancellable, OwnedLoop, Waiter
from bridgekit.concurrency.own_loop.outbox import Outbox
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import ASGIApp, Environ, Message, Scope, StartResponse

logger = logging.getLogger("bridgekit.adapters")

DENIAL = "websocket.http.response"
INTERNAL_ERROR, NORMAL = 1011, 1000
CLOSE_CODES = range(1000, 5000)
"""RFC 6455 7.4.2."""


def websocket_scope(scope: Scope) -> Scope:
    """The WebSocket connection scope of an HTTP request that asks for the upgrade."""
    asked = b",".join(value for name, value in scope["headers"] if name == b"sec-websocket-protocol")
    made = {key: value for key, value in scope.items() if key != "method"}
    made["type"] = "websocket"
    made["scheme"] = "wss" if scope["scheme"] == "https" else "ws"
    made["subprotocols"] = [part.strip().decode("latin-1") for part in asked.split(b",") if part.strip()]
    made["extensions"] = {DENIAL: {}}
    return made


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the application decided about the handshake: ``response`` of ``None`` is a yes."""

    response: ResponseState | None
    body: bytes = b""


class WebSocketResponder:
    """Runs ``app`` for one WebSocket.

    It and its connection, task, timer and failure refer to each other while they are needed and no longer: of a cycle that is
    left, with the server's environ in it, only a garbage collection would know the end.

    :param window: bytes that may wait in each direction.
    :param done: called on the loop when the application has ended.
    :raises ValueError: when the request is not a WebSocket handshake.
    """

    def __init__(
        self,
        app: ASGIApp,
        loop: OwnedLoop,
        window: int,
        grace: float,
        sock: Any,
        scope: Scope,
        done: Callable[[WebSocketResponder], None],
    ) -> None:
        self._app = app
        self._loop = loop
        self._window = window
        self._grace = grace
        self._scope = scope
        self._done = done
        self._context = contextvars.copy_context()
        self._verdicts: Outbox[_Verdict] = Outbox(loop, 1)
        self._connection = WebSocketConnection(sock, scope, self._delivered)
        self._task: Cancellable | None = None
        self._timer: Cancellable | None = None
        self._inbox: list[Message] = [{"type": "websocket.connect"}]
        self._held = 0
        self._waiters: list[Waiter] = []
        self._senders: list[Waiter] = []
        self._denial: ResponseState | None = None
        self._denial_body: list[bytes] = []
        self._accepted = self._closed = self._gone = self._raises = self._left = self._over = (
            self._cancelled
        ) = False
        self._failure: BaseException | None = None

    # In the request's thread

    def respond(
        self, admit: Callable[[WebSocketResponder], bool], environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Serve the session, or answer that there is none.

        :param admit: begins it on the loop; false when that has ended.
        :raises StopIteration: gunicorn's sign that the connection has been dealt with.
        :raises ConnectionError: werkzeug's.
        :raises Exception: what the application raised before its verdict.
        """
        try:
            if not admit(self):
                self.stop()
            verdicts = self._verdicts.take()
            if not verdicts:
                raise self._no_verdict()
            if verdicts[0].response is not None:
                start_response(verdicts[0].response.status, verdicts[0].response.headers)
                return [verdicts[0].body]
            self._connection.serve(lambda: self._post(self._sent))
        finally:
            self._connection.close()
            self._post(self._leave)
        if "gunicorn.socket" in environ:
            raise StopIteration
        raise ConnectionError("the WebSocket session has ended")

    def _no_verdict(self) -> Exception:
        failure, self._failure = self._failure, None
        if isinstance(failure, Exception):
            return failure
        error = AppProtocolError("the application ended without websocket.accept or websocket.close")
        error.__cause__ = failure
        return error

    def _delivered(self, message: Message) -> None:
        self._post(lambda: self._arrived(message))

    def _post(self, callback: Callable[[], None]) -> None:
        with contextlib.suppress(LoopGone):
            self._loop.post(callback)

    # On the loop

    def start(self) -> None:
        """Begin: what the request's thread posts."""
        try:
            self._context.run(move_to_this_thread, self._context)
            task = self._loop.spawn(self._run, self._context)
            del self._context  # what the application keeps in it may lead back here
            if not self._over:
                self._task = task
        except Exception as error:
            self._finish(error)

    async def _run(self) -> None:
        failure: BaseException | None = None
        try:
            await self._app(self._scope, self._receive, self._send)
        except BaseException as error:
            failure = error
        self._finish(failure)
        del failure  # a reference from a frame to its own traceback

    def _finish(self, failure: BaseException | None) -> None:
        self._over = True
        self._task = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._accepted and not self._closed and not self._gone:
            self._connection.post(
                {"type": "websocket.close", "code": NORMAL if failure is None else INTERNAL_ERROR}
            )
        if failure is not None and not (self._accepted or self._closed or self._left):
            self._failure = failure
        elif failure is not None:
            self._log(failure)
        self._verdicts.finish()
        self._done(self)

    def _log(self, failure: BaseException) -> None:
        """Report what the application raised, as a failure where it is its own."""
        if self._gone and (self._cancelled or isinstance(failure, ClientDisconnected)):
            logger.debug("the WebSocket session ended because the client left", exc_info=failure)
        elif self._cancelled:
            logger.warning("the WebSocket session was cancelled: the adapter was shut down", exc_info=failure)
        else:
            logger.error("the application's WebSocket session failed", exc_info=failure)

    def stop(self) -> None:
        """The loop has ended, and the application with it."""
        if not self._over:
            self._finish(RuntimeError("the event loop ended before the session"))

    def cancel(self) -> None:
        """End the application now."""
        if self._task is not None:
            self._cancelled = True
            self._task.cancel()

    def _leave(self) -> None:
        """The request's thread has gone."""
        self._left = True
        if not self._gone:
            self._arrived({"type": "websocket.disconnect", "code": 1006, "reason": ""})
        failure, self._failure = self._failure, None
        if failure is not None:  # the thread was interrupted before it could take it
            self._log(failure)
        if not self._over:
            self._timer = self._loop.later(self._grace, self._cancel)

    def _cancel(self) -> None:
        if self._task is not None:
            self.cancel()
            # An application may catch the cancellation and go on; it does not get away with it for ever.
            self._timer = self._loop.later(max(self._grace, 0.1), self._cancel)

    def _arrived(self, message: Message) -> None:
        if message["type"] == "websocket.disconnect":
            self._gone = True
            # Who waits in receive() hears of it, and of the client's code, before send() raises.
            once_heard(self._loop, self._have_send_raise)
        else:
            self._held += message_size(message)
            if self._held > self._window:
                self._connection.pause(True)
        self._inbox.append(message)
        _wake(self._waiters)

    def _have_send_raise(self) -> None:
        self._raises = True
        self._sent()

    def _sent(self) -> None:
        _wake(self._senders)

    async def _receive(self) -> Message:
        while not self._inbox:
            await self._wait_among(self._waiters)
        message = self._inbox[0]
        if message["type"] != "websocket.disconnect":  # that one stays, however often it is asked for
            del self._inbox[0]
            before, self._held = self._held, self._held - message_size(message)
            if message["type"] == "websocket.receive":
                self._connection.received()
            if before > self._window >= self._held:
                self._connection.pause(False)
        return message

    async def _wait_among(self, waiters: list[Waiter]) -> None:
        """Wait to be woken with those who wait for the same. Of a wait that was cancelled nothing stays behind."""
        waiter = self._loop.waiter()
        waiters.append(waiter)
        try:
            await waiter
        finally:
            with contextlib.suppress(ValueError):
                waiters.remove(waiter)

    async def _send(self, message: Message) -> None:
        """ASGI's send().

        :raises AppProtocolError: the event is not valid here.
        :raises ClientDisconnected: the client left (ASGI 2.4).
        """
        kind = message["type"]
        if self._gone:
            while not self._raises:
                await self._wait_among(self._senders)
            raise ClientDisconnected("the WebSocket is closed")
        if self._closed:
            raise AppProtocolError(f"{kind!r} was sent after websocket.close")
        if not self._accepted:
            self._handshake(kind, message)
        elif kind == "websocket.send":
            await self._send_data(message)
        elif kind == "websocket.close":
            code = message.get("code", NORMAL)
            if not (isinstance(code, int) and code in CLOSE_CODES):
                raise AppProtocolError(f"the code of websocket.close must be from 1000 to 4999, not {code!r}")
            self._closed = True
            self._connection.post(message)
        else:
            raise AppProtocolError(
                f"{kind!r} is not an event that an application may send on an open WebSocket"
            )

    async def _send_data(self, message: Message) -> None:
        _check_data(message.get("bytes"), message.get("text"))
        self._connection.post(message)
        if self._connection.unsent > self._window:
            await self._wait_among(self._senders)

    def _handshake(self, kind: str, message: Message) -> None:
        """The application's verdict (ASGI, "Accept", "Close", "WebSocket Denial Response")."""
        if kind == "websocket.accept":
            self._connection.accept(message)
            self._accepted = True
            self._verdicts.put(_Verdict(None))
        elif kind == "websocket.close":
            denial = ResponseState("GET")
            denial.start(
                {"status": 403, "headers": [(b"content-type", b"text/plain"), (b"content-length", b"0")]}
            )
            self._deny(denial, b"")
        elif kind == DENIAL + ".start":
            self._denial = ResponseState("GET")
            self._denial.start(message)
        elif kind == DENIAL + ".body" and self._denial is not None:
            self._denial_body.append(self._denial.body(message))
            if self._denial.complete:
                self._deny(self._denial, b"".join(self._denial_body))
        else:
            raise AppProtocolError(
                f"{kind!r} is not an event that an application may send before websocket.accept"
            )

    def _deny(self, response: ResponseState, body: bytes) -> None:
        self._closed = True
        self._verdicts.put(_Verdict(response, body))


def _wake(waiters: list[Waiter]) -> None:
    for waiter in waiters:
        waiter.wake()
    waiters.clear()


def _check_data(data: Any, text: Any) -> None:
    """What ``websocket.send`` carries (ASGI, "Send"). :raises AppProtocolError: when it cannot be sent."""
    if (data is None) == (text is None):
        raise AppProtocolError("websocket.send needs one of bytes and text")
    if data is not None and not isinstance(data, bytes | bytearray | memoryview):
        raise AppProtocolError(f"bytes must be bytes, not {type(data).__name__}")
    if text is None:
        return
    if not isinstance(text, str):
        raise AppProtocolError(f"text must be str, not {type(text).__name__}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise AppProtocolError(f"text must be what UTF-8 can carry (RFC 6455 5.6): {error}") from error
