"""Which contexts a function opens for another function to close: tokens of context variables, and blocks that hold one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from bridgekit.check.findings.flow import (
    ReadFunction,
    called_function,
    called_functions,
    dotted_name,
    imported_names,
    resolved_name,
    walk_own,
)
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule

__all__ = ["closed_by", "context_variables", "opened_by"]

#: Functions of packages that give a token, and those that take it back, by what the pair is called in a message.
_PAIRS = {
    "opentelemetry.context.attach": "OpenTelemetry's context",
    "structlog.contextvars.bind_contextvars": "structlog's context variables",
}
_TAKES_BACK = {
    "opentelemetry.context.detach": "OpenTelemetry's context",
    "structlog.contextvars.reset_contextvars": "structlog's context variables",
}
_EXITS = frozenset({"close", "__exit__"})
_BLOCK = "a block in"


def opened_by(hook: ReadFunction, definition: Definition) -> frozenset[str]:
    """What the hook opens, itself or in what it calls, and does not close again."""
    functions = called_functions([hook], definition)
    found = {name for function in functions for name in _kept(function, definition)}
    found |= {name for function in functions for name in _entered(function, definition)}
    return frozenset(found) - closed_by(hook, definition)


def closed_by(hook: ReadFunction, definition: Definition) -> frozenset[str]:
    """What the hook closes by a token, or by leaving a block that it did not enter by ``with``."""
    functions = called_functions([hook], definition)
    found = {name for function in functions for name in _reset(function, definition)}
    found |= {name for function in functions for name in _left(function)}
    return frozenset(found)


def _kept(function: ReadFunction, definition: Definition) -> Iterator[str]:
    """Context variables that are set with the token kept, and packages' functions of the same kind."""
    if _is_context_manager(function):
        return
    imports = imported_names(function.module)
    dropped = {id(node.value) for node in walk_own(function.node) if isinstance(node, ast.Expr)}
    for node in walk_own(function.node):
        if isinstance(node, ast.Call) and id(node) not in dropped:
            name = _variable(node, "set", function, definition) or _PAIRS.get(
                resolved_name(node.func, imports), ""
            )
            if name:
                yield name


def _reset(function: ReadFunction, definition: Definition) -> Iterator[str]:
    if _is_context_manager(function):
        return
    imports = imported_names(function.module)
    for node in walk_own(function.node):
        if isinstance(node, ast.Call):
            name = _variable(node, "reset", function, definition) or _TAKES_BACK.get(
                resolved_name(node.func, imports), ""
            )
            if name:
                yield name


def _entered(function: ReadFunction, definition: Definition) -> Iterator[str]:
    """``request.stack.enter_context(block())`` and ``request.block.__enter__()``, where the block sets a context variable."""
    assigned = {
        dotted_name(target): node.value
        for node in walk_own(function.node)
        if isinstance(node, ast.Assign)
        for target in node.targets
    }
    for node in walk_own(function.node):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        holder = dotted_name(node.func.value)
        made: list[ast.expr] = node.args if node.func.attr == "enter_context" else []
        if node.func.attr == "__enter__" and holder in assigned:
            made = [assigned[holder]]
        for block in made:
            found = called_function(block, function, definition) if isinstance(block, ast.Call) else None
            if found is not None and _is_context_manager(found) and _sets_variable(found, definition):
                yield f"{_BLOCK} {holder}"


def _left(function: ReadFunction) -> Iterator[str]:
    """``request.stack.close()``, ``request.block.__exit__(...)``."""
    for node in walk_own(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _EXITS:
            yield f"{_BLOCK} {dotted_name(node.func.value)}"


def _is_context_manager(function: ReadFunction) -> bool:
    return any(
        dotted_name(decorator).rpartition(".")[2] == "contextmanager"
        for decorator in function.node.decorator_list
    )


def _sets_variable(function: ReadFunction, definition: Definition) -> bool:
    """Whether a generator keeps the token over its ``yield``, and resets by it."""
    calls = [node for node in walk_own(function.node) if isinstance(node, ast.Call)]
    return all(
        any(_variable(node, verb, function, definition) for node in calls) for verb in ("set", "reset")
    )


def _variable(node: ast.Call, verb: str, function: ReadFunction, definition: Definition) -> str:
    """The context variable whose method is called: one of the module, or one that it imports."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr != verb:
        return ""
    name = dotted_name(node.func.value)
    if name in context_variables(function.module):
        return f"the ContextVar {name}"
    origin, _, last = resolved_name(node.func.value, imported_names(function.module)).rpartition(".")
    if origin and last in context_variables(definition.load(origin)):
        return f"the ContextVar {last}"
    return ""


@lru_cache(maxsize=64)
def context_variables(module: SourceModule) -> frozenset[str]:
    """Module-level names bound to ``contextvars.ContextVar(...)``."""
    imports = imported_names(module)
    found = set()
    for node in module.tree.body if module.tree is not None else ():
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(value, ast.Call) and resolved_name(value.func, imports) == "contextvars.ContextVar":
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign)
                else []
            )
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(found)
