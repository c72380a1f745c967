"""``wsgi.file_wrapper``: a file as response, sent by the server itself where it can (PEP 3333, "Optional
Platform-Specific File Handling").
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import _TemporaryFileWrapper
from typing import Any, Protocol

from bridgekit.typing import Message

__all__ = ["BLOCK", "FILE_EVENTS", "FileWrapper", "file_message"]

BLOCK = 131072
"""Bytes per read where a file is sent through the adapter: large enough that the crossing does not show, small enough
that a hundred downloads at once fit in memory."""

PATHSEND = "http.response.pathsend"
ZEROCOPYSEND = "http.response.zerocopysend"
FILE_EVENTS = frozenset({PATHSEND, ZEROCOPYSEND})


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

    def blocks(self, size: int) -> Iterator[bytes]:
        """The file's content from where it stands, in blocks of ``size`` bytes."""
        while block := self.filelike.read(size):
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


def _same_file(path: object, descriptor: int) -> bool:
    """Is ``path`` still the file that is open? It may have been replaced, or the name may be made up."""
    if not isinstance(path, str) or not Path(path).is_absolute():
        return False
    try:
        return os.path.samestat(Path(path).stat(), os.fstat(descriptor))
    except (OSError, ValueError):
        return False


def file_message(
    wrapper: FileWrapper, extensions: Mapping[str, Any], declared: int | None
) -> tuple[Message, int] | None:
    """The event that makes the server send the file itself, and its number of bytes; ``None`` where that cannot be.

    :param extensions: the scope's; says what the server offers (ASGI specification, "Extensions").
    :param declared: the response's Content-Length. A file that is shorter goes the common way, where that is an error.
    """
    if PATHSEND not in extensions and ZEROCOPYSEND not in extensions:
        return None
    file = _plain_file(wrapper.filelike)
    if file is None:
        return None
    try:
        descriptor, position = file.fileno(), file.tell()
        status = os.fstat(descriptor)
    except (OSError, ValueError):
        return None  # closed, or a pipe
    remaining = status.st_size - position
    if not stat.S_ISREG(status.st_mode) or remaining < 1 or (declared is not None and remaining < declared):
        return None
    count = remaining if declared is None else declared
    # pathsend knows no range: it fits a whole file only.
    whole = position == 0 and count == remaining
    if PATHSEND in extensions and whole and _same_file(file.name, descriptor):
        return {"type": PATHSEND, "path": file.name}, count
    if ZEROCOPYSEND in extensions:
        return {
            "type": ZEROCOPYSEND,
            "file": file,
            "offset": position,
            "count": count,
            "more_body": False,
        }, count
    return None
