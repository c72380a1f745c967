"""A body of known length that comes in pieces: all of it, and little more memory than it has bytes."""

from __future__ import annotations

import tracemalloc

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridgekit.adapters.wsgi_to_asgi.stored_body import LARGE, Room, StoredBody

MIB = 1024 * 1024


def pieces(size: int, each: int) -> list[bytes]:
    whole = bytes(range(256)) * (size // 256 + 1)
    return [whole[start : min(start + each, size)] for start in range(0, size, each)]


@pytest.mark.parametrize("each", [1024, 65536, 256_000])
def test_it_is_never_there_twice(each: int) -> None:
    """What a request frees at its end is less than twice its body."""
    body = StoredBody(Room(MIB, None, 0), None, MIB)
    tracemalloc.start()
    try:
        for start in range(0, MIB, each):
            assert body.keep(bytes(min(each, MIB - start)))
        anyio.run(body.finish)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert MIB < peak < 1.9 * MIB
    assert body.file is not None
    assert body.file.read(MIB) == bytes(MIB)


def test_who_declares_much_and_sends_little_takes_little() -> None:
    room = Room(MIB, None, 0)
    body = StoredBody(room, None, MIB)
    for _ in range(6):
        assert body.keep(bytes(65536))
    assert room.memory.used < 0.7 * MIB
    assert body.keep(bytes(131072))
    assert room.memory.used == MIB


@given(
    size=st.integers(LARGE - 5, 3 * LARGE),
    each=st.integers(100, 2 * LARGE),
    memory=st.integers(LARGE // 2, 16 * LARGE),
)
def test_it_is_its_pieces(size: int, each: int, memory: int) -> None:
    """Also where there is no memory for all of it, or for none but the first pieces."""
    room = Room(10 * LARGE, memory, None)
    body = StoredBody(room, None, size)

    async def main() -> None:
        for piece in pieces(size, each):
            if not body.keep(piece):
                await body.spill(piece)
        await body.finish()

    anyio.run(main)
    assert body.file is not None
    assert body.file.read() == b"".join(pieces(size, each))
    assert (body.length, room.memory.used + room.disk.used) == (size, size)
    body.release()
    assert (room.memory.used, room.disk.used) == (0, 0)
