"""What code in a thread gives in place of a response where something must be awaited first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


class Pending:
    """Await ``run(request)`` on the loop for the response, then go on.

    :param converted: exceptions are made responses within; what comes out is what was raised while that was tried.
    """

    __slots__ = ("converted", "run")

    def __init__(self, run: Callable[[Any], Awaitable[Any]], *, converted: bool) -> None:
        self.run = run
        self.converted = converted
