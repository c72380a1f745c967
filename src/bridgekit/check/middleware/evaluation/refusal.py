"""Whether a factory function lets itself be used, or raises ``MiddlewareNotUsed``."""

from __future__ import annotations

import ast

from bridgekit.check.middleware.evaluation import guards
from bridgekit.check.middleware.evaluation.alternatives import options
from bridgekit.check.middleware.evaluation.atoms import Outcome, Unknown
from bridgekit.check.middleware.evaluation.block import AttributeSet, Call, Raise, Return
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.values import BoundMethod, Choice, Frame, FunctionValue, Value
from bridgekit.middleware_chain.facts import Answer

_NOT_USED = "MiddlewareNotUsed"
_MAX_NESTING = 6
_USED = Outcome(Answer.NO)


def raises_not_used(statement: ast.Raise) -> bool:
    """Whether it says ``raise MiddlewareNotUsed``, called or not, by whatever path to its module."""
    exc = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
    name = exc.id if isinstance(exc, ast.Name) else exc.attr if isinstance(exc, ast.Attribute) else ""
    return name == _NOT_USED


def refusal(evaluator: Evaluator, frame: Frame, nesting: int = 0) -> Outcome:
    """Yes if the call of this frame certainly ends in ``MiddlewareNotUsed``, its own or that of a function it calls for its
    effect; unknown, with the test that decides, if it may."""
    found = _USED
    left: Unknown | None = None
    for step in frame.block.steps:
        outcome = guards.holds(evaluator, step.guards, frame)
        if outcome.answer is Answer.NO:
            continue
        maybe = Unknown(outcome.reason, outcome.location) if outcome.answer is Answer.UNKNOWN else None
        one = _of_step(evaluator, step, frame, nesting)
        why = maybe or left
        if one.answer is Answer.YES and why is None:
            return one
        if one.answer is not Answer.NO and found.answer is Answer.NO:
            reason = why.reason if why is not None else one.reason
            found = Outcome(Answer.UNKNOWN, f"MiddlewareNotUsed is raised if: {reason}", one.location)
        if isinstance(step, Return | Raise):
            if maybe is None:
                break
            if isinstance(step, Return):
                left = left or maybe
    return found


def _of_step(
    evaluator: Evaluator, step: AttributeSet | Call | Return | Raise, frame: Frame, nesting: int
) -> Outcome:
    if isinstance(step, Raise):
        location = frame.module.location_of(step.node)
        return (
            Outcome(Answer.YES, "MiddlewareNotUsed is raised", location)
            if raises_not_used(step.node)
            else _USED
        )
    if isinstance(step, AttributeSet):
        return _USED
    node = step.node.value if isinstance(step, Return) else step.node
    if not isinstance(node, ast.Call) or nesting >= _MAX_NESTING:
        return _USED
    callee = evaluator.evaluate(node.func, frame, step.index)
    outcomes = [_of_call(evaluator, option, node, frame, step.index, nesting) for option in options(callee)]
    if len({outcome.answer for outcome in outcomes}) == 1:
        return outcomes[0]
    why = callee.why if isinstance(callee, Choice) else frame.unknown("not followed", node)
    return Outcome(Answer.UNKNOWN, why.reason, why.location)


def _of_call(
    evaluator: Evaluator, callee: Value, node: ast.Call, frame: Frame, at: int, nesting: int
) -> Outcome:
    given, named = evaluator.calls.arguments(node, frame, at)
    arguments = tuple(evaluator.force(value) for value in given)
    if isinstance(callee, BoundMethod):
        arguments, callee = (callee.receiver, *arguments), callee.function
    if not isinstance(callee, FunctionValue) or isinstance(callee.node, ast.Lambda | ast.AsyncFunctionDef):
        return _USED
    keywords = {name: evaluator.force(value) for name, value in named.items()}
    return refusal(evaluator, evaluator.calls.frame(callee, arguments, keywords), nesting + 1)
