"""What setting attributes of an object runs, what leads to all of them, and those that ``@dataclass`` sets."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from bridgekit.check.middleware.evaluation.atoms import (
    COROUTINE_MARK,
    MARKED_BY_PYTHON,
    UNREAD,
    Const,
    Missing,
    Native,
    Unknown,
)
from bridgekit.check.middleware.evaluation.hazards import last_name
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.syntax import owner_of_namespace, root_name
from bridgekit.check.middleware.evaluation.values import ClassValue, Frame, InstanceValue, Value

CALLING = (
    "functools.",
    "operator.",
    "itertools.",
    "builtins.map",
    "builtins.filter",
    "builtins.sorted",
    "contextlib.",
)
"""Functions of Python's that call what they are handed, at once or later."""


def runs_code(order: Sequence[ClassValue], name: str) -> bool:
    """Whether a class has a say in what setting an attribute does: ``__setattr__``, a setter, a descriptor."""
    return any(
        _is_setter(statement, name, one.frame) or getattr(statement, "name", "") == "__setattr__"
        for one in order
        for statement in one.node.body
    )


def set_fields(evaluator: Evaluator, instance: InstanceValue, order: Sequence[ClassValue]) -> None:
    """What the ``__init__`` that `dataclasses.dataclass` writes sets: fields in order."""
    arguments = list(instance.arguments)
    given = dict(instance.keywords)
    classes = [cls for cls in order if any(map(_is_field, cls.node.body))]
    simple = len(classes) == 1 and UNREAD not in given and "__init__" in classes[0].attributes
    for cls in classes:
        frame = evaluator.attributes.frame_of(cls)
        for statement in cls.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            name = statement.target.id
            value: Value = frame.unknown(f"the field {name} is only known at run time", statement)
            if simple and name in given:
                value = evaluator.force(given[name])
            elif simple and arguments:
                value = evaluator.force(arguments.pop(0))
            elif simple and isinstance(statement.value, ast.Constant):
                value = Const(statement.value.value)
            instance.attributes[name] = value


def has_old_mark(evaluator: Evaluator, instance: InstanceValue) -> bool:
    """``_is_coroutine`` marks for asyncio's test, which asgiref uses below Python 3.12 and `inspect` never knew."""
    if evaluator.python_version >= (3, 12):
        return False
    mark = evaluator.attributes.of_instance(instance, "_is_coroutine", instance.cls.frame)
    return isinstance(mark, Native) and mark.name.endswith("._is_coroutine")


def mark_by_hand(evaluator: Evaluator, instance: InstanceValue) -> Unknown | None:
    """Why it is not known whether an object is marked: its class has something in the mark's place that Python did not put there."""
    mark = evaluator.attributes.of_class(instance.cls, COROUTINE_MARK, instance)
    if mark == MARKED_BY_PYTHON or isinstance(mark, Missing | Unknown | Const):
        return None
    return instance.cls.frame.unknown("the class sets the coroutine mark itself", instance.cls.node)


def _is_setter(statement: ast.stmt, name: str, frame: Frame) -> bool:
    match statement:
        case ast.FunctionDef(name=defined, decorator_list=[*decorators]):
            return defined == name and any(last_name(one) == "setter" for one in decorators)
        case ast.Assign(targets=[ast.Name(id=bound)], value=ast.Call(func=made)):
            # A class of the project may be that of a descriptor; what Python's and Django's own do is known by what is read of them.
            return bound == name and last_name(made) in frame.block.names
    return False


def leads_to_attributes(node: ast.expr, names: set[str]) -> bool:
    """``self.__dict__`` and ``vars(self)``."""
    owner = owner_of_namespace(node)
    return owner is not None and root_name(owner) in names


def _is_field(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
