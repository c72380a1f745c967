"""Which modules a module imports by its own statements, told from its tree."""

from __future__ import annotations

import ast

from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk


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
