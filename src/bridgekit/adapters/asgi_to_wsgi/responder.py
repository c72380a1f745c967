"""One request of a WSGI server, answered by an ASGI application on the loop thread.

Two threads share it. The request's thread hands the request over, sleeps, and passes on what comes; everything named "On the
loop" runs in the loop's thread. They meet in the outbox (loop to thread), in `post` (thread to loop), and under the outbox's lock.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bridgekit.adapters.asgi_to_wsgi.outbox_items import END, READ, EarlyHints, File, Item
from bridgekit.adapters.asgi_to_wsgi.receive import BodyFeed, once_heard
from bridgekit.adapters.asgi_to_wsgi.request_body import WSGIInput
from bridgekit.adapters.asgi_to_wsgi.response_messages import ResponseState, early_hint
from bridgekit.adapters.shared.context import move_to_this_thread
from bridgekit.adapters.shared.timing_key import TIMING_KEY
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.loops import Cancellable, OwnedLoop
from bridgekit.concurrency.own_loop.outbox import Outbox
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import ASGIApp, Message, Scope

logger = logging.getLogger("bridgekit.adapters")

EARLY_HINT = "http.response.early_hint"
PATHSEND = "http.response.pathsend"
TRAILERS = "http.response.trailers"
LEFT = "the client left before the response was complete"


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
    closed = False
    """Whether the request's thread is done."""
    failed = False
    """Whether `take_failure` has something to give."""
    _feed: BodyFeed | None = None
    _task: Cancellable | None = None
    _timer: Cancellable | None = None
    _failure: BaseException | None = None
    _gone = _over = _cancelled = _end_reported = False
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
        self.lock = self.outbox.lock
        self._first_step = loop.starts_eagerly
        self._timing = scope.get(TIMING_KEY)
        if self._timing is not None:
            self._posted = time.perf_counter_ns()

    # In the request's thread

    def leave(self) -> None:
        """Nobody waits for the response any more."""
        with contextlib.suppress(LoopGone):
            self._loop.post(self._leave)

    def close(self) -> None:
        """The request's thread is done. Waits until nobody else reads from its input."""
        with self.lock:
            self.closed = True
        if self._feed is not None:
            self._feed.failure = None
            if self._feed.busy:
                self._feed.end(kept=_may_be_kept(self._scope))

    def close_now(self) -> bool:
        """`close`, if nobody else reads from the input; whether it is closed."""
        with self.lock:
            self.closed = self._feed is None or not self._feed.busy
        return self.closed

    def take_failure(self) -> BaseException | None:
        """After `close`: what the application had raised by then. What it raises later is logged."""
        failure, self._failure = self._failure, None
        return failure

    def report_failure(self) -> None:
        """After `close`, where another exception goes to the server instead of the application's."""
        failure = self.take_failure()
        if failure is not None:
            self.log(failure)

    @property
    def gone(self) -> bool:
        """Whether `leave` was called, by this thread or an adapter around it, whose client has left."""
        return self._gone

    def read_here(self) -> None:
        """Read the piece of the body that the outbox has asked for."""
        assert self._feed is not None
        self._feed.read_here()

    def take_read_failure(self) -> BaseException | None:
        """Before `close`, when the application has ended: what the server's input raised."""
        if self._feed is None:
            return None
        failure, self._feed.failure = self._feed.failure, None
        return failure

    @property
    def client_left(self) -> bool:
        """Whether the client left in the middle of its body or after it, which the application is told by ``http.disconnect``."""
        if self._feed is None:
            return False
        if self._feed.left:
            return True
        failure = self._feed.failure
        # Servers have their own exceptions for a body that is malformed; a connection's are Python's.
        return self._feed.truncated or (
            isinstance(failure, OSError) and type(failure).__module__ == "builtins"
        )

    # On the loop

    def start(self) -> None:
        """Begin: what the request's thread posts."""
        try:
            if self._timing is not None:
                self._timing.add_loop_wait(time.perf_counter_ns() - self._posted)
            if self.context:
                self.context.run(move_to_this_thread, self.context)
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
        if self._loop.copies_context:
            self.context = contextvars.copy_context()  # as the application has left it
        if self._feed is not None:
            self._feed.let_go()
        self._finish(failure)
        del failure

    def _finish(self, failure: BaseException | None) -> None:
        """The application has ended."""
        self._over = True
        self._task = None
        if self._timer is not None:
            self._timer.cancel()
        if failure is not None:
            self._keep(failure)
        self.outbox.finish()
        self._done(self)

    def _keep(self, failure: BaseException) -> None:
        """Keep what the application has raised for the request's thread, while that is there."""
        with self.lock:
            nobody_waits = self.closed or (self._gone and not self.response.full)
            if not nobody_waits:
                self._failure = failure
                self.failed = True
        if nobody_waits:
            self.log(failure)

    def log(self, failure: BaseException) -> None:
        """Report an exception that nobody is there to take any more."""
        if self._timing is not None:
            self._timing.note_error(failure)
        if self._gone and (isinstance(failure, ClientDisconnected) or self._cancelled):
            logger.debug("the application ended because the client left", exc_info=failure)
        elif self._cancelled:
            logger.warning("the application was cancelled: the adapter was shut down", exc_info=failure)
        else:
            when = "before its response was complete"
            if self._gone:
                when = "after the client had left"
            elif self.response.full:
                when = "after its response was complete"
            logger.error("the application raised %s", when, exc_info=failure)

    def stop(self) -> None:
        """From the loop's thread or whoever notices: the loop has ended, and the application with it."""
        if not self._over:
            self._finish(RuntimeError("the event loop ended before the application had answered"))

    def _leave(self) -> None:
        if self._gone or self._over:
            return
        self._gone = True
        if self._feed is None:
            self.outbox.abandon()
        else:
            # Who waits in receive() hears of it before send() raises, and may cancel the task that sends: Django closes its response
            # then, sends `request_finished`, and does neither where send() raises.
            self._feed.dismiss()
            once_heard(self._loop, self.outbox.abandon)
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

    @property
    def disconnected(self) -> bool:
        """What `receive` tells the application: nobody is there any more."""
        return self._gone or self.response.full

    def ask_request_thread(self) -> None:
        """Have the request's thread read: it finds this in the outbox."""
        self.outbox.put(READ)

    def note_client_left(self) -> None:
        """Told by the body's feed. The application goes on as it likes: natively it is not cancelled either."""
        if self._timing is not None:
            self._timing.note_client_gone()

    def _receive(self) -> Awaitable[Message]:
        """ASGI's receive(). Many applications never call it."""
        if self._feed is None:
            self._feed = BodyFeed(self, self._input, self._loop)
        return self._feed.receive()

    async def _send(self, message: Message) -> None:
        """ASGI's send().

        :raises AppProtocolError: the message is not valid here.
        :raises ClientDisconnected: the client left (ASGI 2.4, "Disconnected Client - send exception").
        """
        kind = message["type"]
        if self._gone and not self.response.full:
            await self.outbox.abandoned()
            raise ClientDisconnected(LEFT)
        if kind == "http.response.body":
            data = self.response.body(message)
            if self.response.full:
                self._complete(data)
            elif self.response.bodyless:
                self._tell_end()
            elif data:
                self.outbox.put(data, len(data))
                if self.outbox.full:
                    await self._room()
        elif kind == "http.response.start":
            self.response.start(message)
        elif kind == PATHSEND:
            self._send_file(message["path"])
        elif kind == EARLY_HINT and EARLY_HINT in self._scope["extensions"]:
            self.outbox.put(EarlyHints(tuple(map(early_hint, message["links"]))))
        elif kind != TRAILERS:  # they cannot be bridged, and are no reason to fail
            raise AppProtocolError(f"{kind!r} is not an event that an application may send over HTTP here")

    async def _room(self) -> None:
        await self.outbox.room()
        if self._gone:
            await self.outbox.abandoned()
            raise ClientDisconnected(LEFT)

    def _tell_end(self) -> None:
        """Nothing of a body will be sent, however much there is of it: the answer need not wait."""
        if not self._end_reported:
            self._end_reported = True
            self.outbox.put(END)

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
        if self._loop.copies_context:
            self.context = contextvars.copy_context()
        if not self._end_reported:
            self._end_reported = True
            self.outbox.put_held([last, END] if last else [END])
            if not self._first_step:
                self._loop.soon(self.outbox.release)
        if self._feed is not None:
            self._feed.dismiss()


def _may_be_kept(scope: Scope) -> bool:
    """Whether another request may come on the connection (RFC 9112 9.3); where that is not certain, it may."""
    if scope["http_version"] == "1.0":
        return any(
            name == b"connection" and b"keep-alive" in value.lower() for name, value in scope["headers"]
        )
    return not any(name == b"connection" and b"close" in value.lower() for name, value in scope["headers"])
