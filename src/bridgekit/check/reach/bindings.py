"""Which names the statements at the top of a module bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator

__all__ = ["bindings"]


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


def _names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id
