"""BRG104: a blocking call in an async view."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._blocking import Kind
from bridgekit.check.rules._view_blocking import blocked_in_views
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server


def check(subject: Subject) -> Iterator[Problem]:
    """What the handlers of async views, and the functions that these call, wait for on the event loop of an ASGI server.

    Under WSGI Django makes a loop for each request, and nobody else waits.
    """
    if subject.project.server is not Server.ASGI:
        return
    for view, one, found in blocked_in_views(subject):
        if found.kind is not Kind.CALL:
            continue
        way = f", by {' > '.join(one.path)}" if len(one.path) > 1 else ""
        yield Problem(
            f"{view.name}: {found.what} in {one.function.name}, on the event loop{way}: all other requests wait",
            one.function.module.location_of(found.node),
            f"Use {found.instead}, or sync_to_async.",
            subject=f"{view.name}:{found.what}",
        )


RULE = Rule("BRG104", "view-blocking", Severity.WARNING, check)
