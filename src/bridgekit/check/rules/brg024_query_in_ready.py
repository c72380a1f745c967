"""BRG024: a query in an application's ready(), which runs inside the loop of servers that import there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import ReadFunction, identifiers, imported_names, resolved_name
from bridgekit.check.findings.reached import reached_functions
from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.rules._blocking import Kind, Situation, blocking
from bridgekit.check.rules._walks import setting_of
from bridgekit.check.rules.rule import Rule
from bridgekit.check.settings.result import Known
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.requests import Server

_CONFIG = "django.apps.AppConfig"
_SITUATION = Situation(session_queries=False, user_queries=False, cache_queries=False, sites_queries=False)
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
    ready = next(
        (part for part in cls.body if isinstance(part, ast.FunctionDef) and part.name == "ready"), None
    )
    if ready is None:
        return
    definition = Definition(
        name,
        MiddlewareFacts.unreadable(name, "it is an application", None),
        DefinitionKind.FUNCTION,
        module,
        ready,
        load=lambda path: subject.project.load(path) or SourceModule(path, "", None, "not the project's own"),
    )
    start = ReadFunction(ready, module, name)
    situation = replace(_SITUATION, setting=setting_of(subject))
    for one in reached_functions([start], definition, awaited=False, setting=situation.setting):
        if _GUARDS & set(identifiers(one.function.node)):
            continue
        for found in blocking(one.function, situation):
            if found.kind is not Kind.QUERY:
                continue
            way = f", by {' > '.join(one.path)}" if len(one.path) > 1 else ""
            yield Problem(
                f"{name}: {found.what} in {one.function.name}(){way}: SynchronousOnlyOperation under uvicorn with --reload or "
                "--workers, and under older ones always: they import the application inside their event loop",
                one.function.module.location_of(found.node),
                "Query when the value is first needed, or in a receiver of post_migrate, or in a management command.",
                subject=f"{name}:{found.what}",
            )


def _config(entry: str, subject: Subject) -> tuple[ast.ClassDef, SourceModule] | None:
    """The application's configuration, as AppConfig.create chooses it: named by its path, or the one of the module ``apps``."""
    load = subject.project.load
    origin, _, name = entry.rpartition(".")
    module = load(origin) if origin else None
    named = [one for one in _configs(module) if one.name == name] if module is not None else []
    if named and module is not None:
        return named[0], module
    module = load(f"{entry}.apps")
    found = _configs(module) if module is not None else []
    defaults = [one for one in found if _is_default(one)]
    chosen = defaults if len(defaults) == 1 else found if len(found) == 1 else []
    return (chosen[0], module) if chosen and module is not None else None


def _configs(module: SourceModule) -> list[ast.ClassDef]:
    imports = imported_names(module)
    return [
        node
        for node in (module.tree.body if module.tree is not None else [])
        if isinstance(node, ast.ClassDef) and any(resolved_name(b, imports) == _CONFIG for b in node.bases)
    ]


def _is_default(cls: ast.ClassDef) -> bool:
    return any(
        isinstance(part, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "default" for target in part.targets)
        and isinstance(part.value, ast.Constant)
        and part.value.value is True
        for part in cls.body
    )


RULE = Rule("BRG024", "query-in-ready", Severity.WARNING, check)
