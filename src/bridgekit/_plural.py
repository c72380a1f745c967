"""Numbers of things in sentences."""

from __future__ import annotations


def plural(number: object, noun: str) -> str:
    """``1 hop``, ``2 hops``, ``1 to 3 hops``: a number, or what stands for one, and what it counts."""
    text = str(number)
    return f"{text} {noun}" if text == "1" else f"{text} {noun}s"
