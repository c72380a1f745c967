"""Follow names and expressions to values, without running anything.

A name's value is that of the last binding before the place it is used whose guards hold; where guards cannot be
decided, it is a choice of all that may hold. A budget of steps bounds the work on hostile source.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bridgekit.check.middleware.evaluation.atoms import Const, Missing, Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.attributes import Attributes
from bridgekit.check.middleware.evaluation.calls import Calls
from bridgekit.check.middleware.evaluation.expressions import Expressions
from bridgekit.check.middleware.evaluation.imports import Imports
from bridgekit.check.middleware.evaluation.names import Names
from bridgekit.check.middleware.evaluation.natives import is_object
from bridgekit.check.middleware.evaluation.outside_changes import OutsideChanges
from bridgekit.check.middleware.evaluation.settings_lookup import SettingsLookup
from bridgekit.check.middleware.evaluation.values import (
    Choice,
    ClassValue,
    Frame,
    InstanceValue,
    Lazy,
    Sequence,
    Value,
)
from bridgekit.check.modules.finder import ModuleFinder
from bridgekit.middleware_chain.facts import Answer

MAX_STEPS = 8_000
"""Expressions evaluated for one question about one middleware. Of 600 real ones the dearest needed 1,533."""
_LOOK_EVERY = 200
"""Steps after which the bounds of the whole run are looked at."""
MAX_DEPTH = 150
"""Nested evaluations: well below Python's own limit, each takes a handful of its frames."""


class SourceEvaluator:
    """The mutually recursive parts of reading: names, attributes, calls, imports, conditions."""

    def __init__(self, finder: ModuleFinder, settings: SettingsLookup | None = None) -> None:
        self.finder = finder
        self.settings = settings
        self.python_version = finder.environment.python_version
        self.imports: Imports = Imports(self, finder)
        self.attributes: Attributes = Attributes(self)
        self.calls: Calls = Calls(self)
        self.names = Names(self)
        self.outside: OutsideChanges = OutsideChanges(self)
        self.expressions = Expressions(self)
        self.steps = 0
        self.uncounted = _LOOK_EVERY
        """Steps since the bounds of the whole run were looked at."""
        self.depth = 0
        self.exhausted: Unknown | None = None
        """Set when the budget ran out: what was found since is not to be trusted, nor remembered."""

    def start(self) -> None:
        """Begin a new question with the whole budget."""
        self.steps = 0
        self.exhausted = None

    def evaluate(self, node: ast.expr, frame: Frame, at: int | None = None) -> Value:
        """The value of an expression used in statement ``at`` of ``frame``'s block (None: after its end)."""
        self.steps += 1
        self.uncounted += 1
        if self.uncounted > _LOOK_EVERY:
            reached = self.finder.bounds.spend(self.uncounted, lambda: frame.module.location_of(node))
            self.uncounted = _LOOK_EVERY if reached else 0
            if reached:
                self.exhausted = self.exhausted or frame.unknown(reached, node)
                return self.exhausted
        if self.steps > MAX_STEPS or self.depth > MAX_DEPTH:
            self.exhausted = self.exhausted or frame.unknown("too complicated to follow", node)
            return self.exhausted
        self.depth += 1
        try:
            return self.expressions.value(node, frame, at)
        finally:
            self.depth -= 1

    def truth(self, value: Value) -> Outcome:
        """``bool(value)``, three-valued."""
        if isinstance(value, Choice):
            answers = {self.truth(option).answer for option in value.values}
            return Outcome(answers.pop()) if len(answers) == 1 else Outcome.blocked(value.why)
        if isinstance(value, Const):
            return Outcome(Answer.of(bool(value.value)))
        if isinstance(value, Sequence):
            return Outcome(Answer.of(bool(value.items)))
        if isinstance(value, Unknown):
            return Outcome.blocked(value)
        if isinstance(value, Missing):
            return Outcome(Answer.UNKNOWN, value.reason or "a name that is not bound", value.location)
        if isinstance(value, InstanceValue):
            hook = self.attributes.hook(value.cls, "__bool__", "__len__")
            return Outcome(Answer.YES) if hook is None else Outcome.blocked(hook)
        if isinstance(value, ClassValue) and value.node.keywords:
            return Outcome.blocked(value.frame.unknown("the truth of a class with a metaclass", value.node))
        if isinstance(value, Native) and not is_object(value.name):
            return Outcome(Answer.UNKNOWN, f"{value.name} is only known at run time")
        return Outcome(Answer.YES)

    def force(self, value: Value) -> Value:
        """The finished value of an argument that was not evaluated yet."""
        if not isinstance(value, Lazy):
            return value
        if value.value is None:
            found = self.evaluate(value.node, value.frame, value.at)
            if self.exhausted is not None:
                return found
            value.value = found
        return value.value

    def lookup(self, name: str, frame: Frame, at: int | None, *, own: bool = False) -> Value:
        """The value of a name before statement ``at``. ``own``: in this block only, neither around it nor builtins."""
        return self.names.lookup(name, frame, at, own=own)

    def attribute(self, value: Value, name: str, frame: Frame, node: ast.AST | None = None) -> Value:
        """``value.name``."""
        return self.attributes.get(value, name, frame, node)

    def call(
        self,
        callee: Value,
        arguments: tuple[Value, ...],
        keywords: Mapping[str, Value],
        node: ast.expr | None,
        frame: Frame,
    ) -> Value:
        """``callee(*arguments, **keywords)``."""
        return self.calls.call(callee, arguments, keywords, node, frame)
