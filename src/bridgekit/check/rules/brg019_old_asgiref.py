"""BRG019: an asgiref with which async views hang behind a sync layer, or requests share what is theirs alone."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Server

_WAITS_SINCE = (3, 8)
_SEPARATES_SINCE = (3, 9, 1)
_UPGRADE = "Upgrade: pip install 'asgiref>=3.9.1'."


def check(subject: Subject) -> Iterator[Problem]:
    """Under ASGI. Before 3.8 a sync layer is what hangs (asgiref issue 348); before 3.9 it takes none (asgiref issue 475)."""
    version = subject.project.versions.get("asgiref")
    if subject.project.server is not Server.ASGI or version is None or not subject.variant.middleware:
        return
    number = ".".join(map(str, version))
    if version < _WAITS_SINCE and subject.chain.holds_thread is Answer.YES:
        message = (
            f"asgiref {number} with a sync layer in the stack: an async view that waits for a task which calls "
            "sync_to_async can time out or hang"
        )
    elif _WAITS_SINCE <= version < _SEPARATES_SINCE:
        message = (
            f"asgiref {number} mixes up requests: a language, time zone or other asgiref Local that is set before the first "
            "request, as in an app's ready(), is one for all of them"
        )
    else:
        return
    yield Problem(message, subject.variant.middleware[0].location, _UPGRADE, subject="asgiref")


RULE = Rule("BRG019", "old-asgiref", Severity.ERROR, check)
