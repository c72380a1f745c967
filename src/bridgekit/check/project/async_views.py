"""Where a project has async views, as far as their own source shows it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bridgekit.check.findings.flow import ReadFunction, dotted_name, identifiers
from bridgekit.check.findings.subject import AsyncView
from bridgekit.check.modules.bounded_reading import UnreadableError, read_bounded
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.modules.python_files import python_files
from bridgekit.check.project.routes import handles_route, may_hold_routers, routes_in

_VERBS = frozenset(["get", "post", "put", "patch", "delete", "head", "options", "trace"])


def find_async_views(
    root: Path,
    load: Callable[[Path], SourceModule],
    is_over: Callable[[Path], object] = lambda file: False,
    read: Callable[[Path], bytes] = read_bounded,
) -> list[AsyncView]:
    """``async def`` views: functions and methods that take a request, in files named for views, or that a URLconf or a router
    names, wherever they stand.

    A function counts if its first parameter is ``request``, a method if it has an HTTP verb's name and its class is called a
    view. Only files whose bytes hold routes are parsed, and of those with ``async def`` the ones that may hold a view; none once
    ``is_over`` says that the run has ended. ``read`` gives a file's bytes or raises `UnreadableError`.
    """
    candidates: list[tuple[Path, bool, bool]] = []
    routed: dict[str, list[bool]] = {}
    for file in python_files(root, is_over):
        try:
            content = read(file)
        except UnreadableError:
            continue
        if b"urlpatterns" in content:
            for route in routes_in(load(file)):
                routed.setdefault(route.view, []).append(route.non_atomic)
        if b"async def" in content:
            is_named = any("view" in part for part in file.relative_to(root).parts)
            candidates.append((file, is_named, may_hold_routers(content)))
    words = {part for view in routed for part in view.split(".")}
    return [
        view
        for file, is_named, may_route in candidates
        if (is_named or may_route or _stem(file) in words) and not is_over(file)
        for view in _views_of(load(file), routed, is_named=is_named)
    ]


def _stem(file: Path) -> str:
    """The last part of the module's name, which stands in the dotted name of whatever a URLconf takes from it."""
    return file.parent.name if file.stem == "__init__" else file.stem


def _views_of(
    module: SourceModule, routed: Mapping[str, list[bool]], *, is_named: bool
) -> Iterator[AsyncView]:
    for node in module.tree.body if module.tree is not None else ():
        if not isinstance(node, ast.AsyncFunctionDef | ast.ClassDef):
            continue
        routes = routed.get(f"{module.name}.{node.name}", [])
        by_router = isinstance(node, ast.AsyncFunctionDef) and handles_route(node, module)
        if is_named or routes or by_router:
            excepted = bool(routes) and all(routes)
            yield from _views(node, module, excepted=excepted, by_router=by_router)


def _views(
    node: ast.AsyncFunctionDef | ast.ClassDef, module: SourceModule, *, excepted: bool, by_router: bool
) -> Iterator[AsyncView]:
    non_atomic = excepted or _is_non_atomic(node)
    if isinstance(node, ast.AsyncFunctionDef):
        arguments = [*node.args.posonlyargs, *node.args.args]
        if by_router or (arguments and arguments[0].arg == "request"):
            yield _view(node, module, non_atomic=non_atomic)
    elif any("View" in dotted_name(base) for base in node.bases):
        for inner in node.body:
            if isinstance(inner, ast.AsyncFunctionDef) and (inner.name in _VERBS or inner.name == "dispatch"):
                yield _view(inner, module, non_atomic=non_atomic)


def _view(node: ast.AsyncFunctionDef, module: SourceModule, *, non_atomic: bool) -> AsyncView:
    return AsyncView(module.location_of(node), ReadFunction(node, module), non_atomic)


def _is_non_atomic(node: ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any("non_atomic_requests" in set(identifiers(decorator)) for decorator in node.decorator_list)
