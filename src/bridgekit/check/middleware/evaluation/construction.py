"""Follow a constructor in async mode: what it sets on the instance, whether it marks it, whether it refuses."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from bridgekit.check.middleware.evaluation import guards, natives
from bridgekit.check.middleware.evaluation.aliases import alters, is_closure, names_for, written
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import (
    COROUTINE_MARK,
    Const,
    GetResponse,
    Missing,
    Native,
    Outcome,
    Unknown,
)
from bridgekit.check.middleware.evaluation.block import AttributeSet, Call, Effect, Raise, Return, Step
from bridgekit.check.middleware.evaluation.hazards import last_name
from bridgekit.check.middleware.evaluation.instance_attributes import (
    CALLING,
    has_old_mark,
    leads_to_attributes,
    mark_by_hand,
    runs_code,
    set_fields,
)
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.refusal import (
    may_refuse,
    of_expression,
    of_raise,
    perhaps,
    swallowed,
)
from bridgekit.check.middleware.evaluation.syntax import root_name
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Deferred,
    Frame,
    FunctionValue,
    InstanceValue,
    Value,
)
from bridgekit.check.python.cause import Cause
from bridgekit.check.python.scopes import is_generator
from bridgekit.check.python.tree import children, walk
from bridgekit.middleware_chain.facts import Answer

MAX_NESTING = 12


def construct(evaluator: Evaluator, instance: InstanceValue) -> None:
    """Run ``__init__`` of ``instance``'s class on it, as far as it can be followed."""
    initializer = evaluator.attributes.of_class(instance.cls, "__init__", instance)
    run = _Construction(evaluator, instance)
    with contextlib.suppress(_Left):
        if isinstance(initializer, Native) and initializer.name == "dataclasses.__init__":
            run.dataclass()
        else:
            run.follow(initializer, instance.arguments, dict(instance.keywords), None)
    if instance.marked.answer is Answer.NO and has_old_mark(evaluator, instance):
        instance.marked = Outcome(Answer.YES)
    by_hand = mark_by_hand(evaluator, instance) if instance.marked.answer is Answer.NO else None
    if by_hand is not None:
        instance.marked = Outcome.blocked(by_hand)


@dataclass
class _Left(Exception):
    """The constructor returned or raised; what follows the call in the caller goes on only after a return."""

    raised: bool


class _Construction:
    """One walk over constructors; ``certain`` falls where a guard cannot be decided and rises again behind it."""

    def __init__(self, evaluator: Evaluator, instance: InstanceValue) -> None:
        self.evaluator = evaluator
        self.instance = instance
        self.nesting = 0

    def follow(
        self, callee: Value, arguments: tuple[Value, ...], keywords: dict[str, Value], why: Unknown | None
    ) -> None:
        """Run one function for its effects on the instance. ``why`` is set if the call itself may not happen."""
        if isinstance(callee, Choice):
            for option in callee.values:
                self.follow(option, arguments, keywords, why or callee.why)
            return
        if isinstance(callee, BoundMethod):
            self.follow(callee.function, (callee.receiver, *arguments), keywords, why)
            return
        if isinstance(callee, Unknown) and self._receives_instance(callee, arguments):
            self._unseen(callee, refuses=True)
            return
        if not isinstance(callee, FunctionValue) or isinstance(
            callee.node, ast.Lambda | ast.AsyncFunctionDef
        ):
            return
        if self.nesting >= MAX_NESTING:
            return
        if is_generator(callee.node):
            if alters(callee.node, {one.arg for one in callee.node.args.args}):
                self._unseen(
                    callee.frame.unknown("a generator runs when it is asked for its items", callee.node),
                    refuses=may_refuse(self.evaluator, callee.frame.module),
                )
            return
        frame = self.evaluator.calls.frame(callee, arguments, keywords)
        self.nesting += 1
        try:
            self._steps(frame, why)
        except _Left as left:
            if left.raised:
                raise
        finally:
            self.nesting -= 1

    def _receives_instance(self, callee: Unknown, arguments: tuple[Value, ...]) -> bool:
        return self.nesting == 0 or any(argument is self.instance for argument in arguments)

    def _unseen(self, blocked: Unknown, *, refuses: bool) -> None:
        """Code that is not followed has the object, and may mark it; ``refuses``: and may raise ``MiddlewareNotUsed``."""
        self.instance.dynamic = self.instance.dynamic or blocked
        if self.instance.marked.answer is Answer.NO:
            self.instance.marked = Outcome.blocked(blocked)
        if refuses and self.instance.unused.answer is Answer.NO:
            self.instance.unused = Outcome.blocked(blocked)

    def _steps(self, frame: Frame, why: Unknown | None) -> None:
        left_maybe = why
        for step in frame.block.steps:
            outcome = guards.holds(self.evaluator, step.guards, frame)
            if outcome.answer is Answer.NO:
                continue
            maybe = Unknown(outcome.reason, outcome.location) if outcome.answer is Answer.UNKNOWN else None
            self._step(step, frame, maybe or left_maybe)
            if isinstance(step, Return | Raise) and maybe is None and why is None:
                raise _Left(isinstance(step, Raise))
            if isinstance(step, Return):
                left_maybe = left_maybe or maybe
            # An undecided raise changes nothing: there is an instance only if it did not happen.

    def _step(self, step: Step, frame: Frame, why: Unknown | None) -> None:
        match step:
            case AttributeSet():
                self._attribute(step, frame, why)
            case Call() | Effect():
                self._evaluated(step.node, frame, step.index, why)
            case Raise():
                self._refused(of_raise(self.evaluator, step, frame), why or swallowed(step.node, frame))
            case Return() if step.node.value is not None:
                self._evaluated(step.node.value, frame, step.index, why)

    def _evaluated(self, node: ast.expr, frame: Frame, at: int, why: Unknown | None) -> None:
        self._effect(node, frame, at, why)
        found = of_expression(self.evaluator, node, frame, at, self.nesting)
        if found.answer is not Answer.NO:
            self._refused(found, why or swallowed(node, frame))

    def _attribute(self, step: AttributeSet, frame: Frame, why: Unknown | None) -> None:
        if not isinstance(step.base, ast.Name):
            return
        base = self.evaluator.evaluate(step.base, frame, step.index)
        if isinstance(base, ClassValue) and base.node in [cls.node for cls in self._classes()]:
            if isinstance(
                step.attribute, str
            ):  # set on its class: seen through the instance unless it has its own
                self.instance.attributes.setdefault(step.attribute, Deferred(frame, step, None, why))
            return
        if base is not self.instance:
            return
        name = self.evaluator.names.attribute_name(step, frame)
        if name is None:
            self.instance.dynamic = frame.unknown("attributes are set under computed names", step.node)
            return
        if name == COROUTINE_MARK:
            self._unseen(frame.unknown("the coroutine mark is set by hand", step.node), refuses=False)
        if runs_code(self._classes(), name):
            self._unseen(
                frame.unknown(f"setting {name} runs code of the class", step.node),
                refuses=any(may_refuse(self.evaluator, cls.frame.module) for cls in self._classes()),
            )
        self.instance.attributes[name] = Deferred(frame, step, self.instance.attributes.get(name), why)

    def _effect(self, node: ast.expr, frame: Frame, at: int, why: Unknown | None) -> None:
        """An expression run for the effects of the calls in it; those behind ``and``, ``or`` and conditions may not happen."""
        match node:
            case ast.BoolOp():
                for operand in node.values:
                    self._effect(operand, frame, at, why)
                    outcome = guards.truth_of_test(self.evaluator, operand, frame, at)
                    stops = Answer.NO if isinstance(node.op, ast.And) else Answer.YES
                    if outcome.answer is stops:
                        return
                    if outcome.answer is Answer.UNKNOWN:
                        why = why or Unknown(outcome.reason, outcome.location)
            case ast.IfExp():
                self._effect(node.test, frame, at, why)
                outcome = guards.truth_of_test(self.evaluator, node.test, frame, at)
                inner = why or (
                    Unknown(outcome.reason, outcome.location) if outcome.answer is Answer.UNKNOWN else None
                )
                if outcome.answer is not Answer.NO:
                    self._effect(node.body, frame, at, inner)
                if outcome.answer is not Answer.YES:
                    self._effect(node.orelse, frame, at, inner)
            case ast.Lambda() | ast.Constant() | ast.Name():
                pass
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                perhaps_run = why or frame.unknown("only decided while a comprehension runs", node)
                self._inside(node, frame, at, perhaps_run)
            case _:
                self._inside(node, frame, at, why)
                if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                    self._kept(node, frame)
                if isinstance(node, ast.Call):
                    self._call(node, frame, at, why)

    def _inside(self, node: ast.AST, frame: Frame, at: int, why: Unknown | None) -> None:
        for child in children(node):
            if isinstance(child, ast.expr):
                self._effect(child, frame, at, why)
            elif isinstance(child, ast.keyword | ast.comprehension):
                self._inside(child, frame, at, why)

    def _kept(self, node: ast.expr, frame: Frame) -> None:
        """What is put into a list, tuple, set or dict is anybody's who gets that."""
        names = names_for(self.instance, frame)
        for part in children(node):
            is_instance = isinstance(part, ast.Name) and part.id in names
            if is_instance or (isinstance(part, ast.expr) and is_closure(part, names, frame)):
                self._unseen(
                    frame.unknown("the object, or a function that knows it, is kept in a container", node),
                    refuses=True,
                )

    def _call(self, node: ast.Call, frame: Frame, at: int, why: Unknown | None) -> None:
        if not self._mentions_instance(node, frame):
            return
        callee = self.evaluator.evaluate(node.func, frame, at)
        given, named = self.evaluator.calls.arguments(node, frame, at)
        arguments = tuple(self.evaluator.force(value) for value in given)
        keywords = {name: self.evaluator.force(value) for name, value in named.items()}
        for option in options(callee):
            if isinstance(option, Native) and option.name in natives.MARKERS and self._marks(arguments):
                self._mark(why or (callee.why if isinstance(callee, Choice) else None))
                return
            if isinstance(option, Native) and option.name == "functools.update_wrapper":
                self._unseen(
                    frame.unknown("the object gets the attributes of another one", node), refuses=False
                )
            elif isinstance(option, Native) and self._is_kept_by(option, arguments):
                self._unseen(
                    frame.unknown(f"what {option.name}() does with the object is not followed", node),
                    refuses=may_refuse(self.evaluator, frame.module),
                )
        touches = self.instance in arguments or any(self.instance is value for value in keywords.values())
        if touches or self._is_bound_to_instance(callee):
            self.follow(callee, arguments, keywords, why)
        else:
            self._closures((callee, *arguments, *keywords.values()), node, frame, why)

    def _closures(self, values: Iterable[Value], node: ast.Call, frame: Frame, why: Unknown | None) -> None:
        """Functions inside the constructor that know the instance: one that is called runs, one that is handed on may."""
        for number, value in enumerate(values):
            if not isinstance(value, FunctionValue) or value.frame.kind != "function":
                continue
            if number == 0 and not isinstance(value.node, ast.Lambda):
                self.follow(value, *self._given(node, frame), why)
            elif alters(value.node, names_for(self.instance, value.frame)):
                self._unseen(
                    frame.unknown("the object is known to a function that may be called", node), refuses=True
                )

    def _given(self, node: ast.Call, frame: Frame) -> tuple[tuple[Value, ...], dict[str, Value]]:
        given, named = self.evaluator.calls.arguments(node, frame, None)
        force = self.evaluator.force
        return tuple(map(force, given)), {name: force(value) for name, value in named.items()}

    def _is_kept_by(self, callee: Native, arguments: tuple[Value, ...]) -> bool:
        """Whether a function of Python's is handed the object and may call what it is handed with it: ``partial(mark, self)``."""
        others = [value for value in arguments if value is not self.instance]
        calls = any(not isinstance(value, Const | GetResponse) for value in others)
        return len(others) < len(arguments) and calls and callee.name.startswith(CALLING)

    def _marks(self, arguments: tuple[Value, ...]) -> bool:
        """Whether the instance is marked, or one of its classes: the mark is an attribute."""
        classes = [cls.node for cls in self._classes()]
        return any(
            value is self.instance or (isinstance(value, ClassValue) and value.node in classes)
            for value in arguments
        )

    def _mentions_instance(self, node: ast.Call, frame: Frame) -> bool:
        """Whether the call is one of the instance's methods, of ``super()``, or is given the instance."""
        names = names_for(self.instance, frame) | {"super"}
        if last_name(node.func) == "markcoroutinefunction":
            names |= {cls.node.name for cls in self._classes()}
            if any(
                isinstance(part, ast.Name) and part.id in names for one in node.args for part in walk(one)
            ):
                return True  # type(self)
        if isinstance(node.func, ast.Attribute) and leads_to_attributes(node.func.value, names):
            self._unseen(
                frame.unknown("attributes are set through the object's __dict__", node), refuses=False
            )
        parts = written(node)
        if is_closure(node.func, names, frame) or any(is_closure(part, names, frame) for part in parts):
            return True
        return root_name(node.func) in names or any(
            isinstance(part, ast.Name) and part.id in names for part in parts
        )

    def _classes(self) -> list[ClassValue]:
        orders = self.evaluator.attributes.mros.of(self.instance.cls)
        return [cls for cls in orders[0].classes if isinstance(cls, ClassValue)]

    def _is_bound_to_instance(self, callee: Value) -> bool:
        return any(
            isinstance(option, BoundMethod) and option.receiver is self.instance for option in options(callee)
        ) or (isinstance(callee, Unknown) and self.nesting == 1 and callee.cause is Cause.SUPER_NOT_FOLLOWED)

    def _mark(self, why: Unknown | None) -> None:
        if why is None:
            self.instance.marked = Outcome(Answer.YES)
        elif self.instance.marked.answer is not Answer.YES:
            self.instance.marked = Outcome.blocked(why)

    def _refused(self, outcome: Outcome, why: Unknown | None) -> None:
        if outcome.answer is Answer.YES and why is None:
            reason = "the constructor raises MiddlewareNotUsed"
            self.instance.unused = Outcome(Answer.YES, reason, outcome.location)
        elif outcome.answer is not Answer.NO and self.instance.unused.answer is Answer.NO:
            self.instance.unused = perhaps(outcome, why)

    def dataclass(self) -> None:
        """The ``__init__`` that `dataclasses.dataclass` writes: fields in order, then ``__post_init__``."""
        set_fields(self.evaluator, self.instance, self._classes())
        hook = self.evaluator.attributes.of_class(self.instance.cls, "__post_init__", self.instance)
        if not isinstance(hook, Missing):
            self.follow(hook, (), {}, None)
