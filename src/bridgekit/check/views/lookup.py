"""From a name in a module to the statement that defines it, through imports from module to module."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from bridgekit.check.findings.flow import dotted_name, imported_names
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import children

Load = Callable[[str], SourceModule | None]
Defined = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign

_MAX_HOPS = 5
"""Modules through which one name is handed on: packages that gather their views have one or two."""


def absolute(node: ast.AST, module: SourceModule) -> str:
    """The dotted path that a name means, in the module itself if nothing imports it; empty for anything but names."""
    name = dotted_name(node)
    first, _, rest = name.partition(".")
    target = imported_names(module).get(first)
    if target is None:
        return f"{module.name}.{name}" if name else ""
    return f"{target}.{rest}" if rest else target


def defined(path: str, load: Load, hops: int = _MAX_HOPS) -> tuple[Defined, SourceModule] | None:
    """The one ``def``, ``class`` or assignment at the top of a module that a dotted path means; None where that is not certain."""
    origin, _, name = path.rpartition(".")
    module = load(origin) if origin else None
    if module is None or module.tree is None or hops == 0:
        return None
    found = [statement for statement in module.tree.body if name in _bound(statement)]
    if len(found) == 1 and isinstance(found[0], Defined):
        return found[0], module
    if found and not all(isinstance(one, ast.ImportFrom) for one in found):
        return None
    imported = imported_names(module).get(name)
    if imported is not None and imported != path:
        return defined(imported, load, hops - 1)
    for source in _stars(module):
        through = defined(f"{source}.{name}", load, hops - 1)
        if through is not None:
            return through
    return None


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement binds, those of its branches included."""
    names: set[str] = set()
    for node in [statement, *_branches(statement)]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(node.name)
            case ast.Assign():
                names.update(target.id for target in node.targets if isinstance(target, ast.Name))
            case ast.AnnAssign() | ast.AugAssign():
                names.update([node.target.id] if isinstance(node.target, ast.Name) else [])
            case ast.Import() | ast.ImportFrom():
                names.update(alias.asname or alias.name for alias in node.names)
    return names


def _branches(statement: ast.stmt) -> Iterator[ast.stmt]:
    if isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
        for inner in children(statement):
            for node in [inner, *([] if not isinstance(inner, ast.ExceptHandler) else inner.body)]:
                if isinstance(node, ast.stmt):
                    yield node
                    yield from _branches(node)


def _stars(module: SourceModule) -> Iterator[str]:
    for node in module.tree.body if module.tree is not None else ():
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            source = module.resolve_relative(node.level, node.module)
            if source:
                yield source
