"""A file that is the whole response, opened in the request's thread."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["FILE_BLOCK", "Blocks", "OpenFile", "open_at_once"]

FILE_BLOCK = 128 * 1024
"""Bytes per read of a file that is sent through the adapter."""


class OpenFile(io.BufferedReader):
    """A file that is the whole response: closed with it, by whatever way the server has. It ends where it ended when it was opened.

    :raises OSError: when it is not a regular file.
    """

    def __init__(self, raw: io.FileIO, close_response: Callable[[], None]) -> None:
        super().__init__(raw)
        self._close_response = close_response
        status = os.fstat(raw.fileno())
        if not stat.S_ISREG(status.st_mode):
            raw.close()
            raise OSError(f"http.response.pathsend: {raw.name!r} is not a regular file")
        self.end = status.st_size

    def read(self, size: int | None = -1, /) -> bytes:
        """What a log writes behind the end meanwhile would be taken for the next response."""
        left = max(0, self.end - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))

    def close(self) -> None:
        super().close()
        self._close_response()


def open_at_once(path: str, flags: int) -> int:
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
