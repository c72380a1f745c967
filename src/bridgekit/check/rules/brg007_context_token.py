"""BRG007: a ContextVar token made in process_request and used in process_response, in two different contexts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.flow import (
    ReadFunction,
    dotted_name,
    imported_names,
    resolved_name,
    walk_own,
)
from bridgekit.check.parsing import SourceModule
from bridgekit.check.rule import Rule
from bridgekit.check.source.definition import Definition
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode


def check(subject: Subject) -> Iterator[Problem]:
    """Mixins that may run async: each hook then runs in a context of its own, and ``reset`` raises ValueError."""
    for checked in subject.middleware:
        definition = checked.definition
        if (
            definition is None
            or not checked.may_run(Mode.ASYNC)
            or checked.facts.mixin_acall.answer is not Answer.YES
        ):
            continue
        before, after = _hook(definition, "process_request"), _hook(definition, "process_response")
        if before is None or after is None:
            continue
        shared = set(_called_on_variables(before, "set", keeps=True)) & set(
            _called_on_variables(after, "reset")
        )
        for name in sorted(shared):
            place = after.module.location_of(after.node)
            yield Problem(
                f"{checked.dotted_path} sets the ContextVar {name} in process_request and resets it with that token in "
                "process_response: in async mode the two run in different contexts, and reset() raises ValueError",
                subject.shown_at(checked, place),
                "Set and reset it in one function: override __call__ and __acall__.",
                subject=checked.dotted_path,
            )


def _hook(definition: Definition, name: str) -> ReadFunction | None:
    method = definition.methods.get(name)
    return ReadFunction(method.node, method.module, method.owner) if method is not None else None


def _called_on_variables(function: ReadFunction, verb: str, *, keeps: bool = False) -> Iterator[str]:
    """Context variables of the function's module on which it calls ``verb``; with ``keeps`` only where the result is kept."""
    variables = context_variables(function.module)
    dropped = {id(node.value) for node in walk_own(function.node) if isinstance(node, ast.Expr)}
    for node in walk_own(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == verb:
            name = dotted_name(node.func.value)
            if name in variables and not (keeps and id(node) in dropped):
                yield name


def context_variables(module: SourceModule) -> set[str]:
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
    return found


RULE = Rule("BRG007", "context-token", Severity.ERROR, check)
