"""Code of a module that may raise ``MiddlewareNotUsed`` without being called by its name: hooks of objects, properties, callbacks."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from bridgekit.check.middleware.evaluation.hazards import NOT_USED, last_name, parents_of
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import walk

_CALLED_BY_NAME = frozenset(("__init__", "__new__", "__init_subclass__", "__call__", "__post_init__"))
_KEEPING = frozenset(
    (
        "atomic",
        "catch_warnings",
        "closing",
        "Lock",
        "open",
        "override",
        "redirect_stdout",
        "RLock",
        "suppress",
    )
)
"""Managers by their last name that let every exception through, and `contextlib.suppress`, which is read as a ``try``."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_known: WeakKeyDictionary[ast.Module, tuple[dict[str, ast.AST], list[Function]]] = WeakKeyDictionary()


def refusing_names(tree: ast.Module) -> Mapping[str, ast.AST]:
    """Functions and classes by name that raise it, or name another one that does."""
    return _found(tree)[0]


def hidden_refusal(module: SourceModule) -> ast.FunctionDef | None:
    """A hook, a property or a decorated function that raises it: it runs where nothing calls it by name."""
    for function in _found(module.tree)[1] if module.tree is not None else ():
        if not isinstance(function, ast.FunctionDef):
            continue
        is_hook = function.name.startswith("__") and function.name not in _CALLED_BY_NAME
        decorated = [
            last_name(one.func if isinstance(one, ast.Call) else one) for one in function.decorator_list
        ]
        if is_hook or any("property" in one or one in ("setter", "deleter") for one in decorated):
            return function
    return None


def may_be_swallowed(module: SourceModule, node: ast.AST) -> ast.With | None:
    """A ``with`` around a statement, in its function, whose manager may end the exception."""
    if module.tree is None:
        return None
    parents = parents_of(module.tree)
    around = parents.get(node)
    while around is not None and not isinstance(around, Function | ast.ClassDef):
        if isinstance(around, ast.With) and not all(_keeps(item.context_expr) for item in around.items):
            return around
        around = parents.get(around)
    return None


def _keeps(manager: ast.expr) -> bool:
    name = last_name(manager.func if isinstance(manager, ast.Call) else manager)
    return name in _KEEPING or name.endswith("lock")


def _found(tree: ast.Module) -> tuple[dict[str, ast.AST], list[Function]]:
    known = _known.get(tree)
    if known is None:
        known = _known[tree] = _search(tree)
    return known


def _search(tree: ast.Module) -> tuple[dict[str, ast.AST], list[Function]]:
    exceptions = {NOT_USED}
    for node in walk(tree):
        if isinstance(node, ast.alias) and node.name == NOT_USED and node.asname:
            exceptions.add(node.asname)
        elif isinstance(node, ast.ClassDef) and any(last_name(base) in exceptions for base in node.bases):
            exceptions.add(node.name)
    mentions = {
        node: {last_name(part) for part in walk(node) if isinstance(part, ast.Name | ast.Attribute)}
        for node in walk(tree)
        if isinstance(node, Function)
    }
    classes = [node for node in walk(tree) if isinstance(node, ast.ClassDef)]
    names: dict[str, ast.AST] = {}
    functions: list[Function] = []
    grows = True
    while grows:
        grows = False
        for function, named in mentions.items():
            if function not in functions and not named.isdisjoint(exceptions | names.keys()):
                functions.append(function)
                names.setdefault(getattr(function, "name", "<lambda>"), function)
                grows = True
        for cls in classes:
            if cls.name not in names and any(
                isinstance(part, ast.FunctionDef) and part in functions and part.name in _CALLED_BY_NAME
                for part in cls.body
            ):
                names[cls.name] = cls
                grows = True
    return names, functions
