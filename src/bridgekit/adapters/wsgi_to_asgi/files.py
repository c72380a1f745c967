"""``wsgi.file_wrapper``: a file as response, sent by the server itself where it can (PEP 3333, "Optional
Platform-Specific File Handling").
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Mapping
from tempfile import _TemporaryFileWrapper
from typing import Any, Protocol

from bridgekit.typing import Message

BLOCK = 131072
"""Bytes per read where a file is sent through the adapter: large enough that the crossing does not show, small enough
that a hundred downloads at once fit in memory."""

ZEROCOPYSEND = "http.response.zerocopysend"


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class FileWrapper:
    """Iterates over a file-like object in blocks; closing it closes the file.

    :param filelike: anything with ``read(size)``.
    :param block_size: the application's suggestion. bridgekit reads in blocks of its own when it drives the wrapper.
    """

    def __init__(self, filelike: Readable, block_size: int = 8192) -> None:
        self.filelike = filelike
        self.block_size = block_size
        close = getattr(filelike, "close", None)
        if close is not None:
            # PEP 3333: a close() method, if the file-like object has one.
            self.close = close

    def blocks(self, size: int, limit: int | None = None) -> Iterator[bytes]:
        """The file's content from where it stands, in blocks of ``size`` bytes, ``limit`` bytes at most: it may grow."""
        left = limit
        while left is None or left > 0:
            block = self.filelike.read(size if left is None else min(size, left))
            if not block:
                return
            if left is not None:
                left -= len(block)
            yield block

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks(self.block_size)


def _plain_file(filelike: Any) -> Any | None:
    """The operating system's file behind ``filelike``, where its descriptor holds just what `read` would give.

    A `gzip.GzipFile` has a ``fileno()``, too: that of the compressed file. So nothing but the plain types will do.
    """
    if isinstance(filelike, _TemporaryFileWrapper):
        filelike = filelike.file
    if type(filelike) in (io.BufferedReader, io.BufferedRandom) and type(filelike.raw) is io.FileIO:
        return filelike
    return filelike if type(filelike) is io.FileIO else None


def _extent(file: Any) -> tuple[int, int] | None:
    """Where a file stands, and how many bytes are behind that; ``None`` where nobody can say, as of a pipe."""
    try:
        position = file.tell()
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None  # closed, or a pipe
    return (position, status.st_size - position) if stat.S_ISREG(status.st_mode) else None


def file_length(wrapper: FileWrapper) -> int | None:
    """How long the response is, where the file tells; a server with a wrapper of its own would say so, too."""
    file = _plain_file(wrapper.filelike)
    extent = None if file is None else _extent(file)
    return None if extent is None or extent[1] < 0 else extent[1]


def file_message(
    wrapper: FileWrapper, extensions: Mapping[str, Any], declared: int | None
) -> tuple[Message, int] | None:
    """The event that makes the server send the file itself, and its number of bytes; ``None`` where that cannot be.

    Never by its path ("http.response.pathsend"): the server opens that some time after `send` has returned (granian in
    another thread), and another file may have taken the name by then, whose bytes would go out under this one's length.

    :param extensions: the scope's; says what the server offers (ASGI specification, "Extensions").
    :param declared: the response's Content-Length. A file that is shorter goes the common way, where that is an error.
    """
    if ZEROCOPYSEND not in extensions:
        return None
    file = _plain_file(wrapper.filelike)
    extent = None if file is None else _extent(file)
    if extent is None:
        return None
    position, remaining = extent
    if remaining < 1 or (declared is not None and remaining < declared):
        return None
    count = remaining if declared is None else declared
    message = {
        "type": ZEROCOPYSEND,
        "file": file,
        "offset": position,
        "count": count,
        "more_body": False,
    }
    return message, count
