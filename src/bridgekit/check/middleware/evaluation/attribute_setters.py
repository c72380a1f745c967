"""Code that may set flags and hooks of a class or function from outside, in a way that the reader does not follow."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from bridgekit.check.middleware.evaluation.hazards import last_name, parents_of
from bridgekit.check.middleware.evaluation.syntax import owner_of_namespace, root_name
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.tree import children, walk

_unseen: WeakKeyDictionary[ast.Module, tuple[dict[str, ast.AST], list[ast.AST]]] = WeakKeyDictionary()


def set_unseen(module: SourceModule, attribute: str) -> ast.AST | None:
    """Code that may set or delete an attribute of a class or function of the module in a way that is not followed.

    In a loop (``for cls in (A, B): cls.flag = True``), in a function that names a global, in a method for something else than
    ``self``, under a computed name, or through ``__dict__``.
    """
    if module.tree is None:
        return None
    found = _unseen.get(module.tree)
    if found is None:
        found = _unseen[module.tree] = ({}, [])
        parents: dict[ast.AST, ast.AST] = {}
        defined: set[str] = set()
        texts = texts_of(module.tree)
        for node in walk(module.tree):
            target = attribute_target(node, texts)
            if target is None and _is_setter(node):
                parents = parents or parents_of(module.tree)
                call = parents.get(node)
                if not (isinstance(call, ast.Call) and call.func is node):
                    found[1].append(node)  # functools.partial(setattr, ...): it may be called with anything
            if target is None:
                continue
            parents = parents or parents_of(module.tree)
            name, owner = target
            defined = defined or {
                one.name
                for one in walk(module.tree)
                if isinstance(one, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            }
            if not _is_followed(
                node, root_name(owner), parents, defined, computed=name is None
            ) or _on_own_class(owner, parents, module.tree):
                if name is None:
                    found[1].append(node)
                else:
                    found[0].setdefault(name, node)
    return found[0].get(attribute) or next(iter(found[1]), None)


def texts_of(tree: ast.Module) -> dict[str, str]:
    """Names of a module that stand for one text and are bound nowhere else: ``MARKER = "_no_logging"``."""
    texts: dict[str, str] = {}
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                texts[name] = text
    if texts:
        bound = [
            node.id if isinstance(node, ast.Name) else node.arg
            for node in walk(tree)
            if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        ]
        return {name: text for name, text in texts.items() if bound.count(name) == 1}
    return texts


_SETTERS = frozenset(("setattr", "delattr", "__setattr__", "__delattr__"))


def attribute_target(node: ast.AST, texts: Mapping[str, str]) -> tuple[str | None, ast.expr] | None:
    """The attribute that a node sets or deletes, None for one that is computed, and whose it is; ``texts`` are names of one text."""
    match node:
        case ast.Attribute(attr=name, value=owner, ctx=ast.Store() | ast.Del()):
            return name, owner
        case ast.Call(func=func, args=[owner, name, *_]) if last_name(func) in _SETTERS:
            if isinstance(name, ast.Name):
                return texts.get(name.id), owner
            known = name.value if isinstance(name, ast.Constant) else None
            return (known if isinstance(known, str) else None), owner
        case ast.Call(func=ast.Attribute(attr="update" | "setdefault" | "pop", value=space)):
            owner_of_space = owner_of_namespace(space)
            return None if owner_of_space is None else (None, owner_of_space)
        case ast.Subscript(value=space, ctx=ast.Store() | ast.Del()):
            owner_of_space = owner_of_namespace(space)
            return None if owner_of_space is None else (None, owner_of_space)
    return None


def _on_own_class(owner: ast.expr, parents: Mapping[ast.AST, ast.AST], tree: ast.Module) -> bool:
    """``type(self).flag = True`` in a method that the module itself calls while it is imported."""
    match owner:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="__class__"):
            pass
        case _:
            return False
    around = parents.get(owner)
    while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef):
        around = parents.get(around)
    cls = parents.get(around) if around is not None else None
    called = {around.name, cls.name if isinstance(cls, ast.ClassDef) else ""} if around is not None else set()
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and last_name(node.func) in called:
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += children(node)
    return False


_NO_CLASSES = frozenset(("self", "request", "response"))
"""Names that, where attributes are set through them, are no class or function of the module."""


def _is_followed(
    node: ast.AST, root: str, parents: Mapping[ast.AST, ast.AST], defined: set[str], *, computed: bool
) -> bool:
    """Whether the reader sees what a setting of an attribute does to a class or function of the module."""
    if root in _NO_CLASSES:
        return True
    sets = isinstance(node, ast.Call) and last_name(node.func) in _SETTERS
    if sets and not (_calls_a_name(node) and isinstance(parents.get(node), ast.Expr)):
        return False
    in_loop = False
    around = parents.get(node)
    while around is not None and not isinstance(around, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        in_loop = in_loop or isinstance(around, ast.For | ast.AsyncFor | ast.While)
        around = parents.get(around)
    if around is None:
        # At the module's level by its own statements: those are followed, computed names too.
        return not (in_loop or _is_through_namespace(node))
    is_method = isinstance(parents.get(around), ast.ClassDef)
    arguments = around.args
    parameters = {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
    if computed and is_method:
        return True  # an object that it was handed: nearly always the request's
    if is_method or root not in parameters:
        return not _names_outer(root, around, parameters, defined, is_method=is_method)
    return not (in_loop or computed or _is_through_namespace(node))


def _calls_a_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _is_setter(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("setattr", "delattr")


def _is_through_namespace(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) or (
        isinstance(node, ast.Call) and last_name(node.func) not in ("setattr", "delattr")
    )


def _names_outer(
    root: str,
    function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
    parameters: set[str],
    defined: set[str],
    *,
    is_method: bool,
) -> bool:
    """Whether the root is a name from around the function, or what a method was handed beside ``self``."""
    if root in parameters:
        return is_method
    return root in defined and not any(_binds(one, root) for one in walk(function))


def _binds(node: ast.AST, name: str) -> bool:
    if isinstance(node, ast.Name):
        return node.id == name and isinstance(node.ctx, ast.Store)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
