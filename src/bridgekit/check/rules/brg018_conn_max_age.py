"""BRG018: persistent database connections under ASGI."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import imported_names
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._databases import database_options
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server

_HANDLER = "bridgekit.django.get_asgi_application"


def check(subject: Subject) -> Iterator[Problem]:
    """Under ASGI each request has a thread of its own, so a kept connection is never found again (Django's docs, databases)."""
    if subject.project.server is not Server.ASGI or _threads_persist(subject):
        return
    pooled = {
        option.alias for option in database_options(subject.variant, "OPTIONS", "pool") if all(option.values)
    }
    for option in database_options(subject.variant, "CONN_MAX_AGE"):
        kept = [value for value in option.values if _keeps(value)]
        if not kept:
            continue
        certain = len(kept) == len(option.values) and not option.condition
        state = f"is {kept[0]}" if certain else f"may be {kept[0]} ({option.condition})"
        database = f'for database "{option.alias}"'
        if option.alias in pooled and _uses_postgresql(subject, option.alias):
            what = f"CONN_MAX_AGE {state} {database}, which has a pool: Django raises ImproperlyConfigured, as pooling does not support persistent connections"
            fix = "Set CONN_MAX_AGE = 0: the pool keeps the connections."
        else:
            what = (
                f"CONN_MAX_AGE {state} {database}: under ASGI each request has a thread of its own, "
                "so kept connections pile up and are never used again"
            )
            fix = "Set CONN_MAX_AGE = 0 under ASGI, and pool connections in the database backend or outside Django."
        yield Problem(what, option.location, fix, subject=f"DATABASES.{option.alias}.CONN_MAX_AGE")


def _threads_persist(subject: Subject) -> bool:
    """Whether an entry point serves the project by bridgekit's own handler, whose threads keep their connections."""
    return any(_HANDLER in imported_names(module).values() for module in subject.project.entry_points)


def _keeps(value: object) -> bool:
    """None keeps a connection for ever, and True for one second."""
    return value is None or (isinstance(value, int | float) and value > 0)


def _uses_postgresql(subject: Subject, alias: str) -> bool:
    """The backend that refuses both together (django/db/backends/postgresql/base.py, pool)."""
    engines = [option for option in database_options(subject.variant, "ENGINE") if option.alias == alias]
    return any(
        str(value).endswith(("postgresql", "postgis")) for option in engines for value in option.values
    )


RULE = Rule("BRG018", "conn-max-age", Severity.WARNING, check)
