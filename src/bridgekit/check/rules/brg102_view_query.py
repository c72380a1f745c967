"""BRG102: a synchronous query, or a read of the lazy user or session, in an async view."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._blocking_events import Kind
from bridgekit.check.rules._view_blocking import blocked_in_views
from bridgekit.check.rules._walks import way
from bridgekit.check.rules.rule import Rule


def check(subject: Subject) -> Iterator[Problem]:
    """What the handlers of async views, and all that these reach, query on the event loop."""
    if subject.project.allows_async_unsafe:
        return
    for one in blocked_in_views(subject, Kind.QUERY, Kind.LAZY):
        view, event, found = one.view, one.event, one.found
        whom = " for users who are logged in" if found.kind is Kind.LAZY else ""
        yield Problem(
            f"{view.name}: {found.what} in {event.function}, on the event loop{way(event.path, found.last)}: "
            f"SynchronousOnlyOperation{whom}",
            event.module.location_of(event.node),
            found.remedy,
            # One of a kind in a view: a user is evaluated once, whatever is read of it afterwards.
            subject=f"{view.name}:{'.'.join(found.what.split('.')[:2])}",
        )


RULE = Rule("BRG102", "view-query", Severity.ERROR, check)
