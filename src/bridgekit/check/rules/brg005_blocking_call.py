"""BRG005: a blocking call, or a synchronous ORM, session or user access, in code that runs on the event loop."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import (
    dotted_name,
    identifiers,
    own_functions,
    reached_on_loop,
)
from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.rules._blocking import Situation, blocking, handed_users
from bridgekit.check.rules._callbacks import called_back
from bridgekit.check.rules._storage import cache_is_in_database, has_sites, session_uses_database
from bridgekit.check.rules.rule import Rule

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


def check(subject: Subject) -> Iterator[Problem]:
    """Code that certainly runs on the loop: ``async def`` entry points, what they call, and what settings name for them to call."""
    for checked in subject.middleware:
        definition = checked.definition
        if definition is None or not checked.accepts_async:
            continue
        situation = _situation(subject, definition)
        reached = reached_on_loop(definition)
        reached += called_back(reached, subject.variant, definition)
        handed = handed_users(reached, definition)
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
        session_queries=session_uses_database(subject) and not _settles_session(definition),
        user_queries=not _settles_user(definition),
        cache_queries=cache_is_in_database(subject),
        sites_queries=has_sites(subject),
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
