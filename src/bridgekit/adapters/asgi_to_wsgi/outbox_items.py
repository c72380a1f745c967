"""What the loop's side hands to the request's thread beside pieces of body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


class Mark:
    """A thing among the pieces that is no piece."""


END = Mark()


READ = Mark()


@dataclass(frozen=True, slots=True)
class File:
    """The body is the file at ``path``."""

    path: str


@dataclass(frozen=True, slots=True)
class EarlyHints:
    """A 103 response with these ``Link`` headers (RFC 8297)."""

    links: tuple[str, ...]


Item: TypeAlias = bytes | File | EarlyHints | Mark
