"""Which names are local to a function, as the compiler decides it (language reference, section 4.2.1)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from bridgekit.check.python.tree import children

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@lru_cache(maxsize=512)
def local_names(function: _Function) -> frozenset[str]:
    """Parameters and every name that the body binds, without those declared global or nonlocal."""
    spec = function.args
    names = {parameter.arg for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    names.update(parameter.arg for parameter in (spec.vararg, spec.kwarg) if parameter is not None)
    body = [function.body] if isinstance(function, ast.Lambda) else function.body
    declared: set[str] = set()
    for node in _own_nodes(body):
        names.update(names_bound_by(node))
        if isinstance(node, ast.Global | ast.Nonlocal):
            declared.update(node.names)
    return frozenset(names - declared)


@lru_cache(maxsize=512)
def names_of_body(cls: ast.ClassDef) -> frozenset[str]:
    """Every name that a class body binds, without those declared global or nonlocal."""
    names: set[str] = set()
    declared: set[str] = set()
    for node in _own_nodes(cls.body):
        names.update(names_bound_by(node))
        if isinstance(node, ast.Global | ast.Nonlocal):
            declared.update(node.names)
    return frozenset(names - declared)


@lru_cache(maxsize=512)
def is_generator(function: ast.FunctionDef) -> bool:
    """Whether the body yields."""
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own_nodes(function.body))


def _own_nodes(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """The nodes of a body without those of the functions and classes in it (but with their names)."""
    waiting: list[tuple[ast.AST, bool]] = [(node, False) for node in body]
    while waiting:
        node, inside = waiting.pop()
        if not inside or isinstance(node, ast.NamedExpr):
            yield node
        if isinstance(node, _INNER):
            continue
        # The targets of a comprehension are its own; only a walrus in it binds outside (PEP 572).
        deeper = inside or isinstance(node, _COMPREHENSIONS)
        waiting.extend((child, deeper) for child in children(node))


def names_bound_by(node: ast.AST) -> Iterator[str]:
    """The names that this very node binds (its children not looked at, but for import aliases)."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
        yield node.id
    elif isinstance(node, ast.NamedExpr):
        yield node.target.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (alias.asname or alias.name for alias in node.names)
    elif (isinstance(node, ast.ExceptHandler) and node.name) or (
        isinstance(node, ast.MatchAs | ast.MatchStar) and node.name
    ):
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest
