"""The ways in which control leaves a block."""

from __future__ import annotations

import ast

from bridgekit._dataclass import dataclass
from bridgekit.check.settings.interpreter.data import Value
from bridgekit.check.settings.interpreter.values import ErrorValue
from bridgekit.middleware_chain.facts import Location


@dataclass(slots=True, eq=False)
class TryBlock:
    """An active ``try`` (or ``with suppress``): what it catches, for code that may or may not raise."""

    catches: tuple[Value, ...]
    location: Location
    statement: ast.stmt
    depth: int
    """How many frames were under way where it stands."""


class Stuck(Exception):
    """The run cannot go on at all: the budget is spent, or code is nested too deeply. Nothing catches it but the run."""

    def __init__(self, reason: str, location: Location) -> None:
        super().__init__(reason)
        self.reason = reason
        self.location = location


class Raised(Exception):
    """The interpreted code raises ``error``."""

    def __init__(self, error: ErrorValue, location: Location) -> None:
        super().__init__(str(error.arguments))
        self.error = error
        self.location = location


class ReturnValue(Exception):
    """``return``."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class BreakLoop(Exception):
    """``break``."""


class ContinueLoop(Exception):
    """``continue``."""
