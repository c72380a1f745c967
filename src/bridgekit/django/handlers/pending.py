"""What code in a thread gives in place of a response where something must be awaited first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


class Pending:
    """Await ``run(request)`` on the loop for the response, then go on."""

    __slots__ = ("run",)

    def __init__(self, run: Callable[[Any], Awaitable[Any]]) -> None:
        self.run = run
