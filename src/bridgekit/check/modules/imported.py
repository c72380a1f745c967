"""Which modules a module imports by its own statements, as its tree has them."""

from __future__ import annotations

import ast

from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import children, walk

WITHOUT_FILES = frozenset(("os.path", "typing.io", "typing.re"))
"""Modules below what is no package: names in `sys.modules`, which their parent puts there."""


def imports_module(module: SourceModule, name: str, before: int | None = None) -> bool:
    """Whether an import statement of a module, on a line ``before`` the given one if there is one, imports a module by its name."""
    for node in walk(module.tree) if module.tree is not None else ():
        if not isinstance(node, ast.Import | ast.ImportFrom) or (
            before is not None and node.lineno >= before
        ):
            continue
        if isinstance(node, ast.ImportFrom):
            source = module.resolve_relative(node.level, node.module) or ""
            named = [source, *(f"{source}.{alias.name}" for alias in node.names)]
        else:
            named = [alias.name for alias in node.names]
        if any(one == name or one.startswith(f"{name}.") for one in named):
            return True
    return False


def binds(module: SourceModule, name: str) -> bool:
    """Whether a statement of a module that runs as it is imported binds a name otherwise than by importing a submodule of that name."""
    waiting: list[ast.AST] = list(module.tree.body) if module.tree is not None else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name:
                return True
        elif isinstance(node, ast.ImportFrom):
            source = module.resolve_relative(node.level, node.module)
            if source != module.name and any((one.asname or one.name) == name for one in node.names):
                return True
        elif isinstance(node, ast.Name):
            if node.id == name and isinstance(node.ctx, ast.Store):
                return True
        else:
            waiting += children(node)
    return False
