"""BRG017: ATOMIC_REQUESTS with async views: Django raises RuntimeError on every request to one."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.finding import Problem, Related, Severity
from bridgekit.check.rule import Rule
from bridgekit.check.rules._databases import database_options
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Location


def check(subject: Subject) -> Iterator[Problem]:
    """One problem for each database with ATOMIC_REQUESTS, where an async view was seen (BaseHandler.make_view_atomic)."""
    for alias, option in database_options(subject.variant, "ATOMIC_REQUESTS"):
        views = _atomic_views(subject) if option.value is True else ()
        if views:
            yield Problem(
                f'ATOMIC_REQUESTS is on for database "{alias}", and the project has {len(views)} async views: '
                "each raises RuntimeError unless it is decorated with non_atomic_requests",
                option.location or views[0],
                "Turn ATOMIC_REQUESTS off, or decorate the async views with django.db.transaction.non_atomic_requests.",
                subject=f"DATABASES.{alias}.ATOMIC_REQUESTS",
                related=tuple(Related(view, "async view") for view in views[:5]),
            )


def _atomic_views(subject: Subject) -> tuple[Location, ...]:
    return tuple(view.location for view in subject.project.async_views() if not view.non_atomic)


RULE = Rule("BRG017", "atomic-requests", Severity.ERROR, check)
