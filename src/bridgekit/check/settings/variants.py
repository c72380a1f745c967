"""Finds the variants of MIDDLEWARE: which inputs change it, tried one by one and then together, within bounds.

An assignment of inputs is changed where a run decided something by an input's default; whether that makes a
difference is seen by running again, not guessed. The bounds are on runs, so that one source gives one answer
everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from bridgekit.check.settings.effects import Slice
from bridgekit.check.settings.machine import Assignment, Decision
from bridgekit.check.settings.result import Condition
from bridgekit.check.settings.run import Outcome

_T = TypeVar("_T")
_Mark: TypeAlias = tuple[str, bool, frozenset[str]]

__all__ = ["MAX_RUNS", "MAX_VARIANTS", "Explored", "Explorer"]

MAX_RUNS = 200
"""Runs in all. Runs beyond the first skip what cannot matter and mostly take a millisecond or two."""

MAX_STEPS = 80_000
"""Steps of all further runs together, so that large settings stay below half a second."""

MAX_VARIANTS = 24
"""Distinct stacks that are reported; the largest number in the projects measured is below twenty."""

_MAX_TEXTS = 6
"""Texts tried as the value of one variable: those it is compared with, then the usual words for true and false."""

_TRUE_WORDS = ("true", "1", "yes", "on", "t", "y")
_FALSE_WORDS = ("false", "0", "no", "off", "f", "n")
_SWITCH = frozenset((*_TRUE_WORDS, *_FALSE_WORDS))


@dataclass(slots=True, eq=False)
class Explored:
    """One assignment with what came of it."""

    assignment: Assignment
    outcome: Outcome
    conditions: tuple[Condition, ...] = ()


@dataclass(slots=True, eq=False)
class Explorer:
    """Breadth-first over assignments, fewest assumptions first."""

    run: Callable[[Assignment], Outcome]
    slice: Slice
    runs: int = 0
    steps: int = 0
    cut: str = ""
    undecided: dict[str, Decision] = field(default_factory=dict)
    """Questions without a natural answer that make a difference: what blocks the default variant."""
    _seen: dict[Assignment, Outcome] = field(default_factory=dict)
    _worked: dict[_Mark, str] = field(default_factory=dict)
    _useless: set[_Mark] = field(default_factory=set)

    def explore(self, first: Outcome) -> list[Explored]:
        """The default outcome first, then every other stack that was found."""
        base = Explored(Assignment(), first)
        if first.is_dead:
            base = self._revive(base)
        found = [base]
        waiting: deque[tuple[Explored, frozenset[_Mark] | None]] = deque([(base, None)])
        signatures = {base.outcome.signature}
        while waiting and len(found) <= MAX_VARIANTS:
            current, only = waiting.popleft()
            for flipped, decision in self._flips(current, only):
                if flipped.outcome.is_dead:
                    continue
                changed = flipped.outcome.signature != current.outcome.signature
                if changed and decision.natural is None:
                    self.undecided.setdefault(decision.key, decision)
                if flipped.outcome.signature not in signatures:
                    signatures.add(flipped.outcome.signature)
                    found.append(flipped)
                opened = self._opened(flipped, current)
                if changed:
                    waiting.append((flipped, None))
                elif opened:
                    # The same stack so far: only what is asked beyond it can make a difference.
                    waiting.append((flipped, opened))
        if len(found) > MAX_VARIANTS:
            self.cut = f"more than {MAX_VARIANTS} variants: the rest is not listed"
        return found[: MAX_VARIANTS + 1]

    # -- dead ends ---------------------------------------------------------------------------------------------------

    def _revive(self, dead: Explored) -> Explored:
        """Settings that raise under the defaults want some input: change the latest decisions until they do not."""
        waiting = deque([dead])
        for _ in range(24):
            if not waiting:
                break
            current = waiting.popleft()
            for decision in reversed(current.outcome.machine.decisions[-12:]):
                flipped = self._flip(current, decision)
                if flipped is None:
                    continue
                if not flipped.outcome.is_dead:
                    return flipped
                if flipped.outcome.location != current.outcome.location:
                    waiting.append(flipped)
        return dead

    # -- flips -------------------------------------------------------------------------------------------------------

    def _flips(self, current: Explored, only: frozenset[_Mark] | None) -> Iterator[tuple[Explored, Decision]]:
        tried: set[_Mark] = set()
        for decision in current.outcome.machine.decisions:
            mark = _mark(decision)
            if mark in tried or mark in self._useless or (only is not None and mark not in only):
                continue
            tried.add(mark)
            if not self._matters(decision) or self._is_settled(current.assignment, decision):
                continue
            flipped = self._flip(current, decision)
            if flipped is None or flipped.outcome.is_dead:
                self._useless.add(mark)
                continue
            same = flipped.outcome.signature == current.outcome.signature
            if same and not self._opened(flipped, current):
                self._useless.add(mark)
            yield flipped, decision

    def _matters(self, decision: Decision) -> bool:
        """Every statement that was being run must be able to change MIDDLEWARE, the innermost one too."""
        return all(self.slice.matters(statement) for _, statement in decision.chain)

    @staticmethod
    def _is_settled(assignment: Assignment, decision: Decision) -> bool:
        """Inputs that are assumed already keep their value: one assumption about each."""
        assumed = {f"env:{name}" for name, _ in assignment.environ} | {name for name, _ in assignment.inputs}
        if decision.key in dict(assignment.forced):
            return True
        return bool(decision.inputs) and decision.inputs <= assumed

    def _flip(self, current: Explored, decision: Decision) -> Explored | None:
        """The nearest assignment under which the decision comes out the other way; what did it once is tried first."""
        mark = _mark(decision)
        proposals = list(self._proposals(current, decision))
        worked = self._worked.get(mark)
        proposals.sort(key=lambda proposal: proposal[1][0].text != worked)
        for assignment, conditions in proposals:
            outcome = self._outcome(assignment)
            if outcome is None:
                return None
            if _went_the_other_way(outcome, decision):
                self._worked[mark] = conditions[0].text
                return Explored(assignment, outcome, (*current.conditions, *conditions))
        return None

    def _outcome(self, assignment: Assignment) -> Outcome | None:
        known = self._seen.get(assignment)
        if known is None:
            if self.runs >= MAX_RUNS or self.steps >= MAX_STEPS:
                self.cut = f"only {self.runs} combinations of inputs were tried; there are more"
                return None
            self.runs += 1
            known = self._seen[assignment] = self.run(assignment)
            self.steps += known.machine.spent
        return known

    def _proposals(
        self, current: Explored, decision: Decision
    ) -> Iterator[tuple[Assignment, tuple[Condition, ...]]]:
        assignment = current.assignment
        assumed = {name for name, _ in assignment.environ}
        for name in sorted(decision.inputs):
            if name.startswith("env:"):
                variable = name.removeprefix("env:")
                if variable in assumed:
                    continue
                for text in self._texts(current, name, wanted=not decision.outcome):
                    changed = replace(assignment, environ=_with(assignment.environ, variable, text))
                    yield changed, (_environ_condition(variable, text, decision),)
            else:
                for text in [*current.outcome.machine.candidates.get(name, ()), ""]:
                    changed = replace(assignment, inputs=_with(assignment.inputs, name, text))
                    yield changed, (Condition(_input_text(name, text, decision), decision.location),)
        forced = replace(assignment, forced=_with(assignment.forced, decision.key, not decision.outcome))
        yield forced, (Condition(_forced_text(decision, not decision.outcome), decision.location),)

    def _texts(self, current: Explored, name: str, *, wanted: bool) -> list[str | None]:
        """Values to try for a variable: a switch gets the words of a switch first, anything else first some text."""
        compared: list[str | None] = list(current.outcome.machine.candidates.get(name, ()))
        words = _TRUE_WORDS if wanted else _FALSE_WORDS
        if any(text is not None and text.lower() in _SWITCH for text in compared):
            liked = [text for text in compared if text is not None and text.lower() in words]
            order = [*liked, *words, *compared, None]
        else:
            order = [*compared, None, *words] if wanted else [None, *compared, *words]
        return list(dict.fromkeys(order))[:_MAX_TEXTS]

    def _opened(self, flipped: Explored, current: Explored) -> frozenset[_Mark]:
        """Questions that matter and that only the flipped run asks."""
        asked = {_mark(decision)[::2] for decision in current.outcome.machine.decisions}
        return frozenset(
            _mark(decision)
            for decision in flipped.outcome.machine.decisions
            if _mark(decision)[::2] not in asked and self._matters(decision)
        )


def _mark(decision: Decision) -> _Mark:
    return (decision.key, decision.outcome, decision.inputs)


def _with(pairs: tuple[tuple[str, _T], ...], name: str, value: _T) -> tuple[tuple[str, _T], ...]:
    """One more pair, in an order that does not depend on how it was come by."""
    return tuple(sorted((*pairs, (name, value)), key=lambda pair: pair[0]))


def _went_the_other_way(outcome: Outcome, decision: Decision) -> bool:
    for other in outcome.machine.decisions:
        if other.location == decision.location and (
            other.key == decision.key or other.inputs & decision.inputs
        ):
            return other.outcome != decision.outcome
    # Answered without asking: the input is given now, and the question does not arise any more.
    return not outcome.failure


def _environ_condition(variable: str, text: str | None, decision: Decision) -> Condition:
    shown = f"{variable} set" if text is None else f"{variable}={text}"
    return Condition(shown, decision.location, (variable, text))


def _input_text(name: str, text: str, decision: Decision) -> str:
    if text:
        return f"{name} has {text!r}" if name == "sys.argv" else f"{name} is {text!r}"
    return name if " " in name and not decision.outcome else f"{name} not as by default"


def _forced_text(decision: Decision, outcome: bool) -> str:
    if decision.node is None and decision.reason:
        return decision.reason if outcome else f"not: {decision.reason}"
    return f"{decision.text} is {'true' if outcome else 'false'}"
