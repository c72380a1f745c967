"""By which of two ASGI handlers a project's entry point serves Django: Django's own, or that of `bridgekit.django`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.flow import imported_names, resolved_name
from bridgekit.check.findings.subject import Project
from bridgekit.check.python.tree import walk
from bridgekit.middleware_chain.facts import Location
from bridgekit.middleware_chain.requests import Server

OURS = "bridgekit.django.get_asgi_application"
DJANGOS = "django.core.asgi.get_asgi_application"


def serves_by_ours(project: Project) -> Location | None:
    """The call in ``asgi.py`` that makes our handler; None where Django's is made, or both, or where nobody sees which."""
    if project.server is not Server.ASGI:
        return None
    made = list(_handlers_made(project))
    if not made or any(name != OURS for name, _ in made):
        return None
    return made[0][1]


def _handlers_made(project: Project) -> Iterator[tuple[str, Location]]:
    for module in project.entry_points:
        if module.tree is None:
            continue
        imports = imported_names(module)
        for node in walk(module.tree):
            if isinstance(node, ast.Call) and (name := resolved_name(node.func, imports)) in (OURS, DJANGOS):
                yield name, module.location_of(node)
