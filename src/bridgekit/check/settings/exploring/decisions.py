"""Decisions of a run: what distinguishes them, whether another run took the other way, and what they are as conditions."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from bridgekit.check.settings.exploring.run import Outcome
from bridgekit.check.settings.interpreter.questions import Decision
from bridgekit.check.settings.result import Condition

_T = TypeVar("_T")
Mark: TypeAlias = tuple[str, bool, frozenset[str]]


def remoteness(decision: Decision) -> int:
    """What is assumed last to make settings run: an environment variable is set sooner than a package is installed."""
    if "sys.argv" in decision.inputs:
        return 2
    return int(any(name.startswith("import ") for name in decision.inputs))


def mark_of(decision: Decision) -> Mark:
    return (decision.key, decision.outcome, decision.inputs)


def with_pair(pairs: tuple[tuple[str, _T], ...], name: str, value: _T) -> tuple[tuple[str, _T], ...]:
    """One more pair (or another value), in an order that does not depend on how it was come by."""
    others = [pair for pair in pairs if pair[0] != name]
    return tuple(sorted((*others, (name, value)), key=lambda pair: pair[0]))


def merged(old: tuple[Condition, ...], new: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """Conditions, with the newer one where both are about one variable."""
    variables = {condition.environ[0] for condition in new if condition.environ is not None}
    kept = [one for one in old if one.environ is None or one.environ[0] not in variables]
    return (*kept, *new)


def is_asked(outcome: Outcome, decision: Decision) -> bool:
    return any(
        other.location == decision.location and (other.key == decision.key or other.inputs & decision.inputs)
        for other in outcome.interpreter.decisions
    )


def went_the_other_way(outcome: Outcome, decision: Decision, before: Outcome) -> bool:
    for other in outcome.interpreter.decisions:
        if other.location == decision.location and (
            other.key == decision.key or other.inputs & decision.inputs
        ):
            return other.outcome != decision.outcome
    if not outcome.is_dead:
        # Answered without asking: the input is given now, and the question does not arise any more.
        return not outcome.failure
    # The settings raised before they asked. If the input changed another answer, it was taken, and more is wanted.
    answers = {one.key: one.outcome for one in before.interpreter.decisions if one.inputs & decision.inputs}
    return any(answers.get(one.key, one.outcome) != one.outcome for one in outcome.interpreter.decisions)


def environ_condition(variable: str, text: str | None, decision: Decision) -> Condition:
    shown = f"{variable} set" if text is None else f"{variable}={text}"
    return Condition(shown, decision.location, (variable, text))


def input_text(name: str, text: str, decision: Decision) -> str:
    if text:
        return f"{name} has {text!r}" if name == "sys.argv" else f"{name} is {text!r}"
    return name if " " in name and not decision.outcome else f"{name} not as by default"


def condition_of(decision: Decision, outcome: bool) -> Condition:
    """An answer to a question as the condition of a variant."""
    text, opposite = decision.answered(outcome)
    return Condition(text, decision.location, opposite=opposite)
