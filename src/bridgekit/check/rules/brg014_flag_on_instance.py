"""BRG014: sync_capable or async_capable set on the instance, where Django never looks."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import own_functions, walk_own
from bridgekit.check.findings.subject import Subject
from bridgekit.check.middleware.definition import DefinitionKind
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer


def check(subject: Subject) -> Iterator[Problem]:
    """``self.async_capable = True`` where the class says otherwise; the same value twice is no fault."""
    for checked in subject.middleware:
        definition = checked.definition
        if definition is None or definition.kind is not DefinitionKind.CLASS:
            continue
        declared = {
            "sync_capable": checked.facts.sync_capable.answer,
            "async_capable": checked.facts.async_capable.answer,
        }
        for function in own_functions(definition):
            for node in walk_own(function.node):
                flag, value = _flag_set(node)
                if flag and value is not None and declared[flag] not in (Answer.UNKNOWN, Answer.of(value)):
                    place = function.module.location_of(node)
                    yield Problem(
                        f"{checked.dotted_path} sets self.{flag} = {value}, but Django reads the class: "
                        f"it is still {flag.removesuffix('_capable')}-{'in' if declared[flag] is Answer.NO else ''}capable",
                        subject.shown_at(checked, place),
                        f"Write {flag} = {value} in the class body.",
                        subject=f"{checked.dotted_path}.{flag}",
                    )


def _flag_set(node: ast.AST) -> tuple[str, bool | None]:
    """The flag and value of ``self.async_capable = True``; an empty name for any other node."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
        return "", None
    for target in node.targets:
        if (
            isinstance(target, ast.Attribute)
            and isinstance(target.value, ast.Name)
            and target.value.id == "self"
            and target.attr in {"sync_capable", "async_capable"}
        ):
            return target.attr, bool(node.value.value)
    return "", None


RULE = Rule("BRG014", "flag-on-instance", Severity.WARNING, check)
