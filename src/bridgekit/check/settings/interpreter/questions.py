"""What settings ask of something that is not in their source, and what a run assumes about it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TypeAlias

from bridgekit.check.settings.interpreter.values import ModuleValue
from bridgekit.middleware_chain.facts import Location

__all__ = ["Assignment", "Decision", "StatementAt"]

StatementAt: TypeAlias = tuple[ModuleValue, ast.stmt]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a run assumes beyond the given environment.

    ``environ`` sets environment variables (``None``: to some text that is not empty), ``inputs`` other inputs by name,
    ``forced`` answers to questions by key.
    """

    environ: tuple[tuple[str, str | None], ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    forced: tuple[tuple[str, bool], ...] = ()

    @property
    def size(self) -> int:
        """How many assumptions it makes."""
        return len(self.environ) + len(self.inputs) + len(self.forced)


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """A question that the settings asked of something that is not in the source.

    ``natural`` is the answer under the defaults, ``None`` when there is none to be had; ``outcome`` the answer of this
    run. ``chain`` are the statements being run, outermost first.
    """

    key: str
    node: ast.AST | None
    location: Location
    inputs: frozenset[str]
    outcome: bool
    natural: bool | None
    reason: str
    chain: tuple[StatementAt, ...]
    quiet: bool = False
    """Known well enough: asked again only where the settings cannot be loaded otherwise."""
    answers: tuple[str, str] | None = None
    """What holds where the answer is yes and where it is no, if "... is true" would not be said so."""

    @property
    def text(self) -> str:
        """The question as the source asks it."""
        if self.node is None:
            return self.reason
        text = " ".join(ast.unparse(self.node).split())
        return text if len(text) <= 80 else f"{text[:77]}..."

    def answered(self, outcome: bool) -> tuple[str, str]:
        """What holds under an answer, and what holds under the other one."""
        yes, no = self.answers or (f"{self.text} is true", f"{self.text} is false")
        return (yes, no) if outcome else (no, yes)
