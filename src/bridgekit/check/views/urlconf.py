"""What a URLconf routes: expressions that give views, and the routers that it includes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bridgekit._dataclass import dataclass
from bridgekit.check.findings.flow import imported_names, resolved_name
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk
from bridgekit.check.views.lookup import Load, absolute

_ROUTES = frozenset({"django.urls.path", "django.urls.re_path", "django.conf.urls.url"})
_INCLUDES = frozenset({"django.urls.include", "django.conf.urls.include"})
MAX_URLCONFS = 500


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """An expression in the place of a view, and the module that it stands in. ``is_router``: of which ``.urls`` was taken."""

    node: ast.expr
    module: SourceModule
    is_router: bool = False


def routes_below(root: str, load: Load) -> Iterator[Route]:
    """The routes of a URLconf and of those that it includes, where these are the project's own."""
    waiting, seen = [root], set[str]()
    while waiting and len(seen) < MAX_URLCONFS:
        name = waiting.pop(0)
        module = load(name) if name and name not in seen else None
        seen.add(name)
        if module is None or module.tree is None:
            continue
        imports = imported_names(module)
        yield from _routers_alone(module)
        for node in walk(module.tree):
            if not isinstance(node, ast.Call):
                continue
            called = resolved_name(node.func, imports)
            if called in _ROUTES:
                for view in _given(node):
                    if isinstance(view, ast.Attribute) and view.attr == "urls":
                        yield Route(view.value, module, is_router=True)
                    elif not (isinstance(view, ast.Call) and resolved_name(view.func, imports) in _INCLUDES):
                        yield Route(view, module)
            elif called in _INCLUDES and node.args:
                included = node.args[0]
                if isinstance(included, ast.Tuple) and included.elts:
                    included = included.elts[0]
                if isinstance(included, ast.Constant) and isinstance(included.value, str):
                    waiting.append(included.value)
                elif isinstance(included, ast.Attribute) and included.attr == "urls":
                    yield Route(included.value, module, is_router=True)
                    waiting.append(absolute(included, module))
                elif isinstance(included, ast.Name | ast.Attribute):
                    path = absolute(included, module)
                    # A module, or a list of routes in one.
                    waiting += [path, path.rpartition(".")[0]]


def _routers_alone(module: SourceModule) -> Iterator[Route]:
    """``urlpatterns = router.urls``, and what is added to it so."""
    for statement in module.tree.body if module.tree is not None else ():
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id="urlpatterns")], value=value)
                | ast.AugAssign(target=ast.Name(id="urlpatterns"), value=value)
            ):
                parts: list[ast.expr] = [value]
                while parts:
                    part = parts.pop()
                    if isinstance(part, ast.BinOp):
                        parts += [part.left, part.right]
                    elif isinstance(part, ast.List | ast.Tuple):
                        parts += [one.value for one in part.elts if isinstance(one, ast.Starred)]
                    elif isinstance(part, ast.Attribute) and part.attr == "urls":
                        yield Route(part.value, module, is_router=True)


def _given(call: ast.Call) -> Iterable[ast.expr]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "view"]
    return [*call.args[1:2], *named]
