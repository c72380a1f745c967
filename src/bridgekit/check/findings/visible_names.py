"""Which imports a function body sees by which names: what it binds itself hides the module's (language reference, section 4.2.2)."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from bridgekit.check.findings.flow import FunctionNode, ReadFunction, imported_names, walk_own
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.scopes import names_bound_by
from bridgekit.check.python.tree import children, walk


@lru_cache(maxsize=512)
def visible_imports(function: ReadFunction) -> Mapping[str, str]:
    """As `imported_names` of its module; names that the function, those around it or the module bind otherwise mean ``<name>``.

    Not left out: `resolved_name` takes a name that it does not know for a path, and ``time.sleep`` is one.
    """
    imports = imported_names(function.module)
    hidden = hidden_names(function) | (rebound_names(function.module) & imports.keys())
    return MappingProxyType({**imports, **{name: f"<{name}>" for name in hidden}})


@lru_cache(maxsize=512)
def hidden_names(function: ReadFunction) -> frozenset[str]:
    """Names that the function, or one around it, binds by anything but an import: there they do not mean the module's."""
    around = _functions_around(function.module).get(id(function.node), ())
    return frozenset(name for node in (function.node, *around) for name in _bound_in(node))


def is_builtin(name: str, function: ReadFunction) -> bool:
    """Whether a plain name, if Python has a builtin of that name, means the builtin in the function."""
    module = function.module
    return name not in hidden_names(function) | rebound_names(module) and name not in _imported_anyhow(module)


def _bound_in(node: FunctionNode) -> Iterator[str]:
    arguments = node.args
    for parameter in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        yield parameter.arg
    yield from (parameter.arg for parameter in (arguments.vararg, arguments.kwarg) if parameter is not None)
    yield from _bound_but_by_imports(walk_own(node))


def _bound_but_by_imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            yield from names_bound_by(node)


@lru_cache(maxsize=64)
def _functions_around(module: SourceModule) -> Mapping[int, tuple[FunctionNode, ...]]:
    """For functions by identity, those that they stand in. Names of classes are not seen in their methods."""
    found: dict[int, tuple[FunctionNode, ...]] = {}
    waiting: list[tuple[ast.AST, tuple[FunctionNode, ...]]] = []
    if module.tree is not None:
        waiting.append((module.tree, ()))
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, FunctionNode):
            found[id(node)] = around
            around = (node, *around)
        waiting.extend((child, around) for child in children(node))
    return MappingProxyType(found)


@lru_cache(maxsize=64)
def rebound_names(module: SourceModule) -> frozenset[str]:
    """Names of the module that something but an import binds, or that a function declares global.

    ``requests = None`` where the import failed does not count: who calls it then gets a TypeError, and otherwise the import's.
    """
    if module.tree is None:
        return frozenset()
    absent = {
        id(target)
        for node in walk_own(module.tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value is None
        for target in node.targets
    }
    names = set(_bound_but_by_imports(node for node in walk_own(module.tree) if id(node) not in absent))
    for node in walk(module.tree):
        if isinstance(node, ast.Global):
            names.update(node.names)
    return frozenset(names)


@lru_cache(maxsize=64)
def _imported_anyhow(module: SourceModule) -> frozenset[str]:
    """What imports bind, those included that do not agree on what."""
    nodes = walk(module.tree) if module.tree is not None else ()
    return frozenset(
        name
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in names_bound_by(node)
    )
