"""BRG104: a blocking call in an async view."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._blocking_events import Kind
from bridgekit.check.rules._view_blocking import blocked_in_views
from bridgekit.check.rules._walks import way
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server


def check(subject: Subject) -> Iterator[Problem]:
    """What the handlers of async views, and all that these reach, wait for on the event loop of an ASGI server.

    Under WSGI Django makes a loop for each request, and nobody else waits.
    """
    if subject.project.server is not Server.ASGI:
        return
    for one in blocked_in_views(subject, Kind.CALL):
        view, event, found = one.view, one.event, one.found
        yield Problem(
            f"{view.name}: {found.what} in {event.function}, on the event loop{way(event.path, found.last)}: "
            "all other requests wait",
            event.module.location_of(event.node),
            found.remedy,
            subject=f"{view.name}:{found.what}",
        )


RULE = Rule("BRG104", "view-blocking", Severity.WARNING, check)
