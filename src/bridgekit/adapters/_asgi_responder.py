"""One request of a WSGI server, answered by an ASGI application on the loop thread.

Two threads share it. The request's thread hands the request over, sleeps, and passes on what comes; everything named "On the
loop" runs in the loop's thread. They meet in the outbox (loop to thread), in `post` (thread to loop), and under the outbox's lock.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from bridgekit.adapters._asgi_response import ResponseState
from bridgekit.adapters._context import rehome
from bridgekit.adapters._timing_key import TIMING_KEY
from bridgekit.adapters._wsgi_input import Reader, WSGIInput
from bridgekit.concurrency.helper_threads import run_in_helper
from bridgekit.concurrency.loops import Cancellable, OwnedLoop, Waiter
from bridgekit.concurrency.mailbox import LoopGone
from bridgekit.concurrency.outbox import Outbox
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import ASGIApp, Message, Scope

__all__ = ["EARLY_HINT", "END", "PATHSEND", "ASGIResponder", "EarlyHints", "File", "ResponderSettings"]

logger = logging.getLogger("bridgekit.adapters")

EARLY_HINT = "http.response.early_hint"
PATHSEND = "http.response.pathsend"
TRAILERS = "http.response.trailers"


class _Mark:
    """A thing among the pieces that is no piece."""


END = _Mark()
READ = _Mark()


@dataclass(frozen=True, slots=True)
class File:
    """The body is the file at ``path``."""

    path: str


@dataclass(frozen=True, slots=True)
class EarlyHints:
    """A 103 response with these ``Link`` headers (RFC 8297)."""

    links: tuple[str, ...]


Item: TypeAlias = bytes | File | EarlyHints | _Mark


@dataclass(frozen=True, slots=True)
class ResponderSettings:
    """What all requests of one adapter share; `ASGIToWSGI` says what each means."""

    window: int
    disconnect_grace: float


class ASGIResponder:
    """Runs ``app`` for one request.

    :param done: called on the loop when the application has ended.
    """

    # What most requests never change stands here, so that they need not set it.
    read_failure: Exception | None = None
    _task: Cancellable | None = None
    _timer: Cancellable | None = None
    _reading: threading.Event | None = None
    _failure: BaseException | None = None
    _body_told = _asked = _broken = False
    _gone = _over = _closed = _cancelled = _end_told = False
    _posted = 0

    def __init__(
        self,
        app: ASGIApp,
        loop: OwnedLoop,
        settings: ResponderSettings,
        scope: Scope,
        body: WSGIInput,
        done: Callable[[ASGIResponder], None],
    ) -> None:
        self._app = app
        self._loop = loop
        self._settings = settings
        self._scope = scope
        self._input = body
        self._done = done
        self.context = contextvars.copy_context()
        self.response = ResponseState(scope["method"])
        self.outbox: Outbox[Item] = Outbox(loop, settings.window)
        self._pieces: list[Message] = []
        self._waiters: list[Waiter] = []
        self._first_step = loop.starts_eagerly
        self._timing = scope.get(TIMING_KEY)
        if self._timing is not None:
            self._posted = time.perf_counter_ns()

    # In the request's thread

    def begin(self) -> None:
        """Hand the request over. :raises LoopGone: when the loop has ended."""
        self._loop.post(self._start)

    def leave(self) -> None:
        """Nobody waits for the response any more."""
        with contextlib.suppress(LoopGone):
            self._loop.post(self._leave)

    def close(self) -> BaseException | None:
        """The request's thread is done. Waits until nobody else reads from its input.

        Returns what the application has raised by now; what it raises later is logged.
        """
        with self.outbox.lock:
            self._closed = True
            reading = self._reading
            failure, self._failure = self._failure, None
        if reading is not None and not reading.is_set():
            # An event per read of a helper thread. The server goes on to read from the same input: two readers would tear the next request apart.
            self._input.interrupt()
            reading.wait()
        return failure

    @property
    def busy_reading(self) -> bool:
        """Whether another thread is still reading from the request's input."""
        with self.outbox.lock:
            return self._reading is not None and not self._reading.is_set()

    def read_here(self) -> None:
        """Read a piece of the body in the thread of the request."""
        self._read(self._loop.post)

    def _read(self, post: Callable[[Callable[[], None]], None]) -> None:
        data, failure = b"", None
        try:
            data = self._input.read()
        except Exception as error:
            failure = error
        with contextlib.suppress(LoopGone):
            post(partial(self._fed, data, failure))

    # On the loop

    def _start(self) -> None:
        try:
            if self._timing is not None:
                self._timing.add_loop_wait(time.perf_counter_ns() - self._posted)
            if self.context:
                self.context.run(rehome, self.context)
            task = self._loop.spawn(self._run, self.context)
            self._first_step = False
            if not self._over:
                self._task = task
                self.outbox.release()
        except Exception as error:  # the request's thread waits; whatever it is, it is told
            self._finish(error)

    async def _run(self) -> None:
        failure: BaseException | None = None
        try:
            await self._app(self._scope, self._receive, self._send)
        except (
            BaseException
        ) as error:  # SystemExit and cancellation, too: neither may end or strand anybody else
            failure = error
        self._note_context()
        self._finish(failure)
        del failure

    def _note_context(self) -> None:
        """Keep the context as the application has left it, where its task runs in a copy of ours."""
        if self._loop.copies_context:
            self.context = contextvars.copy_context()

    def _finish(self, failure: BaseException | None) -> None:
        """The application has ended."""
        self._over = True
        self._task = None
        if self._timer is not None:
            self._timer.cancel()
        with self.outbox.lock:
            nobody_waits = self._closed or (self._gone and not self.response.full)
            if failure is not None and not nobody_waits:
                self._failure = failure
        if failure is not None and nobody_waits:
            self._log(failure)
        self.outbox.finish()
        self._done(self)

    def _log(self, failure: BaseException) -> None:
        """Report an exception that nobody is there to take any more."""
        if self._timing is not None:
            self._timing.note_error(failure)
        if self._gone and (isinstance(failure, ClientDisconnected) or self._cancelled):
            logger.debug("the application ended because the client left", exc_info=failure)
        elif self._cancelled:
            logger.warning("the application was cancelled: the adapter was shut down", exc_info=failure)
        else:
            when = "after the client had left" if self._gone else "after its response was complete"
            logger.error("the application raised %s", when, exc_info=failure)

    def evict(self) -> None:
        """From the loop's thread or whoever notices: the loop has ended, and the application with it."""
        if not self._over:
            self._finish(RuntimeError("the event loop ended before the application had answered"))

    def _leave(self) -> None:
        if self._gone or self._over:
            return
        self._gone = True
        self.outbox.abandon()
        self._wake()
        if not self.response.full:
            if self._timing is not None:
                self._timing.note_client_gone()
            self._timer = self._loop.later(self._settings.disconnect_grace, self._cancel)

    def cancel(self) -> None:
        """End the application now. What waits for its response is told."""
        if self._task is not None:
            self._cancelled = True
            self._task.cancel()

    def _cancel(self) -> None:
        if self._task is not None:
            self.cancel()
            # An application may catch the cancellation and go on; it does not get away with it for ever.
            self._timer = self._loop.later(max(self._settings.disconnect_grace, 0.1), self._cancel)

    def _wake(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.wake()

    async def _receive(self) -> Message:
        """ASGI's receive(): the next piece of the body, read now; after it, the client's leaving."""
        while True:
            if self._gone or self.response.full or self._broken:
                return {"type": "http.disconnect"}
            if self._pieces:
                return self._pieces.pop(0)
            # While a read is under way, the state of the input is the reading thread's.
            if not self._asked and not self._body_told:
                if self._input.ended:
                    self._body_told = True
                    return {"type": "http.request", "body": b"", "more_body": False}
                self._request_read()
                continue
            waiter = self._loop.waiter()
            self._waiters.append(waiter)
            await waiter

    def _request_read(self) -> None:
        reader = self._input.reader
        self._asked = True
        if reader is Reader.LOOP:
            self._read(lambda fed: fed())
        elif reader is Reader.REQUEST:
            self.outbox.put(READ)
        else:
            with self.outbox.lock:
                if self._closed:  # the input is the server's again
                    self._broken = True
                    return
                self._reading = threading.Event()
            run_in_helper(partial(self._read_in_helper, self._reading))

    def _read_in_helper(self, reading: threading.Event) -> None:
        try:
            self._read(self._loop.post)
        finally:
            reading.set()

    def _fed(self, data: bytes, failure: Exception | None) -> None:
        """A piece of the body was read, or could not be."""
        self._asked = False
        if failure is not None:
            self.read_failure = failure
            logger.debug("reading the request's body failed", exc_info=failure)
        if failure is not None or (not data and not self._input.ended):
            self._broken = True
        else:
            self._body_told = self._input.ended
            self._pieces.append({"type": "http.request", "body": data, "more_body": not self._input.ended})
        self._wake()

    async def _send(self, message: Message) -> None:
        """ASGI's send().

        :raises AppProtocolError: the message is not valid here.
        :raises ClientDisconnected: the client left (ASGI 2.4, "Disconnected Client - send exception").
        """
        kind = message["type"]
        if self._gone and not self.response.full:
            raise ClientDisconnected("the client left before the response was complete")
        if kind == "http.response.body":
            await self._send_body(message)
        elif kind == "http.response.start":
            self.response.start(message)
        elif kind == PATHSEND:
            self._send_file(message["path"])
        elif kind == EARLY_HINT and EARLY_HINT in self._scope["extensions"]:
            self.outbox.put(EarlyHints(tuple(bytes(link).decode("latin-1") for link in message["links"])))
        elif kind != TRAILERS:  # they cannot be bridged, and are no reason to fail
            raise AppProtocolError(f"{kind!r} is no event that an application may send over HTTP here")

    async def _send_body(self, message: Message) -> None:
        response, outbox = self.response, self.outbox
        data = response.body(message)
        if response.full:
            self._complete(data)
        elif response.bodyless:
            # Nothing of it will be sent, however much there is of it: the answer need not wait.
            if not self._end_told:
                self._end_told = True
                outbox.put(END)
        elif data:
            outbox.put(data, len(data))
            if outbox.full:
                await outbox.room()
                if self._gone:
                    raise ClientDisconnected("the client left before the response was complete")

    def _send_file(self, path: str) -> None:
        """Take an "http.response.pathsend". The file is opened in the request's thread: a disk must not hold up the loop."""
        self.response.file()
        self._complete(b"" if self.response.bodyless else File(path))

    def _complete(self, last: bytes | File) -> None:
        """The response is whole; what the application still does, it does in the background.

        Whole is one whose declared length is reached, too. Servers stop there (PEP 3333, "Handling the Content-Length
        Header") and close it; that is not the client leaving, though the application has yet to say that this was the end.

        Most applications end in the same step. So the thread is woken by that end, once, and knows whether they raised.
        """
        outbox = self.outbox
        self._note_context()
        if not self._end_told:
            self._end_told = True
            outbox.put_held([last, END] if last else [END])
            if not self._first_step:
                self._loop.soon(outbox.release)
        if self._waiters:
            self._wake()
