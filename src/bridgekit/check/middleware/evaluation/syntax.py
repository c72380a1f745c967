"""Questions about a syntax tree alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from weakref import WeakKeyDictionary

from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import children, walk


def contains_yield(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function is a generator: a ``yield`` of its own, not of a function inside it."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        part = pending.pop()
        if isinstance(part, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            pending.extend(children(part))
    return False


def always_leaves(body: Sequence[ast.stmt]) -> bool:
    """Whether a body cannot run off its end: its last statement returns or raises on every branch."""
    if not body:
        return False
    last = body[-1]
    match last:
        case ast.Return() | ast.Raise():
            return True
        case ast.If():
            return always_leaves(last.body) and always_leaves(last.orelse)
        case ast.With() | ast.AsyncWith():
            return always_leaves(last.body)
        case ast.Try() | ast.TryStar():
            if always_leaves(last.finalbody):
                return True
            ends = always_leaves(last.orelse) if last.orelse else always_leaves(last.body)
            return ends and all(always_leaves(handler.body) for handler in last.handlers)
        case _:
            return False


def raised_on_import(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Each ``raise`` and ``assert`` that a module's own statements, rather than its functions, may come to."""
    for statement in body:
        if isinstance(statement, ast.Raise | ast.Assert):
            yield statement
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for inner in children(statement):
                if isinstance(inner, ast.stmt):
                    yield from raised_on_import([inner])
                elif isinstance(inner, ast.ExceptHandler | ast.match_case):
                    yield from raised_on_import(inner.body)


def fields(node: ast.ClassDef) -> Iterator[str]:
    """The names that a class body annotates, but for class variables: what dataclasses and named tuples call fields."""
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                if "ClassVar" not in ast.unparse(annotation):
                    yield name


def is_field(node: ast.ClassDef, name: str) -> bool:
    """Whether a class body annotates this name as a field."""
    return name in fields(node)


def root_name(node: ast.expr) -> str:
    """The name that a chain of attributes, calls and subscripts starts from; empty for anything else."""
    while True:
        match node:
            case ast.Attribute() | ast.Subscript():
                node = node.value
            case ast.Call():
                node = node.func
            case ast.Name():
                return node.id
            case _:
                return ""


def owner_of_namespace(space: ast.expr) -> ast.expr | None:
    """X of ``X.__dict__`` and of ``vars(X)``."""
    match space:
        case ast.Attribute(attr="__dict__", value=ast.Name() as owner):
            return owner
        case ast.Call(func=ast.Name(id="vars"), args=[ast.Name() as owner]):
            return owner
    return None


_STORED: WeakKeyDictionary[ast.Module, frozenset[str]] = WeakKeyDictionary()


def stored_attributes(module: SourceModule) -> frozenset[str]:
    """Every attribute name that a module assigns anywhere, on whatever object."""
    if module.tree is None:
        return frozenset()
    known = _STORED.get(module.tree)
    if known is None:
        known = _STORED[module.tree] = frozenset(_stored(module.tree))
    return known


def _stored(tree: ast.Module) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
            yield from (str(part.value) for part in node.args[1:2] if isinstance(part, ast.Constant))


_on_subclasses: WeakKeyDictionary[ast.ClassDef, frozenset[str]] = WeakKeyDictionary()


def set_on_subclasses(node: ast.ClassDef) -> frozenset[str]:
    """Names of attributes that the class's ``__init_subclass__`` sets; with ``setattr`` among them ``*``, for any."""
    found = _on_subclasses.get(node)
    if found is None:
        names = set()
        for method in node.body:
            if isinstance(method, ast.FunctionDef) and method.name == "__init_subclass__":
                for part in walk(method):
                    if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                        names.add(part.attr)
                    elif isinstance(part, ast.Name) and part.id == "setattr":
                        names.add("*")
        found = _on_subclasses[node] = frozenset(names)
    return found
