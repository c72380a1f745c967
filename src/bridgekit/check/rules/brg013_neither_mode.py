"""BRG013: neither sync_capable nor async_capable, a factory without a product or a hook that is None: Django cannot call it."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer


def check(subject: Subject) -> Iterator[Problem]:
    """BaseHandler.load_middleware raises RuntimeError for the first, ImproperlyConfigured for None, and asks for hooks by hasattr."""
    for checked in subject.middleware:
        if checked.layer.refused is Answer.YES:
            yield Problem(
                f"{checked.dotted_path} is neither sync_capable nor async_capable: Django raises RuntimeError at start-up",
                subject.location_of(checked),
                "Set at least one of sync_capable and async_capable to True on the class.",
                subject=checked.dotted_path,
            )
    for checked, definition in subject.read_middleware():
        if checked.facts.used.answer is not Answer.YES or not definition.was_read:
            continue
        from bridgekit.check.rules._unusable import unusable  # only where there is source: see of_chain

        for found in unusable(definition):
            yield Problem(
                f"{checked.dotted_path} {found.text}",
                subject.shown_at(checked, found.place),
                found.fix,
                subject=f"{checked.dotted_path} {found.text.partition(':')[0]}",
            )


RULE = Rule("BRG013", "neither-mode", Severity.ERROR, check)
