"""Where names live while settings code runs, and the ways in which control leaves a block."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from bridgekit.check.settings.interpreter.values import ClassValue, DictValue, ErrorValue, ModuleValue, Value
from bridgekit.middleware_chain.facts import Location

__all__ = ["BreakLoop", "ContinueLoop", "Frame", "Raised", "ReturnValue", "Stuck", "TryBlock"]


@dataclass(slots=True, eq=False)
class TryBlock:
    """An active ``try`` (or ``with suppress``): what it catches, for code that may or may not raise."""

    catches: tuple[Value, ...]
    location: Location
    statement: ast.stmt
    depth: int
    """How many frames were under way where it stands."""


@dataclass(slots=True, eq=False)
class Frame:
    """One activation: of a module (``names`` is its namespace), a class body, a function or a comprehension."""

    module: ModuleValue
    names: DictValue
    path: str
    parent: Frame | None = None
    """The lexically enclosing frame, for closures; class bodies are skipped by what they contain."""
    kind: str = "module"
    local_names: frozenset[str] = frozenset()
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    statement: ast.stmt | None = None
    call_node: ast.Call | None = None
    owner: ClassValue | None = None
    receiver: Value = None


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
