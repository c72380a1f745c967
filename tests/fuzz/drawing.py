"""Choices out of bytes, so that one target serves a fuzzer that knows bytes alone and Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """Takes its choices from ``data``; behind its end every choice is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def more(self) -> bool:
        return self._at < len(self._data)

    def number(self, most: int) -> int:
        """From 0 to ``most``, which is below 256."""
        if not self.more:
            return 0
        self._at += 1
        return self._data[self._at - 1] % (most + 1)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.number(len(choices) - 1)]

    def bytes(self, most: int = 40) -> bytes:
        size = self.number(most)
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def text(self, most: int = 40) -> str:
        """Of bytes, as native strings are (PEP 3333, "Unicode Issues")."""
        return self.bytes(most).decode("latin-1")
