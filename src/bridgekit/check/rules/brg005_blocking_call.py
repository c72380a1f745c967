"""BRG005: a blocking call, or a synchronous ORM, session or user access, in code that runs on the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import (
    Reached,
    called_function,
    dotted_name,
    identifiers,
    own_functions,
    reached_on_loop,
    walk_own,
)
from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.rules._blocking import Situation, blocking
from bridgekit.check.rules._callbacks import called_back
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Known

_LOADS_SESSION = frozenset(
    [
        "aget",
        "aset",
        "aload",
        "akeys",
        "aitems",
        "avalues",
        "apop",
        "aexists",
        "ahas_key",
        "_aget_session",
        "auser",
        "aget_user",
    ]
)
_DATABASE_SESSIONS = ("django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cached_db")
_DATABASE_CACHE = "django.core.cache.backends.db.DatabaseCache"


def check(subject: Subject) -> Iterator[Problem]:
    """Code that certainly runs on the loop: ``async def`` entry points, what they call, and what settings name for them to call."""
    for checked in subject.middleware:
        definition = checked.definition
        if definition is None or not checked.accepts_async:
            continue
        situation = _situation(subject, definition)
        reached = reached_on_loop(definition)
        reached += called_back(reached, subject.variant, definition)
        handed = _handed_users(reached, definition)
        for one in reached:
            for found in blocking(one.function, situation, handed.get(id(one.function.node), frozenset())):
                place = one.function.module.location_of(found.node)
                way = f", by {' > '.join(one.path)}" if len(one.path) > 1 else ""
                yield Problem(
                    f"{checked.dotted_path}: {found.what} in {one.function.name}, which runs on the event loop in async mode{way}",
                    subject.shown_at(checked, place),
                    f"Use {found.instead}, or sync_to_async.",
                    # One of a kind at a place: a user is evaluated once, whatever is read of it afterwards.
                    subject=f"{checked.dotted_path}:{'.'.join(found.what.split('.')[:2])}",
                )


def _situation(subject: Subject, definition: Definition) -> Situation:
    return Situation(
        session_queries=_session_uses_database(subject) and not _settles_session(definition),
        user_queries=not _settles_user(definition),
        cache_queries=_cache_is_in_database(subject),
        sites_queries=_has_sites(subject),
    )


def _handed_users(reached: list[Reached], definition: Definition) -> dict[int, frozenset[str]]:
    """For functions by identity, the parameters that are handed ``request.user`` as it is."""
    handed: dict[int, frozenset[str]] = {}
    for one in reached:
        for node in walk_own(one.function.node):
            if not isinstance(node, ast.Call):
                continue
            given = [number for number, part in enumerate(node.args) if dotted_name(part) == "request.user"]
            callee = called_function(node, one.function, definition) if given else None
            if callee is not None:
                parameters = [argument.arg for argument in callee.node.args.args]
                shift = int(bool(parameters) and parameters[0] == "self")
                names = {parameters[number + shift] for number in given if number + shift < len(parameters)}
                handed[id(callee.node)] = handed.get(id(callee.node), frozenset()) | names
    return handed


def _session_uses_database(subject: Subject) -> bool:
    """Whether reading the session sends a query: only when that is certain. Django's default backend does."""
    engine = subject.variant.value("SESSION_ENGINE")
    if engine is None:
        return True
    return isinstance(engine, Known) and engine.value in _DATABASE_SESSIONS


def _cache_is_in_database(subject: Subject) -> bool:
    caches = subject.variant.value("CACHES")
    default = (
        caches.value.get("default") if isinstance(caches, Known) and isinstance(caches.value, dict) else None
    )
    return isinstance(default, dict) and default.get("BACKEND") == _DATABASE_CACHE


def _has_sites(subject: Subject) -> bool:
    """Whether ``get_current_site`` looks into the database (django/contrib/sites/shortcuts.py)."""
    apps = subject.variant.value("INSTALLED_APPS")
    return (
        isinstance(apps, Known)
        and isinstance(apps.value, list | tuple)
        and "django.contrib.sites" in apps.value
    )


def _settles_user(definition: Definition) -> bool:
    """Whether the middleware puts a user of its own on the request that is no lazy one."""
    return any(
        isinstance(target, ast.Attribute) and target.attr == "user" and not _is_lazy(node.value)
        for function in own_functions(definition)
        for node in ast.walk(function.node)
        if isinstance(node, ast.Assign)
        for target in node.targets
    )


def _is_lazy(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and dotted_name(value.func).rpartition(".")[2] == "SimpleLazyObject"


def _settles_session(definition: Definition) -> bool:
    """Whether the middleware awaits the session or the user, after which the session's data is in memory."""
    names = {name for function in own_functions(definition) for name in identifiers(function.node)}
    return bool(names & _LOADS_SESSION)


RULE = Rule("BRG005", "blocking-call", Severity.ERROR, check)
