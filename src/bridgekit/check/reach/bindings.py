"""Which names the statements at the top of a module bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.python.tree import walk

_THERE = frozenset({"asgiref"})
"""What every Django since 3.0 brings, with all names that anybody imports from it: modules of Python and Django come and go."""
_FAILED = frozenset({"ImportError", "ModuleNotFoundError"})


def bindings(body: list[ast.stmt], *, certain: bool = True) -> Iterator[tuple[str, ast.stmt, bool]]:
    """Names that statements bind, those in branches included, and whether each certainly runs."""
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, statement, certain
            case ast.Import(names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name.partition(".")[0], statement, certain
            case ast.ImportFrom(names=aliases):
                for alias in aliases:
                    yield alias.asname or alias.name, statement, certain
            case ast.Assign(targets=targets):
                for target in targets:
                    for name in _names(target):
                        yield name, statement, certain
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                yield name, statement, certain
            case ast.If(body=inner, orelse=other):
                yield from bindings(inner, certain=False)
                yield from bindings(other, certain=False)
            case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=final) if _is_there(
                inner, handlers
            ):
                yield from bindings([*inner, *other, *final], certain=certain)
            case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=final):
                yield from bindings(inner, certain=False)
                for handler in handlers:
                    yield from bindings(handler.body, certain=False)
                yield from bindings(other, certain=False)
                yield from bindings(final, certain=certain)
            case ast.With(body=inner):
                yield from bindings(inner, certain=certain)
            case ast.For(body=inner) | ast.While(body=inner):
                yield from bindings(inner, certain=False)
            case _:
                pass


def _is_there(body: list[ast.stmt], handlers: list[ast.ExceptHandler]) -> bool:
    """Whether ``try: from asgiref.local import Local`` succeeds, and what stands below ``except ImportError`` never runs."""
    origins: list[str] = []
    for statement in body:
        match statement:
            case ast.Import(names=aliases):
                origins += [alias.name for alias in aliases]
            case ast.ImportFrom(module=str(name), level=0):
                origins.append(name)
            case _:
                return False
    caught = [handler.type.id if isinstance(handler.type, ast.Name) else "" for handler in handlers]
    return {origin.partition(".")[0] for origin in origins} <= _THERE and _FAILED.issuperset(caught)


def _names(target: ast.expr) -> Iterator[str]:
    for node in walk(target):
        if isinstance(node, ast.Name):
            yield node.id
