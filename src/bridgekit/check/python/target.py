"""The Python that the code is going to run under, as far as the environment shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class VersionInfo(NamedTuple):
    """``sys.version_info`` of the target, completed where only the first numbers are known."""

    major: int
    minor: int
    micro: int
    releaselevel: str
    serial: int

    @classmethod
    def of(cls, numbers: Sequence[int]) -> VersionInfo:
        """Of its first numbers."""
        major, minor, micro = (*numbers, 0, 0)[:3]
        return cls(major, minor, micro, "final", 0)
