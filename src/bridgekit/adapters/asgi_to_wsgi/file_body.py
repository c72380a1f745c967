"""A file that is the whole response, opened in the request's thread."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

FILE_BLOCK = 128 * 1024
"""Bytes per read of a file that is sent through the adapter."""


class OpenFile(io.BufferedReader):
    """A file that is the whole response: closed with it, by whatever way the server has. It ends where it ended when it was opened.

    One that has become shorter meanwhile breaks off: servers that do not count (cheroot, wsgiref) would take what they have for all of it, and
    the client the next response for the rest; waitress would ask for more for ever.
    """

    def __init__(self, raw: io.FileIO, end: int, close_response: Callable[[], None]) -> None:
        super().__init__(raw)
        self.end = end
        self._close_response = close_response

    def read(self, size: int | None = -1, /) -> bytes:
        """What a log writes behind the end meanwhile would be taken for the next response.

        :raises OSError: where the file ends before that.
        """
        left = max(0, self.end - self.tell())
        data = super().read(left if size is None or size < 0 else min(size, left))
        if left and size != 0 and not data:
            raise OSError(errno.EIO, "became shorter while it was sent", self.name)
        return data

    def close(self) -> None:
        super().close()
        self._close_response()


def open_file(path: str | os.PathLike[str], close_response: Callable[[], None]) -> OpenFile:
    """The file at ``path``, which the server closes.

    :raises OSError: when there is none, or it is not a regular one.
    """
    raw = io.FileIO(os.fspath(path), opener=_open_at_once)
    status = os.fstat(raw.fileno())
    if not stat.S_ISREG(status.st_mode):
        raw.close()
        raise OSError(f"http.response.pathsend: {raw.name!r} is not a regular file")
    return OpenFile(raw, status.st_size, close_response)


def _open_at_once(path: str, flags: int) -> int:
    """Open a file without waiting: a named pipe would hold the thread until somebody writes to it."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class Blocks(Iterator[bytes]):
    """A file, where the server has no wrapper."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.close = file.close

    def __next__(self) -> bytes:
        block: bytes = self._file.read(FILE_BLOCK)
        if not block:
            raise StopIteration
        return block
