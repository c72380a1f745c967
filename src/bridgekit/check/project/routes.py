"""Which views a project's URLconfs name, and through which wrappers, as far as their own source shows it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import identifiers, imported_names, resolved_name
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk

_ROUTES = frozenset({"django.urls.path", "django.urls.re_path", "django.conf.urls.url"})
_ROUTERS = ("ninja", "ninja_extra")
"""Packages whose decorators make views of functions: ``@api.get("/x")``."""
_VERBS = frozenset(
    ["get", "post", "put", "patch", "delete", "api_operation", "http_get", "http_post", "http_put"]
)


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of a URLconf: the dotted name of its view, a function or a class, and whether it is non-atomic there."""

    view: str
    non_atomic: bool


def routes_in(module: SourceModule) -> Iterator[Route]:
    """The views that calls of ``path`` and its like name, behind whatever decorators they are called through."""
    if module.tree is None:
        return
    imports = imported_names(module)
    for node in walk(module.tree):
        if isinstance(node, ast.Call) and resolved_name(node.func, imports) in _ROUTES:
            for view in _views(node):
                name, non_atomic = _unwrapped(view)
                dotted = resolved_name(name, imports)
                if dotted:
                    # A name that is not imported is one of the module's own.
                    own = dotted.partition(".")[0] not in {
                        target.partition(".")[0] for target in imports.values()
                    }
                    yield Route(f"{module.name}.{dotted}" if own else dotted, non_atomic)


def _views(call: ast.Call) -> Iterable[ast.expr]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "view"]
    return [*call.args[1:2], *named]


def _unwrapped(view: ast.expr) -> tuple[ast.expr, bool]:
    """``login_required(transaction.non_atomic_requests(A.as_view()))``: ``A``, and that it is non-atomic."""
    non_atomic = False
    while isinstance(view, ast.Call):
        if isinstance(view.func, ast.Attribute) and view.func.attr == "as_view":
            return view.func.value, non_atomic
        non_atomic = non_atomic or "non_atomic_requests" in set(identifiers(view.func))
        if not view.args:
            break
        view = view.args[0]
    return view, non_atomic


def may_hold_routers(content: bytes) -> bool:
    """Whether a file with these bytes may import a router, and is worth to be parsed for what `handles_route` looks for."""
    return any(name.encode() in content for name in _ROUTERS)


def handles_route(node: ast.AsyncFunctionDef, module: SourceModule) -> bool:
    """Whether a decorator of a router makes a view of the function."""
    imports = imported_names(module)
    if not any(target.partition(".")[0] in _ROUTERS for target in imports.values()):
        return False
    return any(
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in _VERBS
        for decorator in node.decorator_list
    )
