"""BRG005: a blocking call, or a synchronous ORM, session or user access, in code that runs on the event loop."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._blocking_events import Situation, blocked
from bridgekit.check.rules._storage import caches_in_database, has_sites, mail_blocks, session_uses_database
from bridgekit.check.rules._walks import walked, way
from bridgekit.check.rules.rule import Rule


def check(subject: Subject) -> Iterator[Problem]:
    """Code that certainly runs on the loop: ``async def`` entry points, what they call, and what settings name for them to call."""
    situation = Situation(
        session_uses_database(subject),
        frozenset(caches_in_database(subject)),
        has_sites(subject),
        mail_blocks=mail_blocks(subject),
    )
    for checked in subject.middleware:
        definition = checked.definition
        if definition is None or not checked.accepts_async or checked.dotted_path.startswith("django."):
            continue
        for event in walked(subject, definition, asynchronous=True).events:
            if not event.on_loop or event.module.name.startswith("django."):
                continue
            found = blocked(event, situation)
            if found is not None:
                place = event.module.location_of(event.node)
                yield Problem(
                    f"{checked.dotted_path}: {found.what} in {event.function}, which runs on the event loop in async mode"
                    f"{way(event.path, found.last)}",
                    subject.shown_at(checked, place),
                    found.remedy,
                    # One of a kind at a place: a user is evaluated once, whatever is read of it afterwards.
                    subject=f"{checked.dotted_path}:{'.'.join(found.what.split('.')[:2])}",
                )


RULE = Rule("BRG005", "blocking-call", Severity.ERROR, check)
