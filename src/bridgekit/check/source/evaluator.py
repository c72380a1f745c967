"""Follow names and expressions to values, without running anything.

A name's value is that of the last binding before the place it is used whose guards hold; where guards cannot be
decided, it is a choice of all that may hold. A budget of steps bounds the work on hostile source.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping
from collections.abc import Sequence as Sequences

from bridgekit.check.modules import ModuleFinder
from bridgekit.check.source import constants, guards
from bridgekit.check.source.attributes import Attributes
from bridgekit.check.source.bindings import AttributeSet, Binding, StarImport
from bridgekit.check.source.calls import Calls
from bridgekit.check.source.frames import Frame
from bridgekit.check.source.imports import Imports
from bridgekit.check.source.settings_lookup import SettingsLookup
from bridgekit.check.source.values import (
    MISSING,
    Choice,
    ClassValue,
    Const,
    FunctionValue,
    GetResponse,
    InstanceValue,
    Lazy,
    Missing,
    Native,
    Outcome,
    Sequence,
    Unknown,
    Value,
    choose,
    options,
    same_value,
)
from bridgekit.middleware_chain.facts import Answer

__all__ = ["Evaluator"]

MAX_STEPS = 8_000
"""Expressions evaluated for one dotted path. The dearest middleware of 242 packages needs about two thousand."""
MAX_DEPTH = 150
"""Nested evaluations: well below Python's own limit, each takes a handful of its frames."""


class Evaluator:
    """The mutually recursive parts of reading: names, attributes, calls, imports, conditions."""

    def __init__(self, finder: ModuleFinder, settings: SettingsLookup | None = None) -> None:
        self.finder = finder
        self.settings = settings
        self.python_version = finder.environment.python_version
        self.imports: Imports = Imports(self, finder)
        self.attributes: Attributes = Attributes(self)
        self.calls: Calls = Calls(self)
        self.steps = 0
        self.depth = 0
        self.exhausted: Unknown | None = None
        """Set when the budget ran out: what was found since is not to be trusted, nor remembered."""

    def start(self) -> None:
        """Begin a new question with the whole budget."""
        self.steps = 0
        self.exhausted = None

    # -- expressions ------------------------------------------------------------------------------------------------

    def evaluate(self, node: ast.expr, frame: Frame, at: int | None = None) -> Value:
        """The value of an expression used in statement ``at`` of ``frame``'s block (None: after its end)."""
        self.steps += 1
        if self.steps > MAX_STEPS or self.depth > MAX_DEPTH:
            self.exhausted = self.exhausted or frame.unknown("too complicated to follow", node)
            return self.exhausted
        self.depth += 1
        try:
            return self._evaluate(node, frame, at)
        finally:
            self.depth -= 1

    def _evaluate(self, node: ast.expr, frame: Frame, at: int | None) -> Value:
        match node:
            case ast.Constant():
                return Const(node.value)
            case ast.Name():
                return self._name(node, frame, at)
            case ast.Attribute():
                return self.attribute(self.evaluate(node.value, frame, at), node.attr, frame, node)
            case ast.Call():
                return self.calls.expression(node, frame, at)
            case ast.IfExp():
                return self._conditional(node, frame, at)
            case ast.BoolOp():
                return self._boolean(node, frame, at)
            case ast.UnaryOp(op=ast.Not()):
                outcome = self.truth(self.evaluate(node.operand, frame, at)).inverted()
                return self._from_outcome(outcome, frame, node)
            case ast.Lambda():
                return FunctionValue(node, frame)
            case ast.Tuple() | ast.List() | ast.Set():
                return self._display(node, frame, at)
            case ast.NamedExpr() | ast.Starred():
                return self.evaluate(node.value, frame, at)
            case _:
                return self._folded(node, frame, at)

    def _folded(self, node: ast.expr, frame: Frame, at: int | None) -> Value:
        match node:
            case ast.Compare():
                return self._comparison(node, frame, at)
            case ast.BinOp():
                one, other = self.evaluate(node.left, frame, at), self.evaluate(node.right, frame, at)
                return self._combine(one, other, lambda a, b: constants.binary(node.op, a, b), frame, node)
            case ast.UnaryOp():
                value = self.evaluate(node.operand, frame, at)
                return self._combine(value, value, lambda a, _: constants.unary(node.op, a), frame, node)
            case ast.Subscript():
                return self._subscript(node, frame, at)
            case ast.Slice():
                parts = [
                    Const(None) if p is None else self.evaluate(p, frame, at)
                    for p in (node.lower, node.upper, node.step)
                ]
                plain = [constants.as_const(part) for part in parts]
                failed = any(part is constants.FOLD_FAILED for part in plain)
                return (
                    frame.unknown("a slice that cannot be computed", node) if failed else Const(slice(*plain))
                )
            case ast.Dict():
                return self._dictionary(node, frame, at)
            case _:
                return frame.unknown(f"an expression that is not followed ({type(node).__name__})", node)

    def _display(self, node: ast.Tuple | ast.List | ast.Set, frame: Frame, at: int | None) -> Value:
        if any(isinstance(element, ast.Starred) for element in node.elts):
            return frame.unknown("an unpacked sequence", node)
        items = tuple(self.evaluate(element, frame, at) for element in node.elts)
        plain = constants.as_const(Sequence(items))
        return Sequence(items) if plain is constants.FOLD_FAILED else Const(plain)

    def _dictionary(self, node: ast.Dict, frame: Frame, at: int | None) -> Value:
        pairs: dict[object, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            plain = (
                constants.as_const(self.evaluate(key, frame, at))
                if key is not None
                else constants.FOLD_FAILED
            )
            if plain is constants.FOLD_FAILED or not isinstance(plain, str | int):
                return frame.unknown("a dict whose keys are not plain", node)
            pairs[plain] = self.evaluate(value, frame, at)
        return Const(pairs)

    def _subscript(self, node: ast.Subscript, frame: Frame, at: int | None) -> Value:
        value = self.evaluate(node.value, frame, at)
        if isinstance(value, ClassValue | Native):
            return value  # Generic[T], Base[Model]: the class with its parameters is the class
        index = self.evaluate(node.slice, frame, at)
        if isinstance(value, Const) and isinstance(value.value, dict) and isinstance(index, Const):
            found = value.value.get(index.value) if isinstance(index.value, str | int) else None
            return (
                self.force(found)
                if found is not None
                else frame.unknown("a key that is not in the dict", node)
            )
        if isinstance(value, Sequence) and isinstance(index, Const) and isinstance(index.value, int):
            number = index.value
            return (
                self.force(value.items[number]) if -len(value.items) <= number < len(value.items) else MISSING
            )
        return self._combine(value, index, constants.subscript, frame, node)

    def _conditional(self, node: ast.IfExp, frame: Frame, at: int | None) -> Value:
        outcome = guards.truth_of_test(self, node.test, frame, at)
        if outcome.answer is Answer.YES:
            return self.evaluate(node.body, frame, at)
        if outcome.answer is Answer.NO:
            return self.evaluate(node.orelse, frame, at)
        both = (self.evaluate(node.body, frame, at), self.evaluate(node.orelse, frame, at))
        return choose(both, Unknown(outcome.reason, outcome.location))

    def _boolean(self, node: ast.BoolOp, frame: Frame, at: int | None) -> Value:
        stops = Answer.NO if isinstance(node.op, ast.And) else Answer.YES
        possible: list[Value] = []
        blocked: Unknown | None = None
        for number, operand in enumerate(node.values):
            value = self.evaluate(operand, frame, at)
            outcome = self.truth(value)
            last = number == len(node.values) - 1
            if outcome.answer is stops or last:
                possible.append(value)
                break
            if outcome.answer is Answer.UNKNOWN:
                blocked = blocked or Unknown(outcome.reason, outcome.location)
                # Had this operand decided, the result would be it: an operand of that truth but unknown value.
                possible.append(Const(stops is Answer.YES) if isinstance(value, Unknown) else value)
        return choose(possible, blocked) if blocked is not None else possible[-1]

    def _comparison(self, node: ast.Compare, frame: Frame, at: int | None) -> Value:
        left = self.evaluate(node.left, frame, at)
        result: Value = Const(True)
        for operation, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(comparator, frame, at)
            step = self._compare(operation, left, right, frame, node)
            outcome = self.truth(step)
            if outcome.answer is not Answer.YES:
                return step
            result, left = step, right
        return result

    def _compare(
        self, operation: ast.cmpop, left: Value, right: Value, frame: Frame, node: ast.expr
    ) -> Value:
        if isinstance(operation, ast.Is | ast.IsNot | ast.Eq | ast.NotEq):
            plain = (
                constants.as_const(left) is not constants.FOLD_FAILED
                and constants.as_const(right) is not constants.FOLD_FAILED
            )
            same = None if plain else self._identical(left, right)
            if same is not None:
                return Const(same is isinstance(operation, ast.Is | ast.Eq))
        return self._combine(left, right, lambda a, b: constants.compare(operation, a, b), frame, node)

    def _identical(self, one: Value, other: Value) -> bool | None:
        if isinstance(one, Unknown | Choice | Missing) or isinstance(other, Unknown | Choice | Missing):
            return None
        if isinstance(one, Const) != isinstance(other, Const):
            return False
        if isinstance(one, GetResponse) or isinstance(other, GetResponse):
            return type(one) is type(other)
        return same_value(one, other) or (None if isinstance(one, InstanceValue) else False)

    def _combine(
        self, one: Value, other: Value, fold: Callable[[Value, Value], object], frame: Frame, node: ast.expr
    ) -> Value:
        """Fold over every combination of alternatives; unknown if one of them cannot be folded."""
        results: list[Value] = []
        for left in options(one):
            for right in options(other):
                result = fold(left, right)
                if result is constants.FOLD_FAILED:
                    return self._why_not(left, right, frame, node)
                results.append(Const(result))
        why = next((choice.why for choice in (one, other) if isinstance(choice, Choice)), None)
        return choose(results, why or frame.unknown("an expression that is not followed", node))

    @staticmethod
    def _why_not(one: Value, other: Value, frame: Frame, node: ast.expr) -> Unknown:
        for value in (one, other):
            if isinstance(value, Unknown):
                return value
        return frame.unknown(f"cannot tell {ast.unparse(node)[:80]!r}", node)

    @staticmethod
    def _from_outcome(outcome: Outcome, frame: Frame, node: ast.expr) -> Value:
        if outcome.answer is Answer.UNKNOWN:
            return (
                Unknown(outcome.reason, outcome.location)
                if outcome.location
                else frame.unknown(outcome.reason, node)
            )
        return Const(outcome.answer is Answer.YES)

    def truth(self, value: Value) -> Outcome:
        """``bool(value)``, three-valued."""
        if isinstance(value, Choice):
            answers = {self.truth(option).answer for option in value.values}
            return Outcome(answers.pop()) if len(answers) == 1 else Outcome.blocked(value.why)
        if isinstance(value, Const):
            try:
                return Outcome(Answer.of(bool(value.value)))
            except (TypeError, ValueError):
                return Outcome(Answer.UNKNOWN, "a value whose truth is not known")
        if isinstance(value, Sequence):
            return Outcome(Answer.of(bool(value.items)))
        if isinstance(value, Unknown):
            return Outcome.blocked(value)
        if isinstance(value, Missing):
            return Outcome(Answer.UNKNOWN, value.reason or "a name that is not bound", value.location)
        if isinstance(value, GetResponse) and value.called:
            return Outcome(Answer.YES)
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

    # -- names ------------------------------------------------------------------------------------------------------

    def _name(self, node: ast.Name, frame: Frame, at: int | None) -> Value:
        value = self.lookup(node.id, frame, at)
        if isinstance(value, Missing):
            reason = value.reason or f"name {node.id} is not defined"
            return Missing(reason, value.location or frame.unknown("", node).location)
        return self._with_later_attributes(value, node.id, frame, at)

    def _with_later_attributes(self, value: Value, name: str, frame: Frame, at: int | None) -> Value:
        """Attributes that this block set on the object through this name (a decorator on its argument, for one)."""
        if frame.kind != "function" or name not in frame.block.attributes or isinstance(value, Choice):
            return value
        if not isinstance(value, FunctionValue | ClassValue) or value.frame is frame:
            return value  # what a block defines itself is looked up with the object, whatever the name
        events = [event for event in frame.block.attributes[name] if at is None or event.index < at]
        found = self.attribute_sets(frame, events)
        return self.attributes.with_attributes(value, found) if found else value

    def attribute_sets(
        self, frame: Frame, events: Sequences[AttributeSet], wanted: str | None = None
    ) -> dict[str, Value]:
        """What attribute assignments of a block set, guards considered; computed names left out."""
        found: dict[str, Value] = {}
        for event in events:
            attribute = self.attribute_name(event, frame)
            if attribute is None or (wanted is not None and attribute != wanted) or event in frame.open:
                continue
            outcome = guards.holds(self, event.guards, frame)
            if outcome.answer is Answer.NO:
                continue
            frame.open.add(event)  # X.flag = not X.flag: what it replaces, not itself
            try:
                value = self.attribute_value(event, frame)
            finally:
                frame.open.discard(event)
            if outcome.answer is Answer.UNKNOWN:
                value = choose(
                    (found.get(attribute, MISSING), value), Unknown(outcome.reason, outcome.location)
                )
            found[attribute] = value
        return found

    def attribute_name(self, event: AttributeSet, frame: Frame) -> str | None:
        """The attribute's name; None if it is computed and cannot be told."""
        if isinstance(event.attribute, str):
            return event.attribute
        plain = constants.as_const(self.evaluate(event.attribute, frame, event.index))
        return plain if isinstance(plain, str) else None

    def attribute_value(self, event: AttributeSet, frame: Frame) -> Value:
        """The value that is set, or `Missing` for ``del``."""
        if event.value is None:
            return (
                MISSING
                if isinstance(event.node, ast.Delete)
                else frame.unknown("bound by a statement", event.node)
            )
        if isinstance(event.node, ast.AugAssign):
            return frame.unknown("an augmented assignment to an attribute", event.node)
        return self._unpacked(self.evaluate(event.value, frame, event.index), event.path, frame, event.node)

    def lookup(self, name: str, frame: Frame, at: int | None, *, own: bool = False) -> Value:
        """The value of a name before statement ``at``. ``own``: in this block only, neither around it nor builtins."""
        key = (name, -1 if at is None else at)
        known = frame.values.get(key)
        if known is None:
            if key in frame.open:
                return frame.unknown(f"the definition of {name} leads back to itself")
            frame.open.add(key)
            try:
                known = self._bound_here(name, frame, at)
            finally:
                frame.open.discard(key)
            if self.exhausted is None:
                frame.values[key] = known
        if own or not isinstance(known, Missing):
            return known
        return self._around(name, frame)

    def _around(self, name: str, frame: Frame) -> Value:
        outer = frame.closest()
        if outer is not None:
            return self.lookup(name, outer, None)
        if name == "__name__":
            return Const(frame.module.name)
        if hasattr(builtins, name):
            return Native(f"builtins.{name}")
        if frame.block.writes_globals is not None:
            return frame.unknown("the module writes its namespace at run time", frame.block.writes_globals)
        return MISSING

    def _bound_here(self, name: str, frame: Frame, at: int | None) -> Value:
        possible: list[Value] = []
        why: Unknown | None = None
        for event in self._events(name, frame, at):
            outcome = guards.holds(self, event.guards, frame)
            if outcome.answer is Answer.NO:
                continue
            value = (
                self.imports.star(event, name, frame)
                if isinstance(event, StarImport)
                else self.bound(event, frame)
            )
            if isinstance(event, StarImport) and isinstance(value, Missing):
                continue
            possible.append(value)
            if outcome.answer is Answer.YES:
                break
            why = why or Unknown(outcome.reason, outcome.location)
        else:
            if name in frame.arguments:
                possible.append(self.force(frame.arguments[name]))
            elif possible and frame.closest() is not None and frame.kind == "class":
                possible.append(MISSING)
        if not possible:
            return MISSING
        return choose(possible, why) if why is not None else possible[0]

    @staticmethod
    def _events(name: str, frame: Frame, at: int | None) -> list[Binding | StarImport]:
        bound: list[Binding | StarImport] = [*frame.block.names.get(name, ()), *frame.block.stars]
        if at is not None:
            bound = [event for event in bound if event.index < at]
        bound.sort(key=lambda event: event.index, reverse=True)
        return bound

    def bound(self, event: Binding, frame: Frame) -> Value:
        """What one binding gives its name."""
        node = event.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert event.alias is not None
            value = self.imports.imported(node, event.alias, frame)
            if isinstance(value, Missing):
                # A failed import that nothing catches: the code is made for an environment that has it.
                return Unknown(value.reason, value.location or frame.unknown("", node).location)
            return value
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return self.calls.decorated(FunctionValue(node, frame, owner=frame.cls), node, frame, event.index)
        if isinstance(node, ast.ClassDef):
            return self.calls.decorated(ClassValue(node, frame), node, frame, event.index)
        if isinstance(node, ast.Delete):
            return MISSING
        if event.value is None:
            return frame.unknown(f"{event.name} is bound by a loop, a with or an except", node)
        value = self.evaluate(event.value, frame, event.index)
        if isinstance(node, ast.AugAssign):
            before = self.lookup(event.name, frame, event.index)
            return self._combine(
                before, value, lambda a, b: constants.binary(node.op, a, b), frame, event.value
            )
        return self._unpacked(value, event.path, frame, node)

    def _unpacked(self, value: Value, path: tuple[int, ...], frame: Frame, node: ast.AST) -> Value:
        for step in path:
            if isinstance(value, Const) and isinstance(value.value, tuple | list) and step < len(value.value):
                value = Const(value.value[step])
            elif isinstance(value, Sequence) and step < len(value.items):
                value = self.force(value.items[step])
            elif not isinstance(value, Unknown):
                return frame.unknown("unpacked from a value that is not followed", node)
        return value

    # -- shared shorthands ------------------------------------------------------------------------------------------

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
