"""BRG102: a synchronous query, or a read of the lazy user or session, in an async view."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._blocking import Kind
from bridgekit.check.rules._view_blocking import blocked_in_views
from bridgekit.check.rules.rule import Rule


def check(subject: Subject) -> Iterator[Problem]:
    """What the handlers of async views, and the functions that these call, query on the event loop."""
    if subject.project.allows_async_unsafe:
        return
    for view, one, found in blocked_in_views(subject):
        if found.kind is Kind.CALL:
            continue
        way = f", by {' > '.join(one.path)}" if len(one.path) > 1 else ""
        whom = " for users who are logged in" if found.kind in (Kind.USER, Kind.SESSION) else ""
        yield Problem(
            f"{view.name}: {found.what} in {one.function.name}, on the event loop{way}: SynchronousOnlyOperation{whom}",
            one.function.module.location_of(found.node),
            f"Use {found.instead}, or sync_to_async.",
            # One of a kind in a view: a user is evaluated once, whatever is read of it afterwards.
            subject=f"{view.name}:{'.'.join(found.what.split('.')[:2])}",
        )


RULE = Rule("BRG102", "view-query", Severity.ERROR, check)
