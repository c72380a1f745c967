"""Names whose calls change nothing: built-in functions and the standard library's."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from bridgekit.check.python.changes import KEEPING_BUILTINS, KEEPING_MODULES
from bridgekit.check.python.tree import walk

SIDE_EFFECT_FREE_MODULES = KEEPING_MODULES | {"collections", "itertools", "sys"}
"""Standard modules whose functions leave their arguments as they are, but for what they call."""


def side_effect_free_names(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names in ``trees`` whose calls change neither their arguments nor anything else."""
    return _standard_imports(trees) | KEEPING_BUILTINS | {"print"}


def _standard_imports(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names that an import binds to something of the standard library that leaves its arguments alone."""
    names: set[str] = set()
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, ast.Import):
                names.update(
                    alias.asname or alias.name.partition(".")[0]
                    for alias in node.names
                    if alias.name.partition(".")[0] in SIDE_EFFECT_FREE_MODULES
                )
            elif isinstance(node, ast.ImportFrom) and _top(node) in SIDE_EFFECT_FREE_MODULES:
                names.update(alias.asname or alias.name for alias in node.names)
    return frozenset(names)


def _top(node: ast.ImportFrom) -> str:
    return (node.module or "").partition(".")[0] if node.level == 0 else ""
