"""What settings beside MIDDLEWARE would be if questions that the source leaves open were answered the other way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bridgekit.check.settings.exploring.run import Outcome, Task, run_settings
from bridgekit.check.settings.interpreter.data import Namespace
from bridgekit.check.settings.interpreter.plain import to_plain
from bridgekit.check.settings.interpreter.questions import Assignment, Decision
from bridgekit.check.settings.result import Known, OneOf, Unknown
from bridgekit.middleware_chain.facts import Location

_MAX_QUESTIONS = 6
"""Each takes a run of its own; settings with more are rare, and what is left is unknown."""

_MAX_STEPS = 200_000
"""Steps of all these runs for one variant, as for the variants themselves."""

Settings = Mapping[str, Known | Unknown]


def open_questions(outcome: Outcome, assignment: Assignment) -> list[Decision]:
    """Questions without a natural answer that nothing assumes an answer to, each once."""
    forced = {key for key, _ in assignment.forced}
    found = {
        decision.key: decision
        for decision in outcome.interpreter.decisions
        if decision.natural is None and decision.key not in forced
    }
    return list(found.values())


def with_alternatives(
    task: Task, assignment: Assignment, settings: Settings, questions: list[Decision], text: Mapping[str, str]
) -> dict[str, Known | Unknown]:
    """``settings`` of a run, what the open questions decide about them marked; ``text`` words each question by its key.

    A run stops at ``no`` for a question without an answer: reported as it stands, a branch would be stated as fact.
    """
    merged = dict(settings)
    left = _MAX_STEPS
    for number, question in enumerate(questions):
        if number >= _MAX_QUESTIONS or left <= 0:
            return dict.fromkeys(merged, Unknown(text[question.key], question.location))
        forced = replace(assignment, forced=(*assignment.forced, (question.key, not question.outcome)))
        other = run_settings(task, forced)
        left -= other.interpreter.spent
        why = Unknown(text[question.key], question.location)
        if other.is_dead:
            continue  # settings that raise are no project: this answer is not given
        if other.failure:
            return dict.fromkeys(merged, why)  # what the other answer makes of them is not known
        theirs, _ = settings_of(other)
        for name in merged:
            merged[name] = _either(merged[name], theirs.get(name), why)
        merged |= {name: why for name in theirs if name not in merged}
    return merged


def _either(one: Known | Unknown, other: Known | Unknown | None, why: Unknown) -> Known | Unknown:
    if not isinstance(one, Known):
        return one
    if not isinstance(other, Known):
        return why
    value = _merged(one.value, other.value, why)
    if isinstance(value, Unknown):
        return value
    return replace(one, value=value, places={**other.places, **one.places})


def _merged(one: object, other: object, why: Unknown) -> object:
    """The value where both agree; a dictionary is taken key by key."""
    if isinstance(one, Unknown):
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return {
            key: _merged(one[key], other[key], why) if key in one and key in other else why
            for key in {**one, **other}
        }
    if type(one) is type(other) and one == other:
        return one
    return OneOf(why.reason, why.location, (one, other))


def settings_of(outcome: Outcome) -> tuple[Mapping[str, Known | Unknown], Unknown | None]:
    """Every upper-case name as plain data, and what names that are not listed are."""
    namespace: Namespace = outcome.namespace
    settings: dict[str, Known | Unknown] = {}
    if outcome.failure:
        location = outcome.location or Location("", 1)
        return settings, Unknown(outcome.failure, location)
    for name, value in namespace.items():
        if isinstance(name, str) and name.isupper():
            settings[name] = to_plain(outcome.interpreter, value, namespace.bound.get(name))
    unseen = namespace.unseen
    return settings, Unknown(unseen.reason, unseen.location) if unseen is not None else None
