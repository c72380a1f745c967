"""Code that may bind names of its module, or change what they stand for, without a statement that says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from bridgekit.check.middleware.evaluation.hazards import last_name, parents_of, reads, traits
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import children, walk

_writers: WeakKeyDictionary[ast.Module, list[ast.AST]] = WeakKeyDictionary()
_body_writers: WeakKeyDictionary[ast.ClassDef, list[ast.AST]] = WeakKeyDictionary()


def namespace_writer(module: SourceModule) -> ast.AST | None:
    """A node that may bind names of the module unseen: ``exec``, ``globals()[...] =``, ``sys.modules[__name__]``."""
    return next(iter(_writers_of(module)), None)


def definition_writer(module: SourceModule) -> ast.AST | None:
    """As `namespace_writer`, without what reaches the namespace in form only: for classes and functions, which code that looks at
    a namespace has no reason to replace."""
    found = _writers_of(module)
    if not found or module.tree is None:
        return None
    parents = parents_of(module.tree)
    return next((node for node in found if _may_bind(node, parents)), None)


def body_writer(node: ast.ClassDef) -> ast.AST | None:
    """What may bind names of a class body unseen, as it runs: ``exec``, ``locals()``, ``vars()``."""
    found = _body_writers.get(node)
    if found is None:
        found = _body_writers[node] = [
            part
            for part in _own_nodes(node)
            if isinstance(part, ast.Name) and part.id in ("exec", "eval", "locals", "vars")
        ]
    return found[0] if found else None


def _own_nodes(node: ast.ClassDef) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield part
            waiting += children(part)


def _writers_of(module: SourceModule) -> list[ast.AST]:
    if module.tree is None:
        return []
    found = _writers.get(module.tree)
    if found is None:
        found = _writers[module.tree] = list(_namespace_writers(module.tree))
    return found


def _may_bind(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether it does more than look at the namespace of a function, an object or another module."""
    around = parents.get(node)
    match node:
        case ast.Name(id="locals" | "vars"):
            return isinstance(around, ast.Call) and not around.args and not _in_function(node, parents)
        case ast.Attribute():
            if node.attr != "modules":
                # A name of a caller's module, handed on: what it stands for is not set there.
                if isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Load):
                    return isinstance(parents.get(around), ast.Attribute)
                return True
            names_itself = any(
                isinstance(part, ast.Name) and part.id == "__name__" for part in _parts(around, parents)
            )
            return names_itself or not (_names_another_module(around, parents) or _in_function(node, parents))
        case _:
            return True


def _parts(around: ast.AST | None, parents: Mapping[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    """What stands in ``sys.modules[...]``, or in the arguments of ``sys.modules.get(...)``."""
    call = parents.get(around) if isinstance(around, ast.Attribute) else None
    for inside in (around, call):
        if inside is not None:
            yield from walk(inside)


def _names_another_module(around: ast.AST | None, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """``sys.modules["other"]`` and ``sys.modules.get("other")``."""
    match around:
        case ast.Subscript(slice=ast.Constant()):
            return True
        case ast.Attribute(attr="get" | "keys" | "items" | "values" | "copy"):
            call = parents.get(around)
            return isinstance(call, ast.Call) and all(isinstance(one, ast.Constant) for one in call.args[:1])
        case _:
            return False


def _in_function(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> bool:
    around = parents.get(node)
    while around is not None:
        if isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return True
        around = parents.get(around)
    return False


def _namespace_writers(tree: ast.Module) -> Iterator[ast.AST]:
    if not traits(tree).writes:
        return
    parents = parents_of(tree)
    for node in walk(tree):
        match node:
            case ast.Name(id="exec" | "eval" | "execfile"):
                yield node
            case ast.Name(id="globals" | "locals" | "vars") if not _reads_namespace(node, parents):
                yield node
            case ast.Attribute(attr="modules", value=ast.Name(id="sys")) if not isinstance(
                parents.get(node), ast.Compare
            ):
                yield node
            case ast.Attribute(attr="get_objects" | "get_referrers"):
                yield node
            case ast.Attribute(attr="f_globals" | "f_locals" | "__globals__") if not _reads_space(
                node, parents
            ):
                yield node
            case ast.Call(args=[ast.Name(id="__name__"), *_], func=func) if last_name(func) in (
                "import_module",
                "__import__",
            ):
                yield node


def _reads_namespace(node: ast.Name, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """``globals()["NAME"]`` as a value, ``globals().get("NAME")`` and ``"NAME" in globals()``."""
    call = parents.get(node)
    return isinstance(call, ast.Call) and call.func is node and _reads_space(call, parents)


def _reads_space(space: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    around = parents.get(space)
    if isinstance(around, ast.Compare):
        return True
    if isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Load):
        return reads(around, parents)
    return isinstance(around, ast.Attribute) and around.attr == "get" and reads(around, parents)
