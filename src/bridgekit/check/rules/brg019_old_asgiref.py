"""BRG019: asgiref before 3.8 with a sync layer: async views that wait on tasks can hang."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.rule import Rule
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Server

_FIXED_IN = (3, 8)


def check(subject: Subject) -> Iterator[Problem]:
    """Under ASGI, where a sync layer waits in a thread (asgiref issue 348)."""
    version = subject.project.versions.get("asgiref")
    if subject.project.server is not Server.ASGI or version is None or version >= _FIXED_IN:
        return
    if subject.chain.holds_thread is Answer.YES and subject.variant.middleware:
        number = ".".join(map(str, version))
        yield Problem(
            f"asgiref {number} with a sync layer in the stack: an async view that waits for a task which calls "
            "sync_to_async can time out or hang",
            subject.variant.middleware[0].location,
            "Upgrade: pip install 'asgiref>=3.8.1'.",
            subject="asgiref",
        )


RULE = Rule("BRG019", "old-asgiref", Severity.ERROR, check)
