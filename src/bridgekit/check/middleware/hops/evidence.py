"""Where a flag of a class or function is set: the line that a reader should look at."""

from __future__ import annotations

import ast

from bridgekit.check.middleware.evaluation import guards
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import (
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Partial,
    Value,
)
from bridgekit.middleware_chain.facts import Answer, Location


def where_set(evaluator: Evaluator, value: Value, name: str) -> tuple[str, Location | None]:
    """In words and as a place: who sets attribute ``name`` of ``value``; an empty string if nobody does."""
    if isinstance(value, InstanceValue):
        return where_set(evaluator, value.cls, name)
    if isinstance(value, Partial):
        return "", None
    if isinstance(value, FunctionValue):
        return _on_function(evaluator, value, name)
    if isinstance(value, ClassValue):
        return _on_class(evaluator, value, name)
    return "", None


def _on_function(evaluator: Evaluator, function: FunctionValue, name: str) -> tuple[str, Location | None]:
    node = function.node
    if name in function.attributes and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        decorators = node.decorator_list
        shown = f"set by @{ast.unparse(decorators[0])[:60]}" if decorators else f"set on {node.name}"
        return shown, function.frame.module.location_of(decorators[0] if decorators else node)
    if isinstance(node, ast.Lambda):
        return "", None
    assigned = _assigned(evaluator, function.frame, node, name)
    return (f"set on {getattr(node, 'name', 'it')}", assigned) if assigned is not None else ("", None)


def _on_class(evaluator: Evaluator, cls: ClassValue, name: str) -> tuple[str, Location | None]:
    attributes = evaluator.attributes
    for owner in attributes.mros.of(cls)[0].classes:
        if not isinstance(owner, ClassValue):
            continue
        path = attributes.path_of(owner)
        if name in owner.attributes:
            decorators = owner.node.decorator_list
            at: ast.AST = decorators[0] if decorators else owner.node
            return f"set on {path} by a decorator", owner.frame.module.location_of(at)
        assigned = _assigned(evaluator, owner.frame, owner.node, name)
        if assigned is not None:
            return f"set on {path} after its definition", assigned
        frame = attributes.frame_of(owner)
        for binding in reversed(frame.block.names.get(name, ())):
            if guards.holds(evaluator, binding.guards, frame).answer is not Answer.NO:
                return f"set in {path}", frame.module.location_of(binding.node)
    return "", None


def _assigned(
    evaluator: Evaluator, frame: Frame, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> Location | None:
    for event in reversed(evaluator.attributes.assignments(frame, node)):
        runs = guards.holds(evaluator, event.guards, frame).answer is not Answer.NO
        if runs and evaluator.names.attribute_name(event, frame) == name:
            return frame.module.location_of(event.node)
    return None
