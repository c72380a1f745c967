"""What a test means and mypy would refuse, said in one word."""

from __future__ import annotations

from typing import Any


def loosely(value: object) -> Any:
    """``value`` for an argument of another type: wrong on purpose, or right under a framework's own aliases."""
    return value


def void(value: object) -> None:
    """Drop what a callback's body gives."""
