"""Which names may stand for one and the same object: flow-insensitive, so on the safe side.

``stack = MIDDLEWARE``, ``from .web import MIDDLEWARE as stack``, ``d = {"key": MIDDLEWARE}`` and a function that
returns what it was given all make a change under one name a change under the other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from bridgekit.check.python.scopes import local_names
from bridgekit.check.python.tree import children, walk

_BINDING = (ast.stmt, ast.ExceptHandler, ast.match_case, ast.withitem, ast.NamedExpr)
"""Where a binding can stand. A walrus deep in an expression binds a value that the expression just made or read."""


class Aliases:
    """Groups of names (union-find over every binding in the trees)."""

    def __init__(self, trees: Iterable[ast.Module], side_effect_free: frozenset[str]) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, frozenset[str]] = {}
        self._side_effect_free = side_effect_free
        self._scopes: list[tuple[str, frozenset[str]]] = []
        for tree in trees:
            self._visit(tree)

    def of(self, name: str) -> frozenset[str]:
        """The names that may stand for the same object as ``name``, itself included."""
        if name not in self._parent:
            return frozenset((name,))
        if not self._members:
            groups: dict[str, set[str]] = {}
            for one in self._parent:
                groups.setdefault(self._find(one), set()).add(one)
            self._members = {root: frozenset(group) for root, group in groups.items()}
        return self._members[self._find(name)]

    def _visit(self, node: ast.AST) -> None:
        """Names that are local to a function are its own: ``function:name``."""
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._scopes.append((node.name, local_names(node)))
        for left, right in self._pairs(node):
            self._join(left, right)
        for child in children(node):
            if isinstance(child, _BINDING):
                self._visit(child)
        if inside:
            self._scopes.pop()

    def _qualified(self, name: str) -> str:
        for scope, names in reversed(self._scopes):
            if name in names:
                return f"{scope}:{name}"
        return name

    def _find(self, name: str) -> str:
        root = name
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        self._parent[name] = root
        return root

    def _join(self, left: str, right: str) -> None:
        self._parent[self._find(left)] = self._find(right)

    def _pairs(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.For):
            targets, value = [node.target], node.iter
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            targets, value = [node.optional_vars], node.context_expr
        elif isinstance(node, ast.FunctionDef):
            returned = [inner.value for inner in walk(node) if isinstance(inner, ast.Return) and inner.value]
            yield from ((node.name, name) for value in returned for name in self._held(value))
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        if value is not None:
            held = list(self._held(value))
            for target in targets:
                yield from ((left, right) for left in self._held(target) for right in held)

    def _held(self, node: ast.expr) -> Iterator[str]:
        """Names whose object the value of an expression may be, or may hold."""
        if isinstance(node, ast.Name):
            if node.id not in self._side_effect_free:
                yield self._qualified(node.id)
        elif isinstance(node, ast.Attribute):
            yield node.attr
            yield from self._held(node.value)
        elif isinstance(node, ast.Subscript | ast.Starred | ast.NamedExpr):
            yield from self._held(node.value)
        elif isinstance(node, ast.IfExp):
            yield from self._held(node.body)
            yield from self._held(node.orelse)
        elif isinstance(node, ast.BoolOp | ast.List | ast.Tuple | ast.Set | ast.Dict):
            parts = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else node.values
            for part in parts:
                yield from self._held(part)
        elif isinstance(node, ast.Call):
            yield from self._held_by_call(node)

    def _held_by_call(self, node: ast.Call) -> Iterator[str]:
        if isinstance(node.func, ast.Name):
            if node.func.id in self._side_effect_free:
                return
            yield self._qualified(node.func.id)
        elif isinstance(node.func, ast.Attribute):
            root: ast.expr = node.func
            while isinstance(root, ast.Attribute):
                root = root.value
            if isinstance(root, ast.Name) and root.id in self._side_effect_free:
                return
            if isinstance(node.func.value, ast.Name | ast.Subscript) and node.func.attr in _HANDING_OUT:
                yield from self._held(node.func.value)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            yield from self._held(argument)


_HANDING_OUT = frozenset(["get", "pop", "setdefault", "values", "items"])
"""Methods of plain data whose result may be an object that the receiver holds."""
