"""BRG012: an async-only middleware under WSGI runs an event loop for every request."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode, Server


def check(subject: Subject) -> Iterator[Problem]:
    """WSGI only: Django wraps the layer in async_to_sync, and what it wraps in sync_to_async."""
    if subject.project.server is not Server.WSGI:
        return
    for checked in subject.middleware:
        if checked.facts.sync_capable.answer is Answer.NO and checked.runs(Mode.ASYNC):
            yield Problem(
                f"{checked.dotted_path} is async-only: under WSGI each request starts an event loop for it",
                subject.location_of(checked),
                "Make it sync-capable too, or serve the project over ASGI.",
                subject=checked.dotted_path,
            )


RULE = Rule("BRG012", "async-only-under-wsgi", Severity.WARNING, check)
