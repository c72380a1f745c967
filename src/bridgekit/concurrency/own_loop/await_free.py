"""Coroutines that cannot wait for anything, told by their code."""

from __future__ import annotations

import dis
from types import CodeType, CoroutineType
from typing import Any

_SUSPENDS = dis.opmap["YIELD_VALUE"]
"""In a coroutine function every ``await``, ``async for`` and ``async with`` has one of these, and nothing else has."""

_MOST = 4096
_known: dict[int, tuple[CodeType, bool]] = {}
"""By identity: code is hashed instruction by instruction."""


def cannot_wait(awaitable: Any) -> bool:
    """Whether ``awaitable`` is a coroutine whose function awaits nothing: it ends with its first step, whatever it does."""
    if type(awaitable) is not CoroutineType:
        return False
    code = awaitable.cr_code
    known = _known.get(id(code))
    if known is None:
        if len(_known) >= _MOST:  # functions that are made anew all the time
            _known.clear()
        known = _known[id(code)] = code, _SUSPENDS not in code.co_code[::2]
    return known[1]
