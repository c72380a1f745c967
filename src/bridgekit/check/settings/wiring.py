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
from bridgekit.check.settings.interpreter.machine import Machine
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
) -> Machine:
    """A machine, ready to run settings code. ``texts`` are the literals met so far, by node: runs share them."""
    m = Machine(finder, environ, assignment, opened, texts)
    m.evaluate = partial(evaluate, m)
    m.run_block = partial(run_block, m)
    m.call = partial(call_value, m)
    m.getattr = partial(get_attribute, m)
    m.setattr = partial(set_attribute, m)
    m.delattr = partial(delete_attribute, m)
    m.forget = partial(forget, m)
    m.bind = partial(bind, m)
    m.assign = partial(assign, m)
    m.subscript = partial(subscript, m)
    m.add = partial(add_values, m)
    m.truth = partial(truth, m)
    m.annotate = partial(_annotate, m)
    m.builtin = BUILTINS.__getitem__
    m.spoil = partial(taint, m)
    m.imports = Imports(m)
    m.library = Library(m)
    return m


_NO_FIELDS = ("ClassVar", "InitVar", "KW_ONLY")


def _annotate(m: Machine, frame: Frame, name: str, annotation: ast.expr) -> None:
    """Remember the type of a class attribute, for dataclasses and pydantic settings; only plain names are read."""
    value: Value = None
    if any(one in ast.unparse(annotation) for one in _NO_FIELDS):
        value = External("typing.ClassVar")
    elif isinstance(annotation, ast.Name):
        try:
            value = lookup(m, annotation.id, frame)
        except Raised:
            value = None
    else:
        annotation_effects(m, annotation, frame)
    if frame.owner is not None:
        frame.owner.annotations[name] = value
