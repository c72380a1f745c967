"""The request body over WSGI, its reading measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from bridgekit.timing.measuring.record_in_progress import LiveTiming
from bridgekit.typing import Environ, InputStream


class MeasuredInput:
    """Counts what is read from ``wsgi.input`` and how long that takes; everything else is the server's own object."""

    __slots__ = ("_live", "_stream")

    def __init__(self, live: LiveTiming, stream: InputStream) -> None:
        self._live = live
        self._stream = stream

    def read(self, *args: int) -> bytes:
        return self._measured(self._stream.read, *args)

    def readline(self, *args: int) -> bytes:
        return self._measured(self._stream.readline, *args)

    def readlines(self, *args: int) -> list[bytes]:
        clock = self._live.recorder.clock
        started = clock()
        lines = self._stream.readlines(*args)
        self._live.add_receive(clock() - started, sum(map(len, lines)))
        return lines

    def __iter__(self) -> Iterator[bytes]:
        lines = iter(self._stream)
        while True:
            try:
                line = self._measured(lambda: next(lines))
            except StopIteration:
                return
            yield line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _measured(self, read: Callable[..., bytes], *args: int) -> bytes:
        clock = self._live.recorder.clock
        started = clock()
        data = read(*args)
        self._live.add_receive(clock() - started, len(data))
        return data


def has_body(environ: Environ) -> bool:
    """Whether a request body may be there: a length, chunks, or an input that ends by itself (HTTP/2)."""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bool(length != "0")
    if "HTTP_TRANSFER_ENCODING" in environ:
        return True
    return bool(environ.get("wsgi.input_terminated")) and environ["REQUEST_METHOD"] not in ("GET", "HEAD")
