"""One request through a WSGI application: the part on the loop, the part in the thread, and how each ends.

Theory of operation. `run` takes in the request (`_intake`), hands `_work` to the worker pool and then sends what comes
through the window until the thread has finished. The thread runs the application and is never waited for with the loop
blocked. Every way out is one of these:

- the thread finishes: what the application raised is raised by `run`, so the server logs it and answers 500;
- the client leaves (``http.disconnect``, or `send` raises): the window is abandoned, so the application's next output or
  read raises `ClientDisconnected`, ``close()`` runs, and `run` ends when the thread has;
- `run` is cancelled: the same, but nobody waits for the thread, which logs for itself what it raises.
"""

from __future__ import annotations

import contextvars
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from bridgekit.adapters._context import carry_out, rehome
from bridgekit.adapters._environ import build_environ
from bridgekit.adapters._files import BLOCK, FILE_EVENTS, FileWrapper, file_message
from bridgekit.adapters._input import RequestBody
from bridgekit.adapters._intake import Intake, Limits, body_of, take_in
from bridgekit.adapters._response import Response
from bridgekit.concurrency.backends import Backend, LoopGone
from bridgekit.concurrency.windows import LoopToThread, ThreadToLoop
from bridgekit.concurrency.worker_pool import PoolSaturated, WorkerPool
from bridgekit.exceptions import AppProtocolError, ClientDisconnected, RequestTooLarge, ServerProtocolError
from bridgekit.typing import Message, Receive, Scope, Send, WSGIApp

__all__ = ["Settings", "WSGIResponder", "send_plain"]

logger = logging.getLogger("bridgekit.adapters")

EARLY_HINT = "http.response.early_hint"


@dataclass(frozen=True, slots=True)
class Settings:
    """What `WSGIToASGI` was constructed with, as far as a request needs it."""

    app: WSGIApp
    pool: WorkerPool
    limits: Limits
    window: int
    queue_timeout: float | None
    retry_after: int
    allow_underscores: bool


class _End:
    """Marks the end of the body in the window."""


END: Final = _End()


async def send_plain(
    send: Send,
    status: int,
    text: str,
    headers: Iterable[tuple[bytes, bytes]] = (),
    *,
    event: str = "http.response",
) -> None:
    """Answer in the application's place."""
    body = text.encode()
    fixed = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": f"{event}.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": f"{event}.body", "body": body, "more_body": False})


class WSGIResponder:
    """Serves one HTTP scope."""

    __slots__ = (
        "_backend",
        "_begun",
        "_body",
        "_client_gone",
        "_complete",
        "_context",
        "_deadline",
        "_declared",
        "_environ",
        "_failure",
        "_finished",
        "_listening",
        "_orphaned",
        "_overdue",
        "_receive",
        "_received",
        "_response",
        "_scope",
        "_send",
        "_settings",
        "_window",
    )

    def __init__(
        self, settings: Settings, backend: Backend, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._settings = settings
        self._backend = backend
        self._scope = scope
        self._receive = receive
        self._send = send
        self._environ = build_environ(scope, allow_underscores=settings.allow_underscores)
        self._response = Response(scope["method"], self._write)
        self._window: ThreadToLoop[Message | bytes | _End] = ThreadToLoop(backend, settings.window)
        self._body: LoopToThread | None = None
        self._declared: int | None = None
        self._received = 0  # bytes of the body that came before the thread was taken
        self._failure: BaseException | None = None
        self._client_gone = False
        self._begun = False  # a thread has taken the request
        self._overdue = False  # no thread took it in time
        self._complete = False  # the client has the whole response
        self._finished = False  # the thread is done, or was never taken
        self._orphaned = False  # nobody waits for the thread any more
        self._listening: Callable[[], Awaitable[None]] | None = None
        self._deadline: float | None = None

    # On the loop

    async def run(self) -> None:
        """Serve the request.

        :raises Exception: what the application or the server's `send` raised.
        """
        try:
            intake = await take_in(self._environ, self._receive, self._settings.limits)
        except ClientDisconnected:
            return
        except RequestTooLarge as error:
            await send_plain(self._send, 413, f"{error}\n")
            return
        except ServerProtocolError as error:
            await send_plain(self._send, 400, f"{error}\n")
            return
        self._provide(intake)
        before, self._context = contextvars.copy_context(), contextvars.copy_context()
        try:
            self._settings.pool.submit(self._work)
        except PoolSaturated:
            self._overdue = self._finished = True
        else:
            await self._attend()
        if self._overdue:
            await self._refuse()
            return
        carry_out(before, self._context)
        await self._conclude()

    async def _attend(self) -> None:
        """Be there for the thread until it has finished."""
        if self._settings.queue_timeout is not None:
            self._deadline = time.monotonic() + self._settings.queue_timeout
        self._backend.enlist(self)
        reap = True
        try:
            if self._body is not None:
                self._listen()
            await self._transmit()
        except GeneratorExit:
            reap = False  # the loop is gone and nothing can be awaited
            raise
        finally:
            self._backend.discharge(self)
            if not self._finished:
                self._orphaned = True
                self._leave("the request was cancelled")
            if self._listening is not None and reap:
                await self._listening()

    def _provide(self, intake: Intake) -> None:
        """Complete the environ with what belongs to this request alone."""
        environ = self._environ
        if intake.whole is None:
            self._declared = intake.declared
            self._body = LoopToThread(self._backend, self._settings.window)
            self._received = len(intake.first)
            if intake.first:
                self._body.feed(intake.first)
            environ["wsgi.input"] = RequestBody(self._body)
        else:
            environ["wsgi.input"] = intake.whole
        environ["wsgi.file_wrapper"] = FileWrapper
        if EARLY_HINT in self._extensions:
            environ["wsgi.early_hints"] = self._early_hints

    @property
    def _extensions(self) -> dict[str, Any]:
        return self._scope.get("extensions") or {}

    async def _transmit(self) -> None:
        """Send what the thread puts into the window, until it has finished."""
        window = self._window
        while not self._finished:
            items, self._finished = await window.take()
            if self._client_gone:
                continue
            try:
                await self._send_items(items)
            except Exception:
                self._leave("sending the response failed")
                while not self._finished:
                    _, self._finished = await window.take()
                raise
            if not self._finished and self._listening is None:
                self._listen()

    async def _send_items(self, items: list[Message | bytes | _End]) -> None:
        """Pass items on, neighbouring pieces of body in one event: none waits for another that is not there yet."""
        pieces: list[bytes] = []
        sent = 0
        for item in items:
            if isinstance(item, bytes):
                pieces.append(item)
                sent += len(item)
                continue
            if isinstance(item, _End):
                self._complete = True
                continue
            if pieces:
                await self._send_body(pieces, more=True)
                pieces = []
            await self._send(item)
            sent += item["type"] in FILE_EVENTS
        if pieces or self._complete:
            await self._send_body(pieces, more=not self._complete)
        self._window.sent(sent)

    async def _send_body(self, pieces: list[bytes], *, more: bool) -> None:
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})

    async def _conclude(self) -> None:
        """Raise what the application raised, if somebody should know."""
        failure, self._failure = self._failure, None
        if failure is None or (self._client_gone and isinstance(failure, ClientDisconnected)):
            return
        try:
            if isinstance(failure, RequestTooLarge) and not self._response.sent:
                await send_plain(self._send, 413, f"{failure}\n")
            elif isinstance(failure, Exception) and not isinstance(
                failure, StopIteration | StopAsyncIteration
            ):
                raise failure
            else:
                # SystemExit would end the server and StopIteration cannot pass a coroutine.
                raise AppProtocolError(
                    f"the application raised {type(failure).__name__}: {failure}"
                ) from failure
        finally:
            del failure  # a reference from a frame to its own traceback

    async def _refuse(self) -> None:
        """Every thread is busy and the queue is full, or the wait in it was too long."""
        logger.error(
            "no worker thread was free; answered 503 (max_workers=%d, %d waiting)",
            self._settings.pool.max_workers,
            self._settings.pool.waiting,
        )
        retry_after = b"%d" % self._settings.retry_after
        await send_plain(self._send, 503, "The server is busy, try again.\n", [(b"retry-after", retry_after)])

    def tick(self) -> None:
        """Called now and then while the request lasts: a fast one ends before anybody listens for its end."""
        if self._listening is None:
            self._listen()
        if self._body is not None and (self._response.sent or "HTTP_EXPECT" not in self._environ):
            # Unread body hides the client's leaving behind it; as much as the window holds is fetched to see it.
            self._body.prefetch()
        if not self._begun and self._deadline is not None and time.monotonic() > self._deadline:
            self._overdue = self._take_back()

    def _take_back(self) -> bool:
        """End a request that still waits for a thread; false when it has one."""
        taken_back = not self._begun and self._settings.pool.withdraw(self._work)
        if taken_back:
            self._window.finish()
        return taken_back

    def _listen(self) -> None:
        self._listening = self._backend.spawn(self._hear)

    async def _hear(self) -> None:
        """Receive the rest of the body as the application asks for it, then wait for the client to leave."""
        try:
            if self._body is not None and not await self._feed(self._body):
                return
            message = await self._receive()
        except Exception as error:
            logger.debug("cannot listen for the client", exc_info=True)
            if self._body is not None:
                failure = ClientDisconnected(f"the server failed to receive the request's body: {error!r}")
                failure.__cause__ = error
                self._body.fail(failure)
            return
        # A server that goes on with http.request after the end knows no disconnect, and would be asked for ever.
        if message["type"] == "http.disconnect":
            self._leave("the client left")

    async def _feed(self, body: LoopToThread) -> bool:
        """Receive the body; false if there is nothing to wait for afterwards."""
        length = self._received
        await body.wanted()
        while True:
            if body.full:
                await body.wanted()
                continue
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._leave(f"the client left after {length} bytes of its request's body")
                return False
            data = body_of(message)
            length += len(data)
            limit = self._settings.limits.max_body_size
            if limit is not None and length > limit:
                body.fail(RequestTooLarge(f"the request's body is over the limit of {limit} bytes"))
                return False
            if data:
                body.feed(data)
            if not message.get("more_body", False):
                return self._body_ended(body, length)

    def _body_ended(self, body: LoopToThread, length: int) -> bool:
        if self._declared is not None and length < self._declared:
            body.fail(
                ClientDisconnected(f"the request's body ended after {length} of its {self._declared} bytes")
            )
        body.end()
        return True

    def _leave(self, why: str) -> None:
        """The client is gone: let the application know at its next read or write."""
        self._client_gone = True
        reason = ClientDisconnected(why)
        self._window.abandon(reason)
        if self._body is not None:
            self._body.fail(reason)
        self._take_back()

    # In the thread

    def _work(self) -> None:
        self._begun = True
        try:
            self._context.run(self._call)
        except BaseException as error:  # whatever it is, the thread lives and the loop is told
            if not self._orphaned:
                self._failure = error
            elif not isinstance(error, ClientDisconnected):
                logger.exception("the application raised after its request was cancelled")
        finally:
            try:
                self._window.finish()
            except LoopGone:
                logger.debug("the event loop was closed before the request had finished")

    def _call(self) -> None:
        """Run the application and close what it returned, exactly once, whatever happens (PEP 3333)."""
        rehome()
        iterable = self._settings.app(self._environ, self._response.start_response)
        try:
            self._iterate(iterable)
        finally:
            close = getattr(iterable, "close", None)
            if close is not None:
                close()

    def _iterate(self, iterable: Iterable[bytes]) -> None:
        response = self._response
        if type(iterable) is FileWrapper:
            if self._send_file(iterable):
                return
            iterable = iterable.blocks(BLOCK)
        elif type(iterable) in (list, tuple) and len(iterable) == 1 and not response.sent:  # type: ignore[arg-type]
            self._put_only(iterable[0])  # type: ignore[index]
            return
        for data in iterable:
            if data or not isinstance(data, bytes):
                self._write(data)
                if response.bodyless:
                    break
        self._end()

    def _put_only(self, data: bytes) -> None:
        """A response of one piece: everything at once, with its length (PEP 3333, "Content-Length")."""
        response = self._response
        piece = response.piece(data)
        start = response.start_message(whole_length=len(piece))
        response.check_complete()
        self._window.put_all([start, piece, END], len(piece))

    def _write(self, data: bytes) -> None:
        """Hand a piece of body over, with the headers before the first one. Blocks while the client is slow.

        :raises ClientDisconnected: when nobody is there to receive it.
        """
        response = self._response
        piece = response.piece(data)
        if not response.sent:
            if not data:
                return  # PEP 3333: headers wait for the first non-empty piece
            self._window.put(response.start_message(), 0)
        if piece:
            self._window.put(piece, len(piece))

    def _end(self) -> None:
        response = self._response
        response.check_complete()
        if not response.sent:
            self._window.put_all([response.start_message(), END], 0)
        else:
            self._window.put(END, 0)

    def _send_file(self, wrapper: FileWrapper) -> bool:
        """Let the server send the file; false where it cannot."""
        response = self._response
        if response.sent or not response.started or response.bodyless:
            return False
        found = file_message(wrapper, self._extensions, response.declared)
        if found is None:
            return False
        message, count = found
        response.produced = count
        # The file must stay open until it has left, so this waits: one item of one byte, and an empty window.
        self._window.put_all([response.start_message(whole_length=count), message], 1)
        self._window.drain()
        return True

    def _early_hints(self, headers: Iterable[tuple[str, str]]) -> None:
        """``wsgi.early_hints``: send a 103 with the ``Link`` headers among ``headers``; nothing once the headers left."""
        links = [value.encode("latin-1") for name, value in headers if name.lower() == "link"]
        if links and not self._response.sent:
            self._window.put({"type": EARLY_HINT, "links": links}, 0)
