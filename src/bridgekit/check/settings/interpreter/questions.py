"""What settings ask of something that is not in their source, and what a run assumes about it."""

from __future__ import annotations

import ast
from typing import TypeAlias

from bridgekit._dataclass import dataclass
from bridgekit.check.settings.interpreter.data import Opaque
from bridgekit.check.settings.interpreter.values import ModuleValue
from bridgekit.middleware_chain.facts import Location

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


class QuestionKeys:
    """The keys of the questions that a run asks of things that nothing is known of."""

    def __init__(self) -> None:
        self._about: dict[int, tuple[str, Opaque]] = {}
        """Questions by the object that they are about, which is kept so that no other gets its id."""
        self._numbers: dict[str, int] = {}
        self._asked_at: dict[Location, dict[str, None]] = {}
        self.repeated: set[str] = set()
        """Those that one place asks several times: their answers together may decide what no single one does."""

    def about(self, value: Opaque, location: Location) -> str:
        """The key of the question whether ``value`` is true: that of the value, where it names no other one.

        Else the first place that asks of this object counts, with a number: what a loop asks in each round, or two calls in
        one line, may be answered differently.
        """
        if value.is_exact:
            return value.key
        known = self._about.get(id(value))
        if known is None:
            place = f"{value.key}@{location}"
            number = self._numbers[place] = self._numbers.get(place, 0) + 1
            known = self._about[id(value)] = (f"{place}#{number}", value)
        return self._remember(known[0], location)

    def _remember(self, key: str, location: Location) -> str:
        """Remember which questions one place asks."""
        here = self._asked_at.setdefault(location, {})
        here[key] = None
        if len(here) > 1:
            self.repeated.update(here)
        return key
