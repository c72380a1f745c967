"""BRG022: bridgekit's TimingMiddleware below other middleware, whose time it then does not see."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules.rule import Rule

_PATH = "bridgekit.django.middleware.TimingMiddleware"


def check(subject: Subject) -> Iterator[Problem]:
    """Under both servers: what stands before it is not measured, and answers that it gives by itself are not recorded."""
    for checked in subject.middleware:
        before = [other for other in subject.middleware[: checked.position] if not other.certainly_not_used]
        if checked.dotted_path == _PATH and before:
            yield Problem(
                f"TimingMiddleware stands at position {checked.position + 1}: the time of {before[0].dotted_path}"
                + (f" and {len(before) - 1} more" if len(before) > 1 else "")
                + " is not measured, and requests that they answer themselves are not recorded",
                checked.listed_at,
                "Make it the first line of MIDDLEWARE.",
                subject=checked.dotted_path,
            )


RULE = Rule("BRG022", "timing-position", Severity.WARNING, check)
