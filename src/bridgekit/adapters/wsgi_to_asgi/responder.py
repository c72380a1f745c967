"""One request through a WSGI application: the part on the event loop, and how each request ends.

Theory of operation. `run` takes in the request (`_intake`), hands an `AppRun` to the worker pool and sends what comes
through the window until the thread has finished. Every way out is one of these:

- the thread finishes: what the application raised is raised by `run`, so the server logs it and answers 500;
- the client leaves (``http.disconnect``, or ``send`` raises): the window is abandoned, so the application's next output
  or read raises `ClientDisconnected`, ``close()`` runs, and `run` ends when the thread has;
- `run` is cancelled: the same, but nobody waits for the thread, which logs for itself what it raises;
- no thread is free in time: the request is taken back and answered 503.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import logging
import time
from collections.abc import Awaitable, Callable

from bridgekit.adapters.shared.carried import carry_environ
from bridgekit.adapters.shared.context import apply_changes
from bridgekit.adapters.shared.nesting import report_client_left
from bridgekit.adapters.shared.opaque import OpaqueMapping
from bridgekit.adapters.shared.timing_key import TIMING_KEY, live_timing
from bridgekit.adapters.wsgi_to_asgi.app_run import AppRun, Item, event_size
from bridgekit.adapters.wsgi_to_asgi.body_intake import is_empty, may_have_body, take_in
from bridgekit.adapters.wsgi_to_asgi.body_remainder import Remainder, must_be_received
from bridgekit.adapters.wsgi_to_asgi.body_stream import Upload
from bridgekit.adapters.wsgi_to_asgi.environ import build_environ
from bridgekit.adapters.wsgi_to_asgi.files import ZEROCOPYSEND, FileWrapper
from bridgekit.adapters.wsgi_to_asgi.refusals import REFUSALS, answer, refuse, refuse_saturated
from bridgekit.adapters.wsgi_to_asgi.settings import Settings
from bridgekit.adapters.wsgi_to_asgi.stored_body import StoredBody
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.user_loop.backends import Backend
from bridgekit.concurrency.user_loop.windows import ThreadToLoop
from bridgekit.concurrency.worker_pool import PoolSaturated
from bridgekit.exceptions import (
    AppProtocolError,
    ClientDisconnected,
    RequestTimeout,
    RequestTooLarge,
    ServerProtocolError,
)
from bridgekit.typing import Environ, Message, Receive, Scope, Send

logger = logging.getLogger("bridgekit.adapters")


class WSGIResponder:
    """Serves one HTTP scope."""

    __slots__ = (
        "_backend",
        "_client_gone",
        "_context",
        "_end_apart",
        "_expects",
        "_finished",
        "_given",
        "_listening",
        "_overdue",
        "_receive",
        "_run",
        "_scope",
        "_send",
        "_settings",
        "_since",
        "_stored",
        "_upload",
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
        self._window: ThreadToLoop[Item] = ThreadToLoop(backend, settings.window)
        self._stored: StoredBody | None = None  # a body that was received whole
        self._upload: Upload | None = None  # and one that was not
        self._client_gone = False
        # A WSGI server is around, whose response has a length where it is one event. A stream that is fast stays a stream.
        self._end_apart = False
        self._overdue = False  # no thread was free in time
        self._finished = False  # the thread is done, or was never taken
        self._listening: Callable[[], Awaitable[None]] | None = None
        self._since: float | None = None  # when `tick` saw the request first

    async def run(self) -> None:
        """Serve the request.

        :raises Exception: what the application or the server's ``send`` raised.
        """
        scope, settings = self._scope, self._settings
        try:
            environ = build_environ(scope, allow_underscores=settings.allow_underscores)
        except ServerProtocolError as error:
            logger.info("refused a request: %s", error)
            await answer(self._send, error, scope.get("http_version") or "1.1", settings.retry_after)
            return
        message = None if may_have_body(environ) else await self._receive()
        if message is not None and is_empty(message):
            environ["wsgi.input"] = io.BytesIO()  # nearly every request: no coroutine of its own for it
        elif not await self._take_in(environ, message):
            return
        environ["wsgi.file_wrapper"] = FileWrapper
        around = scope.get("wsgi_environ")
        if around is not None:
            carry_environ(environ, around)
            self._end_apart = True
        timing = None
        if TIMING_KEY in scope:
            environ[TIMING_KEY] = scope[TIMING_KEY]
            timing = live_timing(scope)
        self._given: OpaqueMapping = environ["asgi.scope"]  # an adapter inside has it, too
        before = self._context = contextvars.copy_context()
        extensions = scope.get("extensions") or {}
        marks = self._backend.marks
        run = self._run = AppRun(settings.app, environ, self._window, extensions, timing, self._stored, marks)
        try:
            settings.pool.submit(run)
        except (PoolSaturated, RuntimeError) as error:
            run.discard()
            if isinstance(error, RuntimeError):  # the system has no thread for us
                raise
            self._overdue = True
        else:
            try:
                await self._attend()
            except BaseException:
                run.orphan()
                raise
        if self._overdue:
            await refuse_saturated(settings.pool, settings.saturation, self._send, settings.retry_after)
            return
        if run.context:
            apply_changes(before, run.context)
        if run.failure is not None:
            await self._conclude(run)

    async def _take_in(self, environ: Environ, message: Message | None) -> bool:
        """Receive the body, or its beginning. False where there is no request after all, or it was refused."""
        settings, backend = self._settings, self._backend
        limits = settings.limits
        try:
            body = await take_in(environ, self._receive, limits, backend, message)
        except ClientDisconnected:
            return False
        except REFUSALS as error:
            await refuse(error, environ, self._receive, self._send, backend, limits, settings.retry_after)
            return False
        if isinstance(body, StoredBody):
            self._stored = body
            environ["wsgi.input"] = body.file
        elif body.complete:
            environ["wsgi.input"] = io.BytesIO(body.first)
        else:
            self._expects = "HTTP_EXPECT" in environ
            self._upload = Upload(backend, body, limits, window=settings.window)
            environ["wsgi.input"] = self._upload.file
            if must_be_received():
                self._send = Remainder(backend, self._upload, self._send).send
        return True

    # Sending the response

    async def _attend(self) -> None:
        """Send what the thread puts into the window, until it has finished."""
        window = self._window
        self._backend.register(self)
        reap = True
        try:
            if self._upload is not None:
                self._listen()
            await window.ready()
            if window.whole is not None:
                self._finished = True
                if not self._client_gone:
                    start, whole = window.whole
                    await self._send(start)
                    await self._send({"type": "http.response.body", "body": whole, "more_body": False})
            while not self._finished:
                items, self._finished = window.take()
                if items:
                    if not self._client_gone:
                        await self._send_items(items)
                elif not self._finished:
                    await window.ready()
        except GeneratorExit:
            reap = False  # the loop is gone and nothing can be awaited
            raise
        except Exception:
            await self._give_up("sending the response failed")
            raise
        finally:
            self._backend.unregister(self)
            if not self._finished:
                self._leave("the request was cancelled")
                if reap:
                    self._run.cancel_views()
            # The task holds what ended it, that its frame, and that this object.
            listening, self._listening = self._listening, None
            if listening is not None and reap:
                await listening()

    async def _give_up(self, why: str) -> None:
        """Let the application know that nobody listens, and wait until it has come to its end."""
        self._leave(why)
        while not self._finished:
            items, self._finished = self._window.take()
            if not items and not self._finished:
                await self._window.ready()
                self._finished = self._window.whole is not None

    async def _send_items(self, items: list[Item]) -> None:
        """Pass items on, neighbouring pieces of body in one event: none waits for another that is not there yet."""
        send = self._send
        complete = False
        pieces: list[bytes] = []
        sent = 0
        for item in items:
            if isinstance(item, bytes):
                pieces.append(item)
                sent += len(item)
            elif isinstance(item, dict):
                # Nothing but early hints and the start come before the body, and a file in its place.
                if item["type"] == ZEROCOPYSEND:
                    await self._send_file(item)
                else:
                    await send(item)
                sent += event_size(item)
            else:
                complete = True
        if pieces or complete:
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            if body and complete and self._end_apart:
                await send({"type": "http.response.body", "body": body, "more_body": True})
                body = b""
            await send({"type": "http.response.body", "body": body, "more_body": not complete})
        if not self._finished:
            self._window.sent(sent)
            if self._listening is None and not complete:
                self._listen()

    async def _send_file(self, message: Message) -> None:
        """Send a file event. The client may leave meanwhile; the file must stay open all the same until the server has let
        go of it, or it would send from a descriptor that is another file's by then.
        """
        self._window.use(True)
        try:
            await self._send(message)
        finally:
            self._window.use(False)

    async def _conclude(self, run: AppRun) -> None:
        """Raise what the application raised, if somebody should know."""
        failure, run.failure = run.failure, None
        try:
            if isinstance(failure, ClientDisconnected) and self._client_gone:
                return
            if isinstance(failure, RequestTooLarge | RequestTimeout) and not run.response.sent:
                version: str = self._scope.get("http_version") or "1.1"
                await answer(self._send, failure, version, self._settings.retry_after)
            elif isinstance(failure, Exception) and not isinstance(
                failure, StopIteration | StopAsyncIteration
            ):
                raise failure
            else:
                # SystemExit would end the server, and StopIteration cannot pass a coroutine.
                raise AppProtocolError(f"the application raised {failure!r}") from failure
        finally:
            del failure  # a frame that is in its own exception's traceback must not hold that exception

    # Listening to the client

    def tick(self) -> None:
        """Called now and then while the request lasts: a fast one ends before anybody listens for its end."""
        if self._listening is None:
            self._listen()
        if self._upload is not None:
            if self._run.response.sent or not self._expects:
                # Unread body hides the client's leaving behind it; as much as the window holds is fetched to see it.
                self._upload.prefetch()
            self._upload.tick()
        limit = self._settings.queue_timeout
        if limit is not None and not self._run.begun:
            now = time.monotonic()
            if self._since is None:
                self._since = now
            elif now - self._since >= limit:
                self._overdue = self._take_back()

    def _take_back(self) -> bool:
        """End a request that still waits for a thread; false when it has one."""
        taken_back = not self._run.begun and self._settings.pool.withdraw(self._run)
        if taken_back:
            self._run.discard()
            with contextlib.suppress(LoopGone):
                self._window.finish()
        return taken_back

    def _listen(self) -> None:
        # In the request's own context, whoever calls: the clock has none, and middleware around `receive` may want it.
        self._listening = self._context.run(self._backend.spawn, self._watch_client)

    async def _watch_client(self) -> None:
        """Receive the rest of the body as the application asks for it, then wait for the client to leave."""
        try:
            if self._upload is not None and not await self._upload.feed(self._receive):
                return
            message = await self._receive()
        except ClientDisconnected as left:
            self._leave(str(left))
            return
        except BaseException as error:
            # Cancellation, too: a server may cancel what its receive() waits for, and the thread must hear of it.
            if self._upload is not None:
                # Without the error as its cause: with this frame in the error's traceback that would be a cycle, with the server's
                # `receive` in it, and granian keeps the connection open until a garbage collection finds it.
                reason = f"the server failed to receive the request's body: {error!r}"
                self._upload.fail(ClientDisconnected(reason))
            if not isinstance(error, Exception):
                raise
            logger.debug("cannot receive from the server", exc_info=True)
            return
        # A server that goes on with http.request after the end knows no disconnect, and would be asked for ever.
        if message["type"] == "http.disconnect":
            self._leave("the client left")

    def _leave(self, why: str) -> None:
        """The client is gone: let the application know at its next read or write."""
        if not self._client_gone:
            self._client_gone = True
            timing = live_timing(self._scope)
            if timing is not None:
                timing.note_client_gone()
        reason = ClientDisconnected(why)
        self._window.abandon(reason)
        if self._upload is not None:
            self._upload.fail(reason)
        report_client_left(self._given)
        self._take_back()
