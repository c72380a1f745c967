"""One JSON object per request and line, for files and log collectors."""

from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path
from typing import IO

from bridgekit._arguments import shown
from bridgekit.timing.exporters._fields import as_dict
from bridgekit.timing.record import RequestTiming

__all__ = ["JSONLinesExporter"]

FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)  # Windows would write CR LF


class JSONLinesExporter:
    """Appends to a file (a path, opened at the first request of each process) or writes to an open text stream.

    Each line goes out in one ``write`` on a file opened for appending, so that workers can share the file (POSIX write(2), O_APPEND).
    Lines are ASCII; a field that was not measured is absent.
    """

    def __init__(self, target: str | os.PathLike[str] | IO[str]) -> None:
        """
        :param target: the file's path, or an open text stream.
        :raises TypeError: for what is neither.
        :raises ValueError: for a path whose folder is not there, or that is one itself.
        """
        if not isinstance(target, str | os.PathLike):
            check_text_stream(target)
        elif not Path(target).parent.is_dir() or Path(target).is_dir():
            raise ValueError(
                f"{os.fspath(target)!r} cannot be a file: its folder must exist, and it must not be a folder itself"
            )
        self._path = Path(target) if isinstance(target, str | os.PathLike) else None
        self._stream: IO[str] | None = None if isinstance(target, str | os.PathLike) else target
        self._file: int | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def __call__(self, timing: RequestTiming) -> None:
        line = json.dumps(as_dict(timing), separators=(",", ":")) + "\n"
        with self._lock:
            if self._stream is not None:
                self._stream.write(line)
                self._stream.flush()
            else:
                os.write(self._descriptor(), line.encode("ascii"))

    def close(self) -> None:
        """Close the file, if a path was given; the next record opens it again."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _descriptor(self) -> int:
        if self._file is None or self._owner != os.getpid():
            assert self._path is not None
            self._file = os.open(self._path, FLAGS, 0o644)
            self._owner = os.getpid()
        return self._file


def check_text_stream(stream: object) -> None:
    """`TypeError` for what does not take text: a stream of bytes would fail with the first record."""
    if isinstance(stream, io.RawIOBase | io.BufferedIOBase):
        raise TypeError(f"{stream!r} takes bytes: open it as text, or give its path")
    if isinstance(stream, type) or not callable(getattr(stream, "write", None)):
        raise TypeError(f"target must be a path or an open text stream, not {shown(stream)}")
