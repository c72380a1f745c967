"""The nodes of a syntax tree, in the order of `ast.walk`, without ``ctx``: half of all nodes say only that a name is read.

`ast.iter_child_nodes` makes two generators for each node; most of what the checker does is walking trees.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

_NO_NODES = {
    "ctx",
    "id",
    "attr",
    "arg",
    "kind",
    "type_comment",
    "level",
    "module",
    "simple",
    "conversion",
    "is_async",
}
"""Fields that hold text or a number in every class that has them, and ``ctx``."""

_fields: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: (), ast.alias: ()}
"""By the class of a node, the fields that may hold nodes; two thirds of all nodes are a name or a constant, and have none."""


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below one, but for ``ctx``."""
    kind = type(node)
    names = _fields.get(kind)
    if names is None:
        names = _fields[kind] = tuple(name for name in node._fields if name not in _NO_NODES)
    found: list[ast.AST] = []
    for name in names:
        value = getattr(node, name, None)
        if isinstance(value, ast.AST):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in value if isinstance(one, ast.AST)]
    return found


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and all below it, level by level, but for ``ctx``."""
    waiting = deque([node])
    while waiting:
        current = waiting.popleft()
        yield current
        waiting += children(current)
