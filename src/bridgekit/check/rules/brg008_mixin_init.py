"""BRG008: a MiddlewareMixin subclass whose __init__ never calls the mixin's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import ReadFunction, dotted_name, walk_own
from bridgekit.check.findings.reached import called_functions
from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer

MIXIN = "django.utils.deprecation.MiddlewareMixin"


def check(subject: Subject) -> Iterator[Problem]:
    """Without the mixin's ``__init__`` there is no ``async_mode``, which its ``__call__`` reads (Django 5.1 and later)."""
    for checked, definition in subject.read_middleware():
        if not skips_mixin_init(definition):
            continue
        init = definition.methods["__init__"]
        yield Problem(
            f"{checked.dotted_path}: __init__ does not call super().__init__(get_response), so MiddlewareMixin is never "
            f"set up: {_consequence(definition)}",
            subject.shown_at(checked, init.location),
            "Call super().__init__(get_response) first in __init__.",
            subject=checked.dotted_path,
        )


def skips_mixin_init(definition: Definition) -> bool:
    """Whether the effective ``__init__`` certainly leaves the mixin's out and nothing makes up for it."""
    init = definition.methods.get("__init__")
    if (
        init is None
        or MIXIN not in definition.mro
        or definition.mro_complete.answer is not Answer.YES
        or init.owner.startswith("django.")
    ):
        return False
    start = ReadFunction(init.node, init.module, init.owner)
    for function in called_functions([start], definition):
        for node in walk_own(function.node):
            if isinstance(node, ast.Attribute) and node.attr in {"__init__", "async_mode"}:
                return False
            if isinstance(node, ast.Call) and dotted_name(node.func) in {"setattr", "vars"}:
                return False
    return "async_mode" not in definition.attributes and not _always_raises(init.node)


def _always_raises(node: ast.AST) -> bool:
    """An ``__init__`` whose last statement raises never gives an instance."""
    body = getattr(node, "body", [])
    return bool(body) and isinstance(body[-1], ast.Raise)


def _consequence(definition: Definition) -> str:
    reads_mode = definition.methods.get("__call__")
    if reads_mode is not None and reads_mode.owner == MIXIN:
        return "every request fails with AttributeError on async_mode"
    return "the instance is never marked as a coroutine function"


RULE = Rule("BRG008", "mixin-init", Severity.ERROR, check)
