"""BRG015: written for MIDDLEWARE_CLASSES (Django before 1.10): it takes no get_response."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import DefinitionKind
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer


def check(subject: Subject) -> Iterator[Problem]:
    """Classes of which it is certain that Django cannot build a middleware of them."""
    for checked, definition in subject.read_middleware():
        if definition.kind is not DefinitionKind.CLASS:
            continue
        if definition.is_middleware.answer is Answer.NO:
            yield Problem(
                f"{checked.dotted_path} is not a middleware that Django can use: {definition.is_middleware.reason}",
                subject.location_of(checked),
                "Take get_response in __init__ and define __call__, or inherit from django.utils.deprecation.MiddlewareMixin.",
                subject=checked.dotted_path,
            )


RULE = Rule("BRG015", "old-style", Severity.ERROR, check)
