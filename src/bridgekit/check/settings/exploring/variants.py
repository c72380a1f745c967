"""Finds the variants of MIDDLEWARE: which inputs change it, tried one by one and then together, within bounds.

An assignment of inputs is changed where a run decided something by an input's default; whether that makes a
difference is seen by running again, not guessed. The bounds are on runs, so that one source gives one answer
everywhere.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import field, replace

from bridgekit._dataclass import dataclass
from bridgekit.check.settings.exploring.decisions import (
    Mark,
    condition_of,
    environ_condition,
    input_text,
    is_asked,
    mark_of,
    merged,
    remoteness,
    went_the_other_way,
    with_pair,
)
from bridgekit.check.settings.exploring.run import Outcome
from bridgekit.check.settings.interpreter.questions import Assignment, Decision
from bridgekit.check.settings.result import Condition
from bridgekit.check.settings.slicing.slices import Slice

MAX_RUNS = 200
"""Runs in all. Runs beyond the first skip what cannot matter and mostly take a millisecond or two."""

MAX_STEPS = 80_000
"""Steps of all further runs together, so that large settings stay below half a second."""

MAX_VARIANTS = 24
"""Distinct stacks that are reported; the largest number in the projects measured is below twenty."""

_MAX_TEXTS = 6
"""Texts tried as the value of one variable: those it is compared with, then the usual words for true and false."""

_MAX_DEATHS = 2
"""Texts that the settings refuse by an exception before a question is left alone."""

_TRUE_WORDS = ("true", "1", "yes", "on", "t", "y")
_FALSE_WORDS = ("false", "0", "no", "off", "f", "n")
_SWITCH = frozenset((*_TRUE_WORDS, *_FALSE_WORDS))


@dataclass(slots=True, eq=False)
class Explored:
    """One assignment with what came of it."""

    assignment: Assignment
    outcome: Outcome
    conditions: tuple[Condition, ...] = ()
    questions: tuple[tuple[Decision, object], ...] = ()
    """Questions without a natural answer that were answered the other way on the way here, and the stack before."""


@dataclass(slots=True, eq=False)
class Explorer:
    """Breadth-first over assignments, fewest assumptions first."""

    run: Callable[[Assignment], Outcome]
    slice: Slice
    reached: Callable[[], str] = str
    """Which bound of the whole run of the checker is reached, if one is."""
    runs: int = 0
    steps: int = 0
    cut: str = ""
    undecided: dict[str, Decision] = field(default_factory=dict)
    """Questions without a natural answer that make a difference: what blocks the default variant."""
    _seen: dict[Assignment, Outcome] = field(default_factory=dict)
    _worked: dict[Mark, str] = field(default_factory=dict)
    _useless: set[Mark] = field(default_factory=set)
    _accepted: dict[str, dict[str | None, None]] = field(default_factory=dict)
    _offered: dict[str, set[str | None]] = field(default_factory=dict)
    _examined: set[str] = field(default_factory=set)

    def explore(self, first: Outcome) -> list[Explored]:
        """The default outcome first, then every other stack that was found."""
        base = Explored(Assignment(), first)
        if first.is_dead:
            base = self._revive(base)
        found = [base]
        waiting: deque[tuple[Explored, frozenset[Mark] | None]] = deque([(base, None)])
        later: deque[tuple[Explored, frozenset[Mark] | None]] = deque()
        signatures = {base.outcome.signature}
        while (waiting or later) and len(found) <= MAX_VARIANTS:
            # Of every stack what is urgent, before the rest of any: the budget may end before all is tried.
            urgent = bool(waiting)
            current, only = waiting.popleft() if urgent else later.popleft()
            if urgent:
                later.append((current, only))
            for flipped, decision in self._flips(current, only, urgent=urgent):
                if flipped.outcome.is_dead:
                    continue
                changed = flipped.outcome.signature != current.outcome.signature
                flipped.questions = current.questions
                if decision.natural is None:
                    flipped.questions += ((decision, current.outcome.signature),)
                for question, before in flipped.questions:
                    if flipped.outcome.signature != before:
                        self.undecided.setdefault(question.key, question)
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
        for decision in self._unexamined(base):
            self.undecided.setdefault(decision.key, decision)
        return [base, *(one for one in found[1 : MAX_VARIANTS + 1] if not any(self._unexamined(one)))]

    def _unexamined(self, one: Explored) -> Iterator[Decision]:
        """Questions without a natural answer that nobody has tried the other way: they may make a difference."""
        for decision in one.outcome.interpreter.decisions:
            known = (
                decision.natural is not None
                or (
                    decision.key in self._examined
                    and decision.key not in one.outcome.interpreter.question_keys.repeated
                )
                or decision.key in self.undecided
            )
            if not known and self._is_open(one, decision):
                yield decision

    # -- dead ends ---------------------------------------------------------------------------------------------------

    def _revive(self, dead: Explored, latest: int = 12, tries: int = 24) -> Explored:
        """Settings that raise under the defaults want some input: change the latest decisions until they do not.

        Greedy: whatever gets the run further is kept. A package that is not there stays so, and the command line is a
        server's, unless nothing else helps.
        """
        current = dead
        for _ in range(tries):
            recent = current.outcome.interpreter.decisions[-latest:][::-1]
            recent.sort(key=remoteness)
            further = None
            for decision in recent:
                if self._is_assumed(current.assignment, decision):
                    continue
                flipped = self._flip(current, decision)
                if flipped is not None and not flipped.outcome.is_dead:
                    return flipped
                if flipped is not None and further is None and _gets_further(flipped, current):
                    further = flipped
                    if tries > 4:
                        break
            if further is None:
                break
            current = further
        return dead

    # -- flips -------------------------------------------------------------------------------------------------------

    def _flips(
        self, current: Explored, only: frozenset[Mark] | None, *, urgent: bool
    ) -> Iterator[tuple[Explored, Decision]]:
        tried: set[Mark] = set()
        for decision in sorted(current.outcome.interpreter.decisions, key=self._urgency):
            mark = mark_of(decision)
            if self._is_urgent(decision) is not urgent:
                continue
            if mark in tried or mark in self._useless or (only is not None and mark not in only):
                continue
            tried.add(mark)
            if not self._is_open(current, decision):
                continue
            flipped = self._flip(current, decision)
            if flipped is not None:
                self._examined.add(decision.key)
            if flipped is not None and flipped.outcome.is_dead and decision.natural is not None:
                # Production settings want their secrets: assume what they ask for, if that is little.
                flipped = self._revive(flipped, latest=3, tries=4)
            if flipped is None or flipped.outcome.is_dead:
                self._useless.add(mark)
                continue
            same = flipped.outcome.signature == current.outcome.signature
            if same and not self._opened(flipped, current):
                self._useless.add(mark)
            yield flipped, decision

    def _urgency(self, decision: Decision) -> tuple[bool, int]:
        """What has no natural answer comes first: the default variant stands or falls with it. Then what is next to the list."""
        distances = [self.slice.distance(statement) for _, statement in decision.chain]
        return decision.natural is not None, min(distances, default=0)

    def _is_urgent(self, decision: Decision) -> bool:
        has_answer, distance = self._urgency(decision)
        return not has_answer or distance == 0

    def _is_open(self, current: Explored, decision: Decision) -> bool:
        return not (decision.quiet or self._is_settled(current, decision)) and self._matters(decision)

    def _matters(self, decision: Decision) -> bool:
        """Every statement that was being run must be able to change MIDDLEWARE, the innermost one too."""
        return all(self.slice.matters(statement) for _, statement in decision.chain)

    @staticmethod
    def _is_assumed(assignment: Assignment, decision: Decision) -> bool:
        """Every input of the question has an assumed value already."""
        assumed = {f"env:{name}" for name, _ in assignment.environ} | {name for name, _ in assignment.inputs}
        return decision.key in dict(assignment.forced) or (
            bool(decision.inputs) and decision.inputs <= assumed
        )

    def _is_settled(self, current: Explored, decision: Decision) -> bool:
        """Inputs that are assumed keep their value, unless the variable is compared with a text not tried yet."""
        assignment = current.assignment
        if decision.key in dict(assignment.forced):
            return True
        assumed = {f"env:{name}": text for name, text in assignment.environ} | dict(assignment.inputs)
        if not decision.inputs or not decision.inputs <= assumed.keys():
            return False
        variables = [name for name in decision.inputs if name.startswith("env:")]
        return not any(self._others(current, name, assumed[name]) for name in variables)

    def _flip(self, current: Explored, decision: Decision) -> Explored | None:
        """The nearest assignment under which the decision comes out the other way; what did it once is tried first."""
        mark = mark_of(decision)
        proposals = list(self._proposals(current, decision))
        worked = self._worked.get(mark)
        proposals.sort(key=lambda proposal: proposal[1][0].text != worked)
        dead: Explored | None = None
        evaded: tuple[Explored, Condition] | None = None
        deaths = 0
        for assignment, conditions in proposals:
            if (dead or evaded) and assignment.forced != current.assignment.forced:
                break  # An input does it: answering the one question against its input would be another project.
            outcome = self._outcome(assignment, bonus=4 if decision.natural is None else 1)
            if outcome is None:
                return dead
            if not went_the_other_way(outcome, decision, current.outcome):
                continue
            flipped = Explored(assignment, outcome, merged(current.conditions, conditions))
            if not outcome.is_dead:
                if not is_asked(outcome, decision) and not conditions[0].environ:
                    # ``elif "b" in sys.argv`` is not asked under "a": another word may answer it.
                    evaded = evaded or (flipped, conditions[0])
                    continue
                return self._taken(mark, flipped, conditions[0])
            deaths += 1
            dead = dead or flipped
            if deaths == _MAX_DEATHS:
                break
        return self._taken(mark, *evaded) if evaded is not None else dead

    def _taken(self, mark: Mark, flipped: Explored, condition: Condition) -> Explored:
        """Remember what turned the question."""
        self._worked[mark] = condition.text
        self._accept(condition)
        return flipped

    def _others(self, current: Explored, name: str, text: str | None) -> list[str | None]:
        """Texts that a variable is compared with, in place of the one that is assumed; each is offered once.

        All of them where it is only assumed to be set to some text, else those that nobody has tried yet.
        """
        compared = current.outcome.interpreter.candidates.get(name, ())
        offered = self._offered.get(name, set())
        return [one for one in compared if one != text and (text is None or one not in offered)]

    def _accept(self, condition: Condition) -> None:
        """A text that the settings took as a variable's value answers the next question about it too."""
        if condition.environ is not None:
            name, text = condition.environ
            self._accepted.setdefault(f"env:{name}", {})[text] = None

    def _outcome(self, assignment: Assignment, bonus: int) -> Outcome | None:
        known = self._seen.get(assignment)
        if known is None:
            if self.reached():
                self.cut = self.reached()
                return None
            if self.runs >= MAX_RUNS * bonus or self.steps >= MAX_STEPS * bonus:
                self.cut = f"of the combinations of inputs only {self.runs} were tried"
                return None
            self.runs += 1
            known = self._seen[assignment] = self.run(assignment)
            self.steps += known.interpreter.spent
        return known

    def _proposals(
        self, current: Explored, decision: Decision
    ) -> Iterator[tuple[Assignment, tuple[Condition, ...]]]:
        assignment = current.assignment
        assumed = dict(assignment.environ)
        for name in sorted(decision.inputs):
            if name.startswith("env:"):
                variable = name.removeprefix("env:")
                if variable not in assumed:
                    texts = self._texts(current, name, truth=not decision.outcome)
                else:
                    texts = self._others(current, name, assumed[variable])
                    self._offered.setdefault(name, set()).update(texts)
                for text in texts:
                    changed = replace(assignment, environ=with_pair(assignment.environ, variable, text))
                    yield changed, (environ_condition(variable, text, decision),)
            else:
                for text in [*current.outcome.interpreter.candidates.get(name, ()), ""]:
                    changed = replace(assignment, inputs=with_pair(assignment.inputs, name, text))
                    yield changed, (Condition(input_text(name, text, decision), decision.location),)
        forced = replace(assignment, forced=with_pair(assignment.forced, decision.key, not decision.outcome))
        yield forced, (condition_of(decision, not decision.outcome),)

    def _texts(self, current: Explored, name: str, *, truth: bool) -> list[str | None]:
        """Values to try for a variable: a switch gets the words of a switch first, anything else first some text."""
        compared: list[str | None] = list(current.outcome.interpreter.candidates.get(name, ()))
        words = _TRUE_WORDS if truth else _FALSE_WORDS
        if any(text is not None and text.lower() in _SWITCH for text in compared):
            liked = [text for text in compared if text is not None and text.lower() in words]
            order = [*liked, *words, *compared, None]
        else:
            order = [*compared, None, *words] if truth else [None, *compared, *words]
        texts = list(dict.fromkeys([*self._accepted.get(name, ()), *order]))[:_MAX_TEXTS]
        self._offered.setdefault(name, set()).update(texts)
        return texts

    def _opened(self, flipped: Explored, current: Explored) -> frozenset[Mark]:
        """Questions that matter and that only the flipped run asks."""
        asked = {mark_of(decision)[::2] for decision in current.outcome.interpreter.decisions}
        return frozenset(
            mark_of(decision)
            for decision in flipped.outcome.interpreter.decisions
            if mark_of(decision)[::2] not in asked and self._matters(decision)
        )


def _gets_further(flipped: Explored, current: Explored) -> bool:
    """More was asked before the settings raised: they came past the place where they raised before."""
    return len(flipped.outcome.interpreter.decisions) > len(current.outcome.interpreter.decisions)
