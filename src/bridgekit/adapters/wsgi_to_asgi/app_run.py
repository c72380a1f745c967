"""One run of a WSGI application, in a worker thread: its output into a window, its errors kept for the loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from time import perf_counter_ns
from typing import Any, Final, TypeAlias

from bridgekit.adapters.shared.context import move_to_this_thread
from bridgekit.adapters.shared.headers import header_value
from bridgekit.adapters.shared.nesting import collect
from bridgekit.adapters.shared.opaque import OpaqueMapping
from bridgekit.adapters.shared.timing_key import LiveTiming
from bridgekit.adapters.wsgi_to_asgi.files import BLOCK, ZEROCOPYSEND, FileWrapper, file_length, file_message
from bridgekit.adapters.wsgi_to_asgi.response import ExcInfo, Response
from bridgekit.adapters.wsgi_to_asgi.stored_body import StoredBody
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.user_loop.async_views import Marks, threadlocal
from bridgekit.concurrency.user_loop.windows import ThreadToLoop
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import Environ, Message, WSGIApp

logger = logging.getLogger("bridgekit.adapters")

EARLY_HINT = "http.response.early_hint"


GIVEN_UP = (ClientDisconnected, LoopGone, asyncio.CancelledError)
"""What an application raises because its request was given up; `asyncio.CancelledError` comes from an async view."""


class _End:
    """Marks the end of the body."""


END: Final = _End()

Item: TypeAlias = Message | bytes | _End


def event_size(event: Message) -> int:
    """What an event other than body counts for in the window: an application may send hints without end."""
    if event["type"] == EARLY_HINT:
        return sum(map(len, event["links"]))
    return 1 if event["type"] == ZEROCOPYSEND else 0


class AppRun:
    """Calls ``app`` once, as PEP 3333 has it.

    :param window: takes what the application produces, as ASGI events and pieces of body. Whatever happens, it is
        finished at the end.
    :param extensions: of the scope; says how the server can send files.
    :param timing: the request's live timing record, if any.
    :param stored: the request's body where it was received whole; released at the end.
    :param marks: tell asgiref the server's loop, from the call to ``close()``.
    """

    __slots__ = (
        "_app",
        "_ended",
        "_environ",
        "_extensions",
        "_marks",
        "_orphaned",
        "_queued_at",
        "_stored",
        "_timing",
        "_views",
        "_window",
        "begun",
        "context",
        "failure",
        "response",
    )

    def __init__(
        self,
        app: WSGIApp,
        environ: Environ,
        window: ThreadToLoop[Item],
        extensions: Mapping[str, Any],
        timing: LiveTiming | None,
        stored: StoredBody | None,
        marks: Marks,
    ) -> None:
        self._app = app
        self._marks = marks
        self._views: list[asyncio.Task[Any]] = []  # async views under way; asgiref keeps it
        self._environ = environ
        self._stored = stored  # not from the environ: the application may put another input in its place
        self._window = window
        self._extensions = extensions
        self._timing = timing
        self._queued_at = 0 if timing is None else perf_counter_ns()
        self.context = contextvars.copy_context()
        self.response = Response(environ["REQUEST_METHOD"])
        self.begun = False  # a thread has taken it
        self._orphaned = False
        self._ended = False  # the end of the body has been handed over
        self.failure: BaseException | None = None  # what the application raised
        if EARLY_HINT in extensions:
            environ["wsgi.early_hints"] = self.early_hints

    def __call__(self) -> None:
        """The worker's job; never raises."""
        self.begun = True
        if self._timing is not None:
            self._timing.add_thread_wait(perf_counter_ns() - self._queued_at)
        here = threadlocal.__dict__
        here.update(self._marks)
        here["task_context"] = self._views
        try:
            self.context.run(self._call)
        except BaseException as error:  # whatever it is, the thread lives and the loop is told
            self.failure = error
            if self._orphaned:
                self._report_failure()
        finally:
            here.clear()
            # The environ may hold on to this object (early hints); the thread must not keep either alive.
            del self._environ
            if self._stored is not None:
                self.discard()
            try:
                if self._window.whole is None:
                    self._window.finish()
            except LoopGone:
                logger.debug("the event loop was closed before the request had finished")
                self._report_failure()

    def orphan(self) -> None:
        """From the loop: nobody will ask for `failure`; it is logged, whether it is there already or still to come."""
        self._orphaned = True
        self._report_failure()

    def cancel_views(self) -> None:
        """From the loop: end the async views under way, since the request is over and the thread waits for them."""
        for view in list(self._views):
            with contextlib.suppress(RuntimeError):  # its loop, which may be another one, is closed
                view.get_loop().call_soon_threadsafe(view.cancel)

    def _report_failure(self) -> None:
        # Called on both sides: the thread sets `failure` before it looks at the mark, the loop sets the mark before it
        # looks at `failure`, so one of them sees both.
        failure, self.failure = self.failure, None
        if failure is not None and not isinstance(failure, GIVEN_UP):
            logger.error("the application raised after its request had been given up", exc_info=failure)

    def discard(self) -> None:
        """Let go of the request's body: after the run, or where there will be none."""
        if self._stored is not None:
            self._stored.release()

    def _call(self) -> None:
        """Run the application and close what it returned, exactly once, whatever happens (PEP 3333)."""
        if self.context:
            move_to_this_thread(self.context)
        scope = self._environ["asgi.scope"]  # the application may put another one in its place
        try:
            iterable = self._app(self._environ, self.start_response)
            try:
                self._transmit(iterable, scope)
            finally:
                close = getattr(iterable, "close", None)
                if close is not None:
                    close()
        except BaseException:
            hidden = collect(scope)
            if hidden is not None:
                logger.error("the application inside raised after its response was complete", exc_info=hidden)
            raise
        failure = collect(scope)
        if failure is not None:
            raise failure

    def start_response(
        self, status: str, response_headers: list[tuple[str, str]], exc_info: ExcInfo | None = None
    ) -> Callable[[bytes], object]:
        """PEP 3333's callable; see `Response.start`.

        The PEP wants its arguments positional. Applications give ``exc_info`` by name all the same, and native servers
        take it.
        """
        self.response.start(status, response_headers, exc_info)
        return self.write

    def write(self, data: bytes) -> None:
        """Hand a piece of body over, with the headers before the first one. Blocks while the client is slow.

        :raises AppProtocolError: when ``data`` is not bytes, or `start_response` was not called.
        :raises ClientDisconnected: when nobody is there to receive it.
        """
        response = self.response
        piece = response.piece(data)
        if not data:
            self._window.check()  # an application that waits with empty pieces (PEP 3333) must hear of it, too
            return
        items: list[Item] = []
        if not response.sent:  # PEP 3333: headers wait for the first non-empty piece
            items.append(response.start_message())
        if piece:
            items.append(piece)
        if response.over and not self._ended:
            # The end leaves with the last piece, it does not wait for what the application does before it returns.
            self._ended = True
            items.append(END)
        if items:
            self._window.put_all(items, len(piece))

    def _transmit(self, iterable: Iterable[bytes], scope: OpaqueMapping) -> None:
        response = self.response
        if (type(iterable) is list or type(iterable) is tuple) and len(iterable) == 1 and not response.sent:
            # Everything at once, with its length (PEP 3333, "Content-Length").
            start, piece = response.whole(iterable[0])
            if (
                self._window.used or scope.inner is not None
            ):  # by an early hint; there is something to `collect`
                self._window.put_all((start, piece, END), len(piece))
            else:
                self._window.put_whole(start, piece)
            return
        is_file = False
        if type(iterable) is FileWrapper:
            if self._transmit_file(iterable):
                return
            if response.started and not response.sent:
                # Headers must not depend on whether the server sends the file itself.
                response.declare(file_length(iterable))
            iterable, is_file = iterable.blocks(BLOCK, response.declared), True
        try:
            pieces = iter(iterable)
        except TypeError as error:
            raise AppProtocolError(
                f"the application returned {type(iterable).__name__}, it must return an iterable of bytes (PEP 3333)"
            ) from error
        for data in pieces:
            self.write(data)
            if is_file:
                if response.over:
                    break
            elif response.spent:
                self._ask_once_more(pieces)
                break
        response.check_complete()
        if self._ended:
            return
        if response.sent:
            self._window.put(END, 0)
        else:
            self._window.put_all((response.start_message(), END), 0)

    def _ask_once_more(self, pieces: Iterator[bytes]) -> None:
        """After the last byte: a generator does there what is to be done once its body has been given (a commit).

        PEP 3333 lets a server stop here, but native ones go on to the end. More than one step there is not: a body without
        end has one all the same.
        """
        data = next(pieces, b"")
        if data:
            self.write(data)  # which logs that it is too long

    def _transmit_file(self, wrapper: FileWrapper) -> bool:
        """Let the server send the file; false where it cannot."""
        response = self.response
        if response.sent or not response.started or response.bodyless:
            return False
        found = file_message(wrapper, self._extensions, response.declared)
        if found is None:
            return False
        message, count = found
        response.produced = count
        # The file must stay open until it has left, so this waits until the window is empty.
        self._window.put_all((response.start_message(whole_length=count), message), event_size(message))
        self._window.drain()
        return True

    def early_hints(self, headers: Iterable[tuple[str, str]]) -> None:
        """``wsgi.early_hints``: send a 103 with the ``Link`` headers among ``headers``; nothing once the headers left.

        :raises AppProtocolError: for a value that is illegal in a header.
        """
        links = [header_value("Link", value) for name, value in headers if name.lower() == "link"]
        if links and not self.response.sent:
            message = {"type": EARLY_HINT, "links": links}
            self._window.put(message, event_size(message))
