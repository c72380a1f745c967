"""BRG018: persistent database connections under ASGI."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.rule import Rule
from bridgekit.check.rules._databases import database_options
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.requests import Server


def check(subject: Subject) -> Iterator[Problem]:
    """Under ASGI each request has a thread of its own, so a kept connection is never found again (Django's docs, databases)."""
    if subject.project.server is not Server.ASGI:
        return
    for alias, option in database_options(subject.variant, "CONN_MAX_AGE"):
        value = option.value
        persistent = value is None or (
            isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
        )
        if persistent and option.location is not None:
            yield Problem(
                f'CONN_MAX_AGE is {value} for database "{alias}": under ASGI each request has a thread of its own, '
                "so kept connections pile up and are never used again",
                option.location,
                "Set CONN_MAX_AGE = 0 under ASGI, and pool connections in the database backend or outside Django.",
                subject=f"DATABASES.{alias}.CONN_MAX_AGE",
            )


RULE = Rule("BRG018", "conn-max-age", Severity.WARNING, check)
