"""Views that routers know: django-ninja's decorated functions, REST framework's registered classes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.flow import FunctionNode, imported_names, resolved_name
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.check.views.lookup import Load, absolute, defined

_NINJA = frozenset({"ninja.NinjaAPI", "ninja.Router", "ninja.main.NinjaAPI", "ninja.router.Router"})
_REST = frozenset(
    f"{package}.routers.{router}Router"
    for package in ("rest_framework", "adrf")
    for router in ("Default", "Simple")
)
_VERBS = frozenset(["get", "post", "put", "patch", "delete", "api_operation"])
_MAX_ROUTERS = 200


def ninja_operations(
    path: str, load: Load, urlconf: SourceModule
) -> Iterator[tuple[FunctionNode, SourceModule]]:
    """The functions that decorators of a ``NinjaAPI`` make views of, and of the routers that are added to it.

    Looked at are the module that makes it, and those of the project that this, its package and the URLconf import.
    """
    waiting, seen = [path], set[str]()
    while waiting and len(seen) < _MAX_ROUTERS:
        router = waiting.pop(0)
        found = defined(router, load) if router not in seen else None
        seen.add(router)
        if found is None or not _makes(_NINJA, *found):
            continue
        home = found[1]
        name = router.rpartition(".")[2]
        package = load(home.package)
        importing = [home, urlconf, *([package] if package is not None else [])]
        near = {module.name: module for each in importing for module in _imported(each, load)}
        for module in {home.name: home, urlconf.name: urlconf, **near}.values():
            for node in module.tree.body if module.tree is not None else ():
                if isinstance(node, FunctionNode) and any(
                    _is_operation(decorator, module, f"{home.name}.{name}")
                    for decorator in node.decorator_list
                ):
                    yield node, module
        waiting += _added(home, name)


def _makes(kinds: frozenset[str], statement: ast.stmt, module: SourceModule) -> bool:
    return (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Call)
        and resolved_name(statement.value.func, imported_names(module)) in kinds
    )


def _is_operation(decorator: ast.expr, module: SourceModule, router: str) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in _VERBS
        and absolute(decorator.func.value, module) == router
    )


def _imported(module: SourceModule, load: Load) -> Iterator[SourceModule]:
    for path in dict.fromkeys(imported_names(module).values()):
        for name in (path, path.rpartition(".")[0]):
            found = load(name) if name and name != module.name else None
            if found is not None:
                yield found


def _added(module: SourceModule, name: str) -> Iterator[str]:
    """``api.add_router("/x", router)``, given by name or by dotted path."""
    for node in walk(module.tree) if module.tree is not None else ():
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "add_router"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == name
            and len(node.args) > 1
        ):
            given = node.args[1]
            if isinstance(given, ast.Constant) and isinstance(given.value, str):
                yield given.value
            else:
                yield absolute(given, module)


def registered_classes(
    path: str, load: Load, urlconf: SourceModule
) -> Iterator[tuple[ast.expr, SourceModule]]:
    """What ``router.register("x", ViewSet)`` registers with a router of REST framework's, and the module where it does so: the one
    that makes the router, or the URLconf that routes it."""
    found = defined(path, load)
    if found is None or not _makes(_REST, *found):
        return
    home, name = found[1], path.rpartition(".")[2]
    for module in {home.name: home, urlconf.name: urlconf}.values():
        for node in walk(module.tree) if module.tree is not None else ():
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "register"
                and absolute(node.func.value, module) == f"{home.name}.{name}"
            ):
                given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "viewset")]
                yield from ((viewset, module) for viewset in given)
