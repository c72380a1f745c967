"""The values of expressions: displays, operators, conditions; calls, names and attributes are handed on."""

from __future__ import annotations

import ast
from collections.abc import Callable

from bridgekit.check.middleware.evaluation import constants, guards, natives
from bridgekit.check.middleware.evaluation.alternatives import choose, options, same_value
from bridgekit.check.middleware.evaluation.atoms import (
    MISSING,
    Const,
    GetResponse,
    Missing,
    ModuleValue,
    Native,
    Outcome,
    Unknown,
)
from bridgekit.check.middleware.evaluation.changeable import is_data, is_value
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.set_elsewhere import set_later
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Descriptor,
    Frame,
    FunctionValue,
    InstanceValue,
    Lazy,
    Partial,
    Sequence,
    SuperValue,
    Value,
)
from bridgekit.middleware_chain.facts import Answer


class Expressions:
    """Expressions of every kind."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def value(self, node: ast.expr, frame: Frame, at: int | None) -> Value:
        """The value of one expression; what it is made of comes back through the evaluator and its budget."""
        match node:
            case ast.Constant():
                return Const(node.value)
            case ast.Name():
                return self.evaluator.names.of_node(node, frame, at)
            case ast.Attribute():
                base = self.evaluator.evaluate(node.value, frame, at)
                value = self.evaluator.attribute(base, node.attr, frame, node)
                if any(is_data(option) for option in options(value)):
                    return set_later(self.evaluator, base, node, frame, at) or value
                return value
            case ast.Call():
                return self.evaluator.calls.expression(node, frame, at)
            case ast.IfExp():
                return self._conditional(node, frame, at)
            case ast.BoolOp():
                return self._boolean(node, frame, at)
            case ast.UnaryOp(op=ast.Not()):
                outcome = self.evaluator.truth(self.evaluator.evaluate(node.operand, frame, at)).inverted()
                return self._from_outcome(outcome, frame, node)
            case ast.Lambda():
                return FunctionValue(node, frame)
            case ast.Tuple() | ast.List() | ast.Set():
                return self._display(node, frame, at)
            case ast.NamedExpr() | ast.Starred():
                return self.evaluator.evaluate(node.value, frame, at)
            case _:
                return self._folded(node, frame, at)

    def _folded(self, node: ast.expr, frame: Frame, at: int | None) -> Value:
        match node:
            case ast.Compare():
                return self._comparison(node, frame, at)
            case ast.BinOp():
                one, other = (
                    self.evaluator.evaluate(node.left, frame, at),
                    self.evaluator.evaluate(node.right, frame, at),
                )
                return self.combine(one, other, lambda a, b: constants.binary(node.op, a, b), frame, node)
            case ast.UnaryOp():
                value = self.evaluator.evaluate(node.operand, frame, at)
                return self.combine(value, value, lambda a, _: constants.unary(node.op, a), frame, node)
            case ast.Subscript():
                return self._subscript(node, frame, at)
            case ast.Slice():
                parts = [
                    Const(None) if p is None else self.evaluator.evaluate(p, frame, at)
                    for p in (node.lower, node.upper, node.step)
                ]
                plain = [constants.as_const(part) for part in parts]
                failed = any(part is constants.FOLD_FAILED for part in plain)
                return (
                    frame.unknown("a slice that cannot be computed", node) if failed else Const(slice(*plain))
                )
            case ast.Dict():
                return self._dictionary(node, frame, at)
            case ast.JoinedStr():
                return self._formatted(node, frame, at)
            case ast.Await():
                return frame.unknown(f"the result of await {ast.unparse(node.value)[:60]}", node)
            case _:
                return frame.unknown(f"an expression that is not followed ({type(node).__name__})", node)

    def _display(self, node: ast.Tuple | ast.List | ast.Set, frame: Frame, at: int | None) -> Value:
        if any(isinstance(element, ast.Starred) for element in node.elts):
            return frame.unknown("an unpacked sequence", node)
        items = tuple(self.evaluator.evaluate(element, frame, at) for element in node.elts)
        kind = {ast.Tuple: tuple, ast.List: list, ast.Set: set}[type(node)]
        plain = constants.as_const(Sequence(items, kind))
        if plain is not constants.FOLD_FAILED:
            return Const(plain)
        return Sequence(items, kind) if kind is not set else frame.unknown("a set of what is not plain", node)

    def _dictionary(self, node: ast.Dict, frame: Frame, at: int | None) -> Value:
        pairs: dict[object, Value] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            plain = (
                constants.as_const(self.evaluator.evaluate(key, frame, at))
                if key is not None
                else constants.FOLD_FAILED
            )
            if plain is constants.FOLD_FAILED or not isinstance(plain, str | int):
                return frame.unknown("a dict whose keys are not plain", node)
            pairs[plain] = self.evaluator.evaluate(value, frame, at)
        return Const(pairs)

    def _formatted(self, node: ast.JoinedStr, frame: Frame, at: int | None) -> Value:
        """An f-string of texts and whole numbers, without format specifications."""
        parts: list[str] = []
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            value = self.evaluator.evaluate(inner, frame, at)
            plain = constants.as_const(value)
            formatted = isinstance(part, ast.FormattedValue) and (part.conversion != -1 or part.format_spec)
            if formatted or not isinstance(plain, str | int):
                return value if isinstance(value, Unknown) else frame.unknown("a text made at run time", node)
            parts.append(str(plain))
        return Const("".join(parts))

    def _subscript(self, node: ast.Subscript, frame: Frame, at: int | None) -> Value:
        value = self.evaluator.evaluate(node.value, frame, at)
        if isinstance(value, ClassValue):
            return self._parametrized(value, node, frame, at)
        if isinstance(value, Native):
            return value  # Generic[T]
        index = self.evaluator.evaluate(node.slice, frame, at)
        if isinstance(value, Const) and isinstance(value.value, dict) and isinstance(index, Const):
            if not isinstance(index.value, str | int) or index.value not in value.value:
                return frame.unknown("a key that is not in the dict", node)
            found = value.value[index.value]
            return self.evaluator.force(found) if is_value(found) else Const(found)
        if isinstance(value, Sequence) and value.kind is set:
            return frame.unknown("an item of a set", node)
        if isinstance(value, Sequence) and isinstance(index, Const) and isinstance(index.value, int):
            number = index.value
            return (
                self.evaluator.force(value.items[number])
                if -len(value.items) <= number < len(value.items)
                else MISSING
            )
        return self.combine(value, index, constants.subscript, frame, node)

    def _parametrized(self, cls: ClassValue, node: ast.Subscript, frame: Frame, at: int | None) -> Value:
        """``Base[Model]``: the class itself, but for a ``__class_getitem__`` of its own that returns something else."""
        hidden = self.evaluator.attributes.hook(cls, "__getitem__")
        method = self.evaluator.attributes.of_class(cls, "__class_getitem__", cls)
        if (
            hidden is not None
            and isinstance(method, Missing)
            and self.evaluator.attributes.is_enumeration(cls)
        ):
            return hidden
        if isinstance(method, FunctionValue):  # a class method without being said to be one
            method = BoundMethod(method, cls)
        if not isinstance(method, BoundMethod) or not isinstance(method.function, FunctionValue):
            return method if isinstance(method, Unknown) else cls
        index = self.evaluator.evaluate(node.slice, frame, at)
        return self.evaluator.call(method, (index,), {}, node, frame)

    def _conditional(self, node: ast.IfExp, frame: Frame, at: int | None) -> Value:
        outcome = guards.truth_of_test(self.evaluator, node.test, frame, at)
        if outcome.answer is Answer.YES:
            return self.evaluator.evaluate(node.body, frame, at)
        if outcome.answer is Answer.NO:
            return self.evaluator.evaluate(node.orelse, frame, at)
        both = (
            self.evaluator.evaluate(node.body, frame, at),
            self.evaluator.evaluate(node.orelse, frame, at),
        )
        return choose(both, Unknown(outcome.reason, outcome.location))

    def _boolean(self, node: ast.BoolOp, frame: Frame, at: int | None) -> Value:
        stops = Answer.NO if isinstance(node.op, ast.And) else Answer.YES
        possible: list[Value] = []
        blocked: Unknown | None = None
        for number, operand in enumerate(node.values):
            value = self.evaluator.evaluate(operand, frame, at)
            outcome = self.evaluator.truth(value)
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
        left = self.evaluator.evaluate(node.left, frame, at)
        result: Value = Const(True)
        for operation, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.evaluator.evaluate(comparator, frame, at)
            step = self._compare(operation, left, right, frame, node)
            outcome = self.evaluator.truth(step)
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
            by_identity = isinstance(operation, ast.Is | ast.IsNot)
            same = None if plain else self._same(left, right, by_identity=by_identity)
            if same is not None:
                return Const(same is isinstance(operation, ast.Is | ast.Eq))
        return self.combine(left, right, lambda a, b: constants.compare(operation, a, b), frame, node)

    def _same(self, one: Value, other: Value, *, by_identity: bool) -> bool | None:
        """Whether two values are one object, or equal; None where a hook or the run decides."""
        undecided = Unknown | Choice | Missing | BoundMethod | Partial | Lazy | Descriptor | SuperValue
        if isinstance(one, undecided) or isinstance(other, undecided):
            return None
        for value in (one, other):
            if isinstance(value, Native) and not natives.is_object(value.name):
                return None
            if not by_identity and self._may_say_itself(value):
                return None
        if _is_data(one) and _is_data(other):
            return None
        if _is_data(one) != _is_data(other):
            return False
        if isinstance(one, GetResponse) or isinstance(other, GetResponse):
            return type(one) is type(other)
        named = all(isinstance(value, ModuleValue | Native) for value in (one, other))
        if named and ModuleValue in (type(one), type(other)) and not same_value(one, other):
            return None  # os.path is posixpath: a module may go by another name
        return same_value(one, other) or (None if isinstance(one, InstanceValue) else False)

    def _may_say_itself(self, value: Value) -> bool:
        """Whether a value may have a say in what it is equal to."""
        if isinstance(value, InstanceValue):
            return self.evaluator.attributes.hook(value.cls, "__eq__", "__ne__") is not None
        return isinstance(value, ClassValue) and bool(value.node.keywords)

    def combine(
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


def _is_data(value: Value) -> bool:
    return isinstance(value, Const | Sequence)
