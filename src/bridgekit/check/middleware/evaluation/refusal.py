"""Whether a factory function or a constructor lets itself be used, or raises ``MiddlewareNotUsed``: itself, or in what it calls."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from bridgekit.check.middleware.evaluation import guards
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Native, Outcome, Unknown
from bridgekit.check.middleware.evaluation.block import AttributeSet, Raise, Return, Step
from bridgekit.check.middleware.evaluation.hazards import NOT_USED, last_name, traits
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.refusing_code import (
    hidden_refusal,
    may_be_swallowed,
    refusing_names,
)
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    Frame,
    FunctionValue,
    InstanceValue,
    Value,
)
from bridgekit.check.modules.imported import imports_module
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.python.scopes import is_generator
from bridgekit.check.python.tree import children, walk
from bridgekit.middleware_chain.facts import Answer

_MAX_NESTING = 6
_CONSTRUCTORS = frozenset(("__init__", "__new__", "<lambda>"))
_USED = Outcome(Answer.NO)
_LATER = ast.Lambda | ast.GeneratorExp
_PERHAPS = ast.ListComp | ast.SetComp | ast.DictComp


def refusal(evaluator: Evaluator, frame: Frame, nesting: int = 0) -> Outcome:
    """Yes if the call of this frame certainly ends in ``MiddlewareNotUsed``, its own or that of a function it calls; unknown,
    with the test that decides, if it may."""
    found = _USED
    left: Unknown | None = None
    for step in frame.block.steps:
        outcome = guards.holds(evaluator, step.guards, frame)
        if outcome.answer is Answer.NO:
            continue
        maybe = Unknown(outcome.reason, outcome.location) if outcome.answer is Answer.UNKNOWN else None
        one = _of_step(evaluator, step, frame, nesting)
        why = maybe or left
        if one.answer is not Answer.NO:
            why = why or swallowed(step.node, frame)
        if one.answer is Answer.YES and why is None:
            return one
        if one.answer is not Answer.NO and found.answer is Answer.NO:
            found = perhaps(one, why)
        if isinstance(step, Return | Raise):
            if maybe is None:
                break
            if isinstance(step, Return):
                left = left or maybe
    return found


def swallowed(node: ast.AST, frame: Frame) -> Unknown | None:
    """Why what a statement raises may come to nothing: the manager of a ``with`` around it may end it."""
    found = may_be_swallowed(frame.module, node)
    return (
        frame.unknown("whether a context manager swallows what is raised", found)
        if found is not None
        else None
    )


def perhaps(outcome: Outcome, why: Unknown | None) -> Outcome:
    """What raises it under a condition, or may raise it."""
    reason = why.reason if why is not None else outcome.reason
    return Outcome(Answer.UNKNOWN, f"MiddlewareNotUsed is raised if: {reason}", outcome.location)


def _of_step(evaluator: Evaluator, step: Step, frame: Frame, nesting: int) -> Outcome:
    if isinstance(step, Raise):
        return of_raise(evaluator, step, frame)
    if isinstance(step, AttributeSet):
        return _USED
    node = step.node.value if isinstance(step, Return) else step.node
    return _USED if node is None else of_expression(evaluator, node, frame, step.index, nesting)


def of_raise(evaluator: Evaluator, step: Raise, frame: Frame) -> Outcome:
    """Whether a ``raise`` statement raises it, or a class of the project that derives from it."""
    node = step.node.exc
    if node is None:
        return _USED  # what an ``except`` caught goes on: that was asked where it was raised
    location = frame.module.location_of(step.node)
    said = last_name(node.func) if isinstance(node, ast.Call) else last_name(node)
    if said == NOT_USED:
        return Outcome(Answer.YES, "MiddlewareNotUsed is raised", location)
    if isinstance(getattr(builtins, said, None), type):
        return _USED
    raised = evaluator.evaluate(node, frame, step.index)
    answers = {_is_refusal(evaluator, option) for option in options(raised)}
    if len(answers) == 1 and None not in answers:
        return Outcome(Answer.YES, "MiddlewareNotUsed is raised", location) if True in answers else _USED
    if isinstance(raised, Unknown) and not _may_be_refusal(frame, said):
        return _USED
    return Outcome(Answer.UNKNOWN, f"what {ast.unparse(node)[:40]} is, is not known", location)


def _is_refusal(evaluator: Evaluator, value: Value) -> bool | None:
    """Whether it is the exception, an object of it or of a class that derives from it; None where that is not known."""
    if isinstance(value, InstanceValue):
        value = value.cls
    if isinstance(value, Native):
        return value.name.rpartition(".")[2] == NOT_USED
    if not isinstance(value, ClassValue):
        return None
    found: bool | None = False
    for order in evaluator.attributes.mros.of(value):
        if any(isinstance(base, ClassValue) and base.node.name == NOT_USED for base in order.classes):
            return True
        found = None if order.blocked is not None else found
    return found


def _may_be_refusal(frame: Frame, said: str) -> bool:
    """Whether a name that cannot be read may stand for it: not one that an import statement calls otherwise."""
    outer: Frame | None = frame
    while outer is not None:
        for binding in outer.block.names.get(said, ()):
            if binding.alias is None or binding.alias.name == NOT_USED:
                return True
        outer = outer.parent
    return traits(frame.module.tree).refuses and not said if frame.module.tree is not None else True


def of_expression(evaluator: Evaluator, node: ast.expr, frame: Frame, at: int, nesting: int) -> Outcome:
    """Whether one of the calls in an expression ends in it."""
    found = _USED
    for call, certain in _calls(node, certain=True):
        one = _of_call(evaluator, call, frame, at, nesting)
        if one.answer is Answer.YES and certain:
            return one
        if one.answer is not Answer.NO and found.answer is Answer.NO:
            found = perhaps(one, None if certain else frame.unknown("whether it is called", call))
    return found


def _calls(node: ast.AST, *, certain: bool) -> Iterator[tuple[ast.Call, bool]]:
    """Calls, inside out; each with whether it certainly happens."""
    if isinstance(node, _LATER):
        return
    first = node.values[0] if isinstance(node, ast.BoolOp) else getattr(node, "test", None)
    conditional = isinstance(node, ast.BoolOp | ast.IfExp | _PERHAPS)
    for child in children(node):
        yield from _calls(child, certain=certain and (not conditional or child is first))
    if isinstance(node, ast.Call):
        yield node, certain


def _of_call(evaluator: Evaluator, node: ast.Call, frame: Frame, at: int, nesting: int) -> Outcome:
    if nesting >= _MAX_NESTING:
        return _USED
    callee = evaluator.evaluate(node.func, frame, at)
    outcomes = [_of_callee(evaluator, option, node, frame, at, nesting) for option in options(callee)]
    if len({outcome.answer for outcome in outcomes}) == 1:
        return outcomes[0]
    why = callee.why if isinstance(callee, Choice) else frame.unknown("not followed", node)
    return Outcome(Answer.UNKNOWN, why.reason, why.location)


def _of_callee(
    evaluator: Evaluator, callee: Value, node: ast.Call, frame: Frame, at: int, nesting: int
) -> Outcome:
    receiver: tuple[Value, ...] = ()
    if isinstance(callee, InstanceValue):
        callee = evaluator.attributes.of_class(callee.cls, "__call__", callee)
    if isinstance(callee, BoundMethod):
        receiver, callee = (callee.receiver,), callee.function
    elif isinstance(callee, ClassValue):
        if not may_refuse(evaluator, callee.frame.module):
            return _USED
        made = InstanceValue(callee)
        receiver, callee = (made,), evaluator.attributes.of_class(callee, "__init__", made)
        callee = callee.function if isinstance(callee, BoundMethod) else callee
    if not isinstance(callee, FunctionValue):
        return _of_unfollowed(node, frame)
    if isinstance(callee.node, ast.AsyncFunctionDef) or not may_refuse(evaluator, callee.frame.module):
        return _of_unfollowed(node, frame)
    if isinstance(callee.node, ast.FunctionDef) and is_generator(callee.node):
        tree = callee.frame.module.tree
        runs_later = tree is not None and getattr(callee.node, "name", "") in refusing_names(tree)
        why = Outcome(
            Answer.UNKNOWN, "a generator runs when it is asked for its items", frame.module.location_of(node)
        )
        return why if runs_later else _USED
    given, named = evaluator.calls.arguments(node, frame, at)
    arguments = (*receiver, *(evaluator.force(value) for value in given))
    keywords = {name: evaluator.force(value) for name, value in named.items()}
    inner = evaluator.calls.frame(callee, arguments, keywords)
    if isinstance(callee.node, ast.Lambda):
        return of_expression(evaluator, callee.node.body, inner, 0, nesting + 1)
    return refusal(evaluator, inner, nesting + 1)


def _of_unfollowed(node: ast.Call, frame: Frame) -> Outcome:
    """A call of something that is not read: it may call what it is handed, and be any function of the module if it is computed."""
    tree = frame.module.tree
    if tree is None:
        return _USED
    around: Frame | None = frame
    names = set(refusing_names(tree)) - _CONSTRUCTORS
    while around is not None:
        names.discard(around.name)
        around = around.parent
    given = [node.func, *node.args, *(keyword.value for keyword in node.keywords)]
    mentioned = {
        last_name(part) for one in given for part in walk(one) if isinstance(part, ast.Name | ast.Attribute)
    }
    is_computed = not isinstance(node.func, ast.Name | ast.Attribute)
    if names and (is_computed or not names.isdisjoint(mentioned) or _is_refusing_lambda(given, tree)):
        return Outcome(
            Answer.UNKNOWN,
            f"what {ast.unparse(node)[:40]} runs is not followed",
            frame.module.location_of(node),
        )
    return _USED


def _is_refusing_lambda(given: list[ast.expr], tree: ast.Module) -> bool:
    names = refusing_names(tree).keys() | {NOT_USED}
    return any(
        isinstance(part, ast.Lambda)
        and any(last_name(inner) in names for inner in walk(part) if isinstance(inner, ast.expr))
        for one in given
        for part in walk(one)
    )


def unseen_refusal(evaluator: Evaluator, module: SourceModule) -> Outcome:
    """Code that raises it without being called by name, in the module or in one that it imports: it may run, or not."""
    for one in _refusing_modules(evaluator, module):
        found = hidden_refusal(one)
        if found is not None:
            return Outcome(
                Answer.UNKNOWN,
                f"{found.name} may run, which raises MiddlewareNotUsed",
                one.location_of(found),
            )
    return _USED


def may_refuse(evaluator: Evaluator, module: SourceModule) -> bool:
    """Whether code of a module may raise it: it names it, or imports a module of the project that does."""
    if module.tree is None:
        return False
    if traits(module.tree).refuses:
        return True
    finder = evaluator.finder
    named = [finder.name_of(path) for path in finder.own.naming(NOT_USED) if path != module.path]
    return any(name and imports_module(module, name) for name in named)


def _refusing_modules(evaluator: Evaluator, module: SourceModule) -> Iterator[SourceModule]:
    finder = evaluator.finder
    if module.tree is not None and traits(module.tree).refuses:
        yield module
    for path in finder.own.naming(NOT_USED):
        name = finder.name_of(path)
        if path != module.path and name and imports_module(module, name):
            yield finder.load(name)
