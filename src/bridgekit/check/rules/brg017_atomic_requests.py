"""BRG017: ATOMIC_REQUESTS with async views: Django raises RuntimeError on every request to one."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit._plural import plural
from bridgekit.check.findings.finding import Problem, Related, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._databases import DatabaseOption, database_options
from bridgekit.check.rules.rule import Rule


def check(subject: Subject) -> Iterator[Problem]:
    """One problem for each database with ATOMIC_REQUESTS, where an async view was seen (BaseHandler.make_view_atomic)."""
    for option in database_options(subject.variant, "ATOMIC_REQUESTS"):
        if True in option.values:
            yield from _refused(option, subject)


def _refused(option: DatabaseOption, subject: Subject) -> Iterator[Problem]:
    from bridgekit.check.rules._atomic_views import (
        atomic_views,  # only where there are views to follow: see of_chain
    )

    views = atomic_views(subject, option.alias)
    if views:
        state = f"may be on ({option.condition})" if option.condition else "is on"
        yield Problem(
            f'ATOMIC_REQUESTS {state} for database "{option.alias}", and the project has {plural(len(views), "async view")}: '
            "each raises RuntimeError unless it is decorated with non_atomic_requests",
            option.location,
            "Turn ATOMIC_REQUESTS off, or decorate the async views with django.db.transaction.non_atomic_requests.",
            subject=f"DATABASES.{option.alias}.ATOMIC_REQUESTS",
            related=tuple(Related(view, "async view") for view in views[:5]),
        )


RULE = Rule("BRG017", "atomic-requests", Severity.ERROR, check)
