"""What the WSGI server is given: the application's output, taken from a responder's outbox in the request's thread."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Iterator
from contextvars import Context
from http import HTTPStatus
from typing import Any

from bridgekit.adapters.asgi_to_wsgi.file_body import FILE_BLOCK, Blocks, open_file
from bridgekit.adapters.asgi_to_wsgi.outbox_items import END, READ, EarlyHints, File
from bridgekit.adapters.asgi_to_wsgi.responder import LEFT, ASGIResponder
from bridgekit.adapters.shared.context import ContextOverlay, overlay_context
from bridgekit.adapters.shared.nesting import outer
from bridgekit.exceptions import AppProtocolError, ClientDisconnected
from bridgekit.typing import Environ, StartResponse

logger = logging.getLogger("bridgekit.adapters")

ENDINGS = (SystemExit, KeyboardInterrupt)
"""What a `WSGIToASGI` wraps, since it would end its server's loop."""


class WSGIResponse:
    """Answers one request of a WSGI server, from the responder's items.

    :param wait: do not return from the response's end before the application has ended.
    :param raise_exceptions: let the application's exception through to the server, instead of answering 500.
    """

    _at_end = _closed = _begun = False
    _file: File | None = None
    _overlay: ContextOverlay | None = None

    def __init__(
        self,
        responder: ASGIResponder,
        environ: Environ,
        *,
        before: Context,
        wait: bool,
        raise_exceptions: bool,
    ) -> None:
        self._responder = responder
        self._environ = environ
        self._before = before
        self._wait = wait
        self._raise = raise_exceptions

    def respond(self, start_response: StartResponse) -> Iterable[bytes]:
        """Wait for the first output and give it to the server (PEP 3333, "The Application/Framework Side").

        :raises Exception: what the application raised before its output.
        """
        try:
            first = self._take()
            return self._start(start_response, first)
        except BaseException as error:
            # Also what is thrown into a waiting thread: a timeout's greenlet exception, SystemExit of a signal handler.
            self._leave()
            self._take_back()
            if isinstance(error, ClientLeft):
                logger.debug("%s", error)
                return error_page(start_response, HTTPStatus.BAD_REQUEST, error if self._begun else None)
            if self._raise or not isinstance(error, Exception) or isinstance(error, ClientDisconnected):
                raise
            logger.error("the application raised before its response", exc_info=error)
            replaced_for = error if self._begun else None
            return error_page(start_response, HTTPStatus.INTERNAL_SERVER_ERROR, replaced_for)

    def _start(self, start_response: StartResponse, first: bytes) -> Iterable[bytes]:
        response = self._responder.response
        if self._file is not None:
            return self._send_file(start_response, self._file)
        headers = response.headers
        known = response.declared is not None or response.bodyless
        # A stream stays one, without a length, also where all of it is here already: headers must not depend on who was
        # faster.
        whole = self._at_end and (known or not response.streamed)
        if whole and not known:
            # PEP 3333, "Handling the Content-Length Header": a server could do so; most chunk or close instead.
            headers.append(("Content-Length", str(len(first))))
        self._begin(start_response, headers)
        if not whole:
            return Stream(self, first)
        if self._wait or not response.full or not self._responder.close_now():
            return Whole(self, first)
        self._closed = True
        if self._responder.failed:
            self._report_failure()
        if self._overlay is not None:
            return Whole(self, first)
        return [first] if first else []

    def _begin(self, start_response: StartResponse, headers: list[tuple[str, str]]) -> None:
        if self._responder.context:
            self._show_context()
        self._begun = True
        start_response(self._responder.response.status, headers)

    def _show_context(self) -> None:
        """Let who called see what the application has set, until `close`."""
        after = self._responder.context
        if self._overlay is not None:
            self._overlay.update(self._before, after)
        elif after:
            self._overlay = overlay_context(self._environ, self._before, after)

    def _take_back(self) -> None:
        """The request is over: the context is the server's again. An adapter around this one is told what was in it."""
        overlay, self._overlay = self._overlay, None
        if overlay is not None:
            overlay.end()
            around = outer(self._environ)
            if around is not None:
                around.report_context(self._before, self._responder.context)

    def _send_file(self, start_response: StartResponse, file: File) -> Iterable[bytes]:
        """A file, by the server's own means where it has some (PEP 3333, "Platform-Specific File Handling").

        :raises OSError: when there is no such file, or it is not a regular one; before the response has started.
        """
        wrapper: Any = self._environ.get("wsgi.file_wrapper")
        response = self._responder.response
        opened = open_file(file.path, self.close)
        try:
            headers = response.file_headers(opened.end)
            self._begin(start_response, headers)
            self._finish()
        except BaseException:
            opened.close()
            raise
        return wrapper(opened, FILE_BLOCK) if wrapper is not None else Blocks(opened)

    def next(self) -> bytes:
        """The next piece. :raises StopIteration: at the end. :raises Exception: what the application raised instead."""
        over = self._at_end
        if over:
            raise StopIteration
        try:
            piece = self._take()
        except BaseException:
            self._leave()
            raise
        if self._at_end:
            self._show_context()
            if not piece:
                raise StopIteration
        return piece

    def _take(self) -> bytes:
        """Wait for output: all of it that is there, in one piece."""
        responder = self._responder
        pieces: list[bytes] = []
        while True:
            items = responder.outbox.take()
            if not items:
                self._unfinished()
            for item in items:
                if type(item) is bytes:
                    pieces.append(item)
                elif item is END:
                    self._at_end = True
                elif item is READ:
                    responder.read_here()
                elif isinstance(item, EarlyHints):
                    self._hint(item)
                elif isinstance(item, File):
                    self._file = item
            if pieces or self._at_end:
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _hint(self, hints: EarlyHints) -> None:
        try:
            self._environ["wsgi.early_hints"]([("Link", link) for link in hints.links])
        except Exception:
            logger.exception("the server refused early hints")

    def _unfinished(self) -> None:
        """The application has ended, but its response has not. :raises Exception: always."""
        responder = self._responder
        client_left = responder.client_left
        read_failure = responder.take_read_failure()
        responder.close()
        self._closed = True
        failure = responder.take_failure()
        try:
            if failure is None and responder.gone:
                raise ClientDisconnected(LEFT)
            if failure is None and client_left:
                raise ClientLeft(errno.ECONNRESET, "the client left before it was answered")
            if isinstance(read_failure, Exception):
                # The server knows its own exceptions best: some mean 400, some that nobody is there to be answered.
                raise read_failure from failure
            if failure is None:
                state = "completing its response" if responder.response.started else "sending a response"
                raise AppProtocolError(f"the application returned without {state}") from read_failure
            if (
                self._raise
                and isinstance(failure, AppProtocolError)
                and isinstance(failure.__cause__, ENDINGS)
            ):
                # It stood for what a WSGI application has raised. This is a WSGI server: it is told what it would be without us.
                raise failure.__cause__
            if isinstance(failure, Exception):
                raise failure
            # SystemExit would end the server's worker.
            raise AppProtocolError(f"the application raised {type(failure).__name__}: {failure}") from failure
        finally:
            del failure, read_failure  # references from a frame to its own traceback

    def _leave(self) -> None:
        self._responder.leave()
        if not self._closed:
            self._closed = True
            self._responder.close()
            self._responder.report_failure()

    def close(self) -> None:
        """The server is done (PEP 3333: always called, however the response ended). Raises nothing of the application's.

        Some servers answer 500 to what `close` raises, though the response is complete.
        """
        try:
            self._finish()
        finally:
            self._take_back()

    def _finish(self) -> None:
        """Nothing more is asked of the application, or only its end is waited for."""
        if self._closed:
            return
        self._closed = True
        responder = self._responder
        if not responder.response.full:
            responder.leave()
        elif self._wait:
            while responder.outbox.take():
                pass
        responder.close()
        self._report_failure()

    def _report_failure(self) -> None:
        """What the application raised after a complete response: the server can answer no more, so it is logged.

        An adapter around this one hands it on instead, to a server that can tell this error from others.
        """
        responder = self._responder
        around = outer(self._environ) if responder.failed else None
        if around is None:
            responder.report_failure()
            return
        failure = responder.take_failure()
        if failure is not None and not around.report_failure(failure):
            responder.log(failure)

    def abandon(self) -> None:
        """The iterable was dropped without close()."""
        if not self._closed:
            self._responder.leave()
        self._take_back()


class ClientLeft(ConnectionResetError):
    """The application returned because the client had left, as the ASGI specification asks ("Disconnect").

    A connection's error: in the middle of a response, servers are told by it and take no notice.
    """


def error_page(
    start_response: StartResponse, status: HTTPStatus, replaced_for: Exception | None = None
) -> Iterable[bytes]:
    """Answer ``status``.

    :param replaced_for: the error because of which this takes the place of headers that were given before, as ``exc_info`` (PEP 3333,
        "Error Handling"). Not where there were none: uWSGI raises `SystemError` for each ``exc_info`` and closes the connection.
    """
    page = f"{status.phrase}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(page)))]
    line = f"{status.value} {status.phrase}"
    if replaced_for is None:
        start_response(line, headers)
    else:
        traceback = replaced_for.__traceback__
        assert traceback is not None, "the error was raised"
        start_response(line, headers, (type(replaced_for), replaced_for, traceback))
    return [page]


class Stream(Iterator[bytes]):
    """A response that comes in pieces."""

    def __init__(self, response: WSGIResponse, first: bytes) -> None:
        self._response = response
        self._first: bytes | None = first or None

    def __next__(self) -> bytes:
        first, self._first = self._first, None
        return self._response.next() if first is None else first

    def close(self) -> None:
        self._response.close()

    def __del__(self) -> None:
        response: WSGIResponse | None = getattr(self, "_response", None)
        if response is not None:  # a signal's exception may come while this is being made
            response.abandon()


class Whole(list[bytes]):
    """A response in at most one piece, whose application has not ended yet. A list: servers take its length."""

    def __init__(self, response: WSGIResponse, body: bytes) -> None:
        super().__init__((body,) if body else ())
        self._response = response

    def close(self) -> None:
        self._response.close()

    def __del__(self) -> None:
        response: WSGIResponse | None = getattr(self, "_response", None)
        if response is not None:  # a signal's exception may come while this is being made
            response.abandon()
