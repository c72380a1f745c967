"""Names under which an object that is being made is known in its constructor, and functions inside of it that know it."""

from __future__ import annotations

import ast
from collections.abc import Set

from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.middleware.evaluation.values import Frame, InstanceValue
from bridgekit.check.python.tree import walk


def names_for(instance: InstanceValue, frame: Frame) -> set[str]:
    """Names that stand for the object in a frame or around it: parameters, and what is bound to one of them."""
    names: set[str] = set()
    around: Frame | None = frame
    while around is not None and around.kind == "function":
        names |= {name for name, value in around.arguments.items() if value is instance}
        for name, bindings in around.block.names.items():
            if any(isinstance(one.value, ast.Name) and one.value.id in names for one in bindings):
                names.add(name)
        around = around.parent
    return names


def is_closure(node: ast.AST, names: Set[str], frame: Frame) -> bool:
    """Whether an expression is a function of this constructor in which one of the names stands."""
    found: list[ast.AST | None] = [node] if isinstance(node, ast.Lambda) else []
    around: Frame | None = frame
    while isinstance(node, ast.Name) and around is not None and around.kind == "function":
        found += [part for one in around.block.names.get(node.id, ()) for part in (one.node, one.value)]
        around = around.parent
    return any(
        isinstance(part, ast.Name) and part.id in names
        for one in found
        if isinstance(one, ast.FunctionDef | ast.Lambda)
        for part in walk(one)
    )


def alters(function: ast.AST, names: Set[str]) -> bool:
    """Whether code hands what the names stand for to a call, or sets an attribute of it."""
    return any(_alters(node, names) for node in walk(function))


def _alters(node: ast.AST, names: Set[str]) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
        return root_name(node) in names
    return isinstance(node, ast.Call) and any(
        isinstance(part, ast.Name) and part.id in names for part in written(node)
    )


def written(call: ast.Call) -> tuple[ast.expr, ...]:
    """What is written as the arguments of a call."""
    return (*call.args, *(keyword.value for keyword in call.keywords))
