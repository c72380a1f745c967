"""What is a port: hosts that clients choose have texts in its place that are none."""

from __future__ import annotations

DIGITS = 5
"""Python refuses to make numbers of thousands of digits, and no port has more than these."""


def is_port(text: str) -> bool:
    """Whether ``text`` is a number that may stand for a port."""
    return len(text) <= DIGITS and text.isascii() and text.isdecimal()
