"""Joins the parts of the interpreter: expressions, statements, calls and imports need one another."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import partial

from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.check.settings.builtins.functions import BUILTINS
from bridgekit.check.settings.expressions import evaluate
from bridgekit.check.settings.expressions.names import lookup
from bridgekit.check.settings.expressions.operations import add_values
from bridgekit.check.settings.expressions.subscripts import subscript
from bridgekit.check.settings.interpreter.control import Raised
from bridgekit.check.settings.interpreter.data import Text, Value
from bridgekit.check.settings.interpreter.imports import Imports
from bridgekit.check.settings.interpreter.interpreter import Interpreter
from bridgekit.check.settings.interpreter.mangling import mangled
from bridgekit.check.settings.interpreter.questions import Assignment
from bridgekit.check.settings.interpreter.taint import taint
from bridgekit.check.settings.interpreter.truth import truth
from bridgekit.check.settings.interpreter.values import External, Frame
from bridgekit.check.settings.library import Library
from bridgekit.check.settings.objects.attribute_changes import delete_attribute, set_attribute
from bridgekit.check.settings.objects.attributes import get_attribute
from bridgekit.check.settings.objects.calls import call_value
from bridgekit.check.settings.statements import run_block
from bridgekit.check.settings.statements.assignment import annotation_effects, assign
from bridgekit.check.settings.statements.forget import forget
from bridgekit.check.settings.statements.names import bind


def make_machine(
    finder: ModuleFinder,
    environ: Mapping[str, str],
    assignment: Assignment,
    opened: frozenset[str],
    texts: dict[int, Text],
) -> Interpreter:
    """An interpreter, ready to run settings code. ``texts`` are the literals met so far, by node: runs share them."""
    interpreter = Interpreter(finder, environ, assignment, opened, texts)
    interpreter.evaluate = partial(evaluate, interpreter)
    interpreter.run_block = partial(run_block, interpreter)
    interpreter.call = partial(call_value, interpreter)
    interpreter.getattr = partial(get_attribute, interpreter)
    interpreter.setattr = partial(set_attribute, interpreter)
    interpreter.delattr = partial(delete_attribute, interpreter)
    interpreter.forget = partial(forget, interpreter)
    interpreter.bind = partial(bind, interpreter)
    interpreter.assign = partial(assign, interpreter)
    interpreter.subscript = partial(subscript, interpreter)
    interpreter.add = partial(add_values, interpreter)
    interpreter.truth = partial(truth, interpreter)
    interpreter.annotate = partial(_annotate, interpreter)
    interpreter.builtin = BUILTINS.__getitem__
    interpreter.taint_values = partial(taint, interpreter)
    interpreter.imports = Imports(interpreter)
    interpreter.library = Library(interpreter)
    return interpreter


_NO_FIELDS = ("ClassVar", "InitVar", "KW_ONLY")


def _annotate(interpreter: Interpreter, frame: Frame, name: str, annotation: ast.expr) -> None:
    """Remember the type of a class attribute, for dataclasses and pydantic settings; only plain names are read."""
    value: Value = None
    if any(one in ast.unparse(annotation) for one in _NO_FIELDS):
        value = External("typing.ClassVar")
    elif isinstance(annotation, ast.Name):
        try:
            value = lookup(interpreter, annotation.id, frame)
        except Raised:
            value = None
    else:
        annotation_effects(interpreter, annotation, frame)
    if frame.owner is not None:
        frame.owner.annotations[mangled(name, frame)] = value
