"""BRG024: a query in an application's ready(), which runs inside the loop of servers that import there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import identifiers
from bridgekit.check.findings.subject import Subject
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach import configurations, walk_ready
from bridgekit.check.rules._blocking_events import Kind, Situation, blocked
from bridgekit.check.rules._view_blocking import loader_of
from bridgekit.check.rules._walks import setting_of, way
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Known
from bridgekit.middleware_chain.requests import Server

_SITUATION = Situation(False, frozenset(), False, False)
_GUARDS = frozenset({"argv", "environ", "getenv", "get_running_loop", "SynchronousOnlyOperation"})


def check(subject: Subject) -> Iterator[Problem]:
    """``ready()`` of the project's own applications, and what it calls, under ASGI: uvicorn imports the application in a coroutine."""
    apps = subject.variant.value("INSTALLED_APPS")
    project = subject.project
    if project.server is not Server.ASGI or not project.entry_points or project.allows_async_unsafe:
        return
    if not isinstance(apps, Known) or not isinstance(apps.value, list | tuple):
        return
    for entry in dict.fromkeys(name for name in apps.value if isinstance(name, str)):
        found = _config(entry, subject)
        if found is not None:
            yield from _queries(entry, *found, subject)


def _queries(entry: str, cls: ast.ClassDef, module: SourceModule, subject: Subject) -> Iterator[Problem]:
    name = f"{module.name}.{cls.name}"
    for event in walk_ready(cls, module, loader_of(subject), setting_of(subject), subject.project.bounds):
        found = blocked(event, _SITUATION) if event.on_loop else None
        if found is None or found.kind is not Kind.QUERY:
            continue
        if any(_GUARDS & set(identifiers(function)) for function in event.running):
            continue
        where = f"{event.function}()" if event.function else f"{event.module.name}, which is imported there"
        yield Problem(
            f"{name}: {found.what} in {where}{way(event.path, found.last)}: SynchronousOnlyOperation under uvicorn with "
            "--reload or --workers, and under older ones always: they import the application inside their event loop",
            event.module.location_of(event.node),
            "Query when the value is first needed, or in a receiver of post_migrate, or in a management command.",
            subject=f"{name}:{found.what}",
        )


def _config(entry: str, subject: Subject) -> tuple[ast.ClassDef, SourceModule] | None:
    """The application's configuration, as AppConfig.create chooses it: named by its path, or the one of the module ``apps``."""
    load, nearby, bounds = subject.project.load, loader_of(subject), subject.project.bounds
    origin, _, name = entry.rpartition(".")
    module = load(origin) if origin else None
    named = (
        [one for one in configurations(module, nearby, bounds) if one.name == name]
        if module is not None
        else []
    )
    if named and module is not None:
        return named[0], module
    module = load(f"{entry}.apps")
    found = configurations(module, nearby, bounds) if module is not None else []
    defaults = [one for one in found if _is_default(one)]
    chosen = defaults if len(defaults) == 1 else found if len(found) == 1 else []
    return (chosen[0], module) if chosen and module is not None else None


def _is_default(cls: ast.ClassDef) -> bool:
    return any(
        isinstance(part, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "default" for target in part.targets)
        and isinstance(part.value, ast.Constant)
        and part.value.value is True
        for part in cls.body
    )


RULE = Rule("BRG024", "query-in-ready", Severity.WARNING, check)
