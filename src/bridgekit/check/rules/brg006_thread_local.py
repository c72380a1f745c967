"""BRG006: request state in a threading.local, which an async view never sees."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.flow import (
    called_functions,
    dotted_name,
    imported_names,
    location_in,
    own_functions,
    resolved_name,
    walk_own,
)
from bridgekit.check.parsing import SourceModule
from bridgekit.check.rule import Rule
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.requests import Server


def check(subject: Subject) -> Iterator[Problem]:
    """A module-level ``threading.local()`` that the middleware's functions write to, under ASGI."""
    if subject.project.server is not Server.ASGI:
        return
    for checked in subject.middleware:
        if checked.definition is None or checked.certainly_not_used:
            continue
        for function in called_functions(own_functions(checked.definition), checked.definition):
            written = _written(function.node)
            written &= thread_locals(function.module) if written else set()
            if written and not _knows_contexts(function.module):
                name = sorted(written)[0]
                place = location_in(function.module, function.node)
                yield Problem(
                    f"{checked.dotted_path} keeps request state in {name}, a threading.local: "
                    "code on the event loop, async views first, does not see it",
                    place if subject.project.owns(place) else checked.listed_at,
                    "Use a contextvars.ContextVar, or asgiref.local.Local.",
                    subject=checked.dotted_path,
                )
                break


def _knows_contexts(module: SourceModule) -> bool:
    """Whether the module keeps context variables as well: its author then tells threads from requests."""
    return bool({"contextvars.ContextVar", "contextvars"} & set(imported_names(module).values()))


def thread_locals(module: SourceModule) -> set[str]:
    """Module-level names bound to ``threading.local()``, or to an instance of a subclass of it."""
    if module.tree is None:
        return set()
    imports = imported_names(module)
    kinds = {"threading.local"} | {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(resolved_name(b, imports) == "threading.local" for b in node.bases)
    }
    return {
        target.id
        for node in module.tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and resolved_name(node.value.func, imports) in kinds
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _written(function: ast.AST) -> set[str]:
    """Names of objects whose attributes the function sets."""
    names = set()
    for node in walk_own(function):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(dotted_name(node.value))
        elif isinstance(node, ast.Call) and dotted_name(node.func) == "setattr" and node.args:
            names.add(dotted_name(node.args[0]))
    return names


RULE = Rule("BRG006", "thread-local", Severity.WARNING, check)
