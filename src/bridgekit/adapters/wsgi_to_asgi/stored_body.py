"""Request bodies that are received whole: where they lie, and how much of them all there may be."""

from __future__ import annotations

import io
import logging
import tempfile
from collections.abc import Iterable
from typing import BinaryIO

import anyio.to_thread

from bridgekit.adapters.shared.budget import Budget
from bridgekit.adapters.wsgi_to_asgi.wsgi_input import SpooledBody
from bridgekit.exceptions import BridgekitError

logger = logging.getLogger("bridgekit.adapters")

BATCH = 256 * 1024
"""Bytes that are gathered before they are written to disk: each write is a hop to a thread."""

LARGE = 64 * 1024
"""A body of so many bytes takes room for more than the next piece: each time costs a lock."""

SMALL = 1024
"""Pieces of fewer bytes are put together: one of two bytes weighs twenty times what is counted for it."""

SHARE = 4
"""One body of unknown length may take a quarter of the disk that there is for all: no client alone takes it all."""


class NoRoom(BridgekitError):
    """All bodies together have taken what may be taken; the answer is 503."""


class Room:
    """What the bodies that are received whole have together, from their first byte to the end of their requests.

    :param each: bytes up to which one body lies in memory.
    :param memory: bytes in memory of all together; ``None`` for no limit.
    :param disk: bytes on disk of all together; ``None`` for no limit.
    """

    __slots__ = ("disk", "each", "memory")

    def __init__(self, each: int, memory: int | None, disk: int | None) -> None:
        self.each = each
        self.memory = Budget(memory)
        self.disk = Budget(disk)

    @property
    def largest(self) -> int | None:
        """Bytes that a body of unknown length may have. It cannot be streamed, as one that declares more than `each`."""
        if self.disk.limit is None:
            return None
        in_memory = self.each if self.memory.limit is None else min(self.each, self.memory.limit)
        return max(in_memory, self.disk.limit // SHARE)


class StoredBody:
    """One body as it comes in: in memory while it is small and all together leave room, then on disk.

    To be released with its request, however that ends.

    :param whole: all of it, where it came at once. It is taken if there is memory for it: then `file` is there.
    :param declared: bytes it is to have, if that is known.
    """

    __slots__ = (
        "_declared",
        "_disk",
        "_granted",
        "_in_memory",
        "_memory",
        "_on_disk",
        "_parts",
        "_room",
        "_spool",
        "_written",
        "file",
    )

    def __init__(self, room: Room, whole: bytes | None = None, declared: int | None = None) -> None:
        self._room = room
        self._in_memory = room.memory.account
        self._on_disk = room.disk.account
        self._declared = declared
        self._written: io.BytesIO | None = None
        """What takes the rest of a large body once half of it is there."""
        self._memory = self._granted = self._disk = 0
        self._spool: BinaryIO | None = None
        self._parts: list[bytes | bytearray] = []
        self.file: BinaryIO | None = None
        """What the application reads; there after `finish`."""
        if whole is None:
            return
        size = len(whole)
        if size <= room.each and self._in_memory.take(size):
            self._memory = self._granted = size
            self.file = io.BytesIO(whole)

    @property
    def length(self) -> int:
        """Bytes that have been taken."""
        return self._memory + self._disk

    def keep(self, data: bytes) -> bool:
        """Take the next piece into memory; false where `spill` must take it."""
        size = len(data)
        memory = self._memory + size
        if memory > self._granted and not self._grant(memory):
            return False
        self._memory = memory
        if self._written is not None:
            self._written.write(data)
            return True
        # A list, which is joined once: a file in memory would be moved at each write.
        parts = self._parts
        if size >= SMALL:
            parts.append(data)
        elif parts and isinstance(parts[-1], bytearray) and len(parts[-1]) < BATCH:
            parts[-1] += data
        else:
            parts.append(bytearray(data))
        declared = self._declared
        if declared is not None and LARGE <= declared <= 2 * memory < 2 * declared:
            self._gather(declared)
        return True

    def _gather(self, declared: int) -> None:
        """Put what is there into a file of the declared size, if there is memory for that.

        The pieces and the file beside them would be twice the body. That is what glibc gives back to the system when both are
        freed (`M_TRIM_THRESHOLD`, twice the largest block by default), and each such request would pay for new pages. Not before
        half of it is there, or who declares much and sends little takes much.
        """
        if self._spool is not None or (declared > self._granted and not self._grant(declared)):
            return
        self._written = io.BytesIO(bytes(declared))  # alone with its bytes, it writes into them
        self._written.writelines(self._parts)
        self._parts = []

    def _grant(self, memory: int) -> bool:
        """Take room for ``memory`` bytes, of a body that has become large for some pieces ahead."""
        each = self._room.each if self._spool is None else min(self._room.each, BATCH)
        if memory > each:
            return False
        more = memory - self._granted
        ahead = min(BATCH, each - self._granted) if memory >= LARGE else 0
        if ahead > more and self._in_memory.take(ahead):
            more = ahead
        elif not self._in_memory.take(more):
            return False
        self._granted += more
        return True

    def _give_back(self, size: int) -> None:
        """Keep a grant of no more than ``size`` bytes."""
        surplus, self._granted = self._granted - size, size
        if surplus:
            self._in_memory.give(surplus)

    async def spill(self, data: bytes) -> None:
        """Take the next piece, and all that is in memory, to the disk.

        :raises NoRoom: when there is none left, or it cannot be written to.
        """
        await self._write(data)

    async def finish(self) -> None:
        """That was the last piece.

        :raises NoRoom: as `spill` does.
        """
        if self._written is not None:
            self._written.seek(0)
            self.file = self._written
        elif self._spool is None:
            self.file = io.BytesIO(b"".join(self._parts))
        else:
            await self._write()
            self._spool.seek(0)
            self.file = SpooledBody(self._spool)
        if self._spool is None:
            self._give_back(self._memory)
        self._parts = []

    def release(self) -> None:
        """Give back what is held. May be called twice, and from any thread."""
        self._memory = 0
        self._give_back(0)
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()
        disk, self._disk = self._disk, 0
        if disk:
            self._on_disk.give(disk)

    async def _write(self, more: bytes = b"") -> None:
        parts, self._parts = [*self._parts, more], []
        size = self._memory + len(more)
        if not self._on_disk.take(size):
            raise NoRoom(
                f"the bodies of all requests together have no room left "
                f"(buffer_memory={self._room.memory.limit}, buffer_disk={self._room.disk.limit})"
            )
        self._disk += size
        try:
            if self._spool is None:
                self._spool = _open_spool()
            # A disk may be slow; not on the loop.
            await anyio.to_thread.run_sync(_write, self._spool, parts)
        except OSError as error:
            raise NoRoom(f"a request's body cannot be written to {_folder()}: {error}") from error
        self._memory = 0
        self._give_back(0)


def _open_spool() -> BinaryIO:
    """A nameless file; whoever holds it closes it."""
    return tempfile.TemporaryFile()


def _write(file: BinaryIO, parts: Iterable[bytes | bytearray]) -> None:
    file.writelines(parts)
    file.flush()  # or a full disk would show when it is read


def _folder() -> str:
    try:
        return tempfile.gettempdir()
    except OSError:  # there is none that can be written to
        return "the temporary directory"
