"""WSGI applications for tests, and one that keeps account of what is done with them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.validate import validator

from bridgekit.typing import Environ, StartResponse, WSGIApp
from tests.helpers.asgi_driver import TIMEOUT

PLAIN = [("Content-Type", "text/plain")]


def answers(*chunks: bytes, status: str = "200 OK", headers: Iterable[tuple[str, str]] = PLAIN) -> WSGIApp:
    """An application that answers with ``chunks``; one makes a list, several a generator."""
    headers = list(headers)

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, list(headers))
        return [*chunks] if len(chunks) == 1 else (chunk for chunk in chunks)

    return app


def reports(value: Callable[[Environ], Any]) -> tuple[WSGIApp, list[Any]]:
    """An application that notes ``value(environ)`` and answers an empty 200."""
    seen: list[Any] = []

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        seen.append(value(environ))
        start_response("200 OK", [*PLAIN, ("Content-Length", "0")])
        return [b""]

    return validator(app), seen


class Watched:
    """A response iterable that knows what was done with it.

    :param chunks: what it gives; an exception among them is raised, a `threading.Event` waited for.
    """

    def __init__(self, chunks: Iterable[Any], *, close_raises: BaseException | None = None) -> None:
        self._chunks = iter(chunks)
        self._close_raises = close_raises
        self.given = 0
        self.closed = 0
        self.ended = threading.Event()
        self.threads: set[int] = {threading.get_ident()}

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self.threads.add(threading.get_ident())
        assert not self.closed, "iterated after close()"
        chunk = next(self._chunks)
        if isinstance(chunk, BaseException):
            raise chunk
        if isinstance(chunk, threading.Event):
            assert chunk.wait(TIMEOUT), "the test never let the application go on"
            chunk = b"."
        self.given += 1
        assert isinstance(chunk, bytes)
        return chunk

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed += 1
        self.ended.set()
        if self._close_raises is not None:
            raise self._close_raises


class Streams:
    """An application that answers with a `Watched` of ``chunks()``.

    :param status: of the response; ``None`` and `start_response` is not called.
    """

    def __init__(
        self,
        chunks: Callable[[], Iterable[Any]],
        *,
        headers: Iterable[tuple[str, str]] = PLAIN,
        **options: Any,
    ) -> None:
        self._chunks = chunks
        self._headers = list(headers)
        self._options = options
        self.responses: list[Watched] = []
        self.called = threading.Event()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", list(self._headers))
        response = Watched(self._chunks(), **self._options)
        self.responses.append(response)
        self.called.set()
        return response

    @property
    def response(self) -> Watched:
        (response,) = self.responses
        return response
