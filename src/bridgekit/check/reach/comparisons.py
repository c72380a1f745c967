"""What comparing two values gives, as far as it is known, and what it does with them."""

from __future__ import annotations

import ast

from bridgekit.check.reach.interpreter import Interpreter
from bridgekit.check.reach.operations import use
from bridgekit.check.reach.server_questions import CLASSES
from bridgekit.check.reach.values import (
    Class,
    Const,
    Coroutine,
    External,
    Frame,
    Function,
    Generator,
    Instance,
    Items,
    Module,
    Native,
    Partial,
    Table,
    Value,
)

_SOMETHING = (Class, Coroutine, Function, Generator, Instance, Items, Module, Partial, Table)
"""Values that are certainly not None."""


def contains(
    interpreter: Interpreter, operator: ast.cmpop, left: Value, right: Value, node: ast.Compare, frame: Frame
) -> bool | None:
    use(interpreter, "contains", right, node, frame)
    if isinstance(right, Items):
        for one in right.items:
            use(interpreter, "compare", one, node, frame)
        if right.items and not all(isinstance(one, Const) for one in right.items):
            use(interpreter, "compare", left, node, frame)
        elif isinstance(left, Const) and id(right) in interpreter.named:  # a setting's: nobody changes it
            found = any(isinstance(one, Const) and one.value == left.value for one in right.items)
            return found is isinstance(operator, ast.In)
    if isinstance(right, Table) and isinstance(left, Const):
        if left.value in right.missing:
            return isinstance(operator, ast.NotIn)
        if left.value in right.entries or (right.entries and not right.others):
            return (left.value in right.entries) is isinstance(operator, ast.In)
    return None


def is_same(left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        return left.value is right.value
    if isinstance(left, Native) and isinstance(right, Native) and {left.name, right.name} <= CLASSES:
        return left.name == right.name
    for one, other in ((left, right), (right, left)):
        if isinstance(other, Const) and (
            isinstance(one, _SOMETHING) or (isinstance(one, External) and one.kind.startswith("@"))
        ):
            return False
    return True if left is right and isinstance(left, _SOMETHING) else None


def is_equal(operator: ast.cmpop, left: Value, right: Value) -> bool | None:
    if isinstance(left, Const) and isinstance(right, Const):
        if isinstance(operator, ast.Eq):
            return left.value == right.value
        if isinstance(operator, ast.NotEq):
            return left.value != right.value
    if isinstance(left, Native) and isinstance(right, Native) and isinstance(operator, ast.Eq | ast.NotEq):
        same = is_same(left, right)
        return None if same is None else same is isinstance(operator, ast.Eq)
    return None
