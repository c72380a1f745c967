"""Text that shows what it is: names and reasons come from other people's files."""

from __future__ import annotations


def plain(text: str) -> str:
    """``text`` with escapes in the place of what moves the cursor, colours the terminal or turns the direction of reading."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
