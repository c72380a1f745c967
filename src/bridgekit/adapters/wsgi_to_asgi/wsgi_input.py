"""``wsgi.input``: the request body as a real binary file (PEP 3333, "Input and Error Streams")."""

from __future__ import annotations

import io
from typing import BinaryIO

from bridgekit.concurrency.user_loop.windows import LoopToThread

_BUFFER = 65536
"""One message of uvicorn, hypercorn and daphne holds up to this many bytes."""


class _Source(io.RawIOBase):
    """The unbuffered bottom: reads from the window, blocks the worker while it is empty."""

    def __init__(self, window: LoopToThread) -> None:
        self._window = window
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # typeshed: Buffer
        """Fill ``buffer`` as far as the next piece goes; 0 at the end.

        :raises OSError: when the body is cut off, or longer than allowed.
        """
        if not self._rest:
            self._rest = memoryview(self._window.get())
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


class _BodyFile(io.BufferedReader):
    def read(self, size: int | None = -1, /) -> bytes:
        """As of any binary file; every negative size means all, as with `io.BytesIO`."""
        return super().read(-1 if size is None or size < 0 else size)


class RequestBody(_BodyFile):
    """A body that is still arriving. It ends at the end of the body, with and without ``CONTENT_LENGTH``.

    A body that breaks off makes the read raise `ClientDisconnected`, it never looks complete.
    """

    def __init__(self, window: LoopToThread) -> None:
        super().__init__(_Source(window), _BUFFER)


class SpooledBody(_BodyFile):
    """A body that was received whole and lies on disk. To be closed with its request."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)  # type: ignore[arg-type]  # all that it takes of a raw file is there
