"""Read a file out of somebody else's tree: a regular one, of bounded size, and never waiting for who should write it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

MAX_SOURCE_BYTES = 1024 * 1024
"""Larger files are not read: the largest hand-written modules of CPython and Django stay below 300 KiB."""


class UnreadableError(Exception):
    """Why a file was not read. The text goes on where the file's name ends: ``is a directory``."""


def read_bounded(path: str | os.PathLike[str], limit: int = MAX_SOURCE_BYTES) -> bytes:
    """The whole content of a regular file of at most ``limit`` bytes; raises `UnreadableError` for everything else."""
    try:
        # Non-blocking, and judged by the open file: a named pipe in the tree would hold a plain open() for ever.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("is not a regular file")
            content = _content(stream, status.st_size, limit) if status.st_size <= limit else b""
    except (OSError, ValueError) as error:
        if Path(path).is_dir():
            raise UnreadableError("is a directory") from error
        raise UnreadableError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    size = max(status.st_size, len(content))
    if size > limit:
        raise UnreadableError(
            f"is {size / 1_048_576:.1f} MiB; files above {limit / 1_048_576:.0f} MiB are not read"
        )
    return content


def _content(stream: BinaryIO, size: int, limit: int) -> bytes:
    """All up to a byte more than ``limit``; a buffer of that size, taken for every small file, costs more than reading."""
    content = stream.read(size + 1)
    if len(content) > size:  # it grows, or says nothing of its size, as those of /proc
        content += stream.read(limit + 1 - len(content))
    return content
