"""What `inspect.iscoroutinefunction` and its kin would say of a value."""

from __future__ import annotations

import ast
from dataclasses import replace

from bridgekit.check.middleware.evaluation.atoms import (
    COROUTINE_MARK,
    MARKED_BY_PYTHON,
    Const,
    GetResponse,
    Missing,
    Native,
    Outcome,
    Unknown,
)
from bridgekit.check.middleware.evaluation.interface import Evaluator
from bridgekit.check.middleware.evaluation.syntax import contains_yield
from bridgekit.check.middleware.evaluation.values import (
    BoundMethod,
    Choice,
    ClassValue,
    FunctionValue,
    InstanceValue,
    Partial,
    Sequence,
    ThreadCall,
    Value,
)
from bridgekit.middleware_chain.facts import Answer


def coroutine_function(evaluator: Evaluator, value: Value, *, old_marks: bool = False) -> Outcome:
    """Whether a callable is a coroutine function.

    An instance is one only if it was marked, whatever its ``__call__`` is (CPython Lib/inspect.py,
    ``_has_coroutine_mark``). ``old_marks``: asyncio's test, which below Python 3.14 also knows ``_is_coroutine``.
    """
    match value:
        case Choice():
            return _joined(
                [coroutine_function(evaluator, option, old_marks=old_marks) for option in value.values], value
            )
        case FunctionValue():
            return _of_function(evaluator, value)
        case BoundMethod() | Partial():
            return coroutine_function(evaluator, value.function, old_marks=old_marks)
        case ThreadCall():
            return Outcome(Answer.YES, "sync_to_async marks what it returns")
        case GetResponse():
            return Outcome(Answer.of(value.is_async and not value.called))
        case InstanceValue():
            evaluator.calls.construct(value)
            if old_marks and value.marked.answer is Answer.NO and "_is_coroutine" in value.attributes:
                return Outcome(Answer.of(evaluator.python_version < (3, 14)))
            if value.marked.answer is Answer.NO and _is_marked(evaluator, value.cls):
                return Outcome(Answer.YES)
            return value.marked if value.marked.answer is not Answer.NO else _by_getattr(evaluator, value)
        case ClassValue() if _is_marked(evaluator, value):
            return Outcome(Answer.YES)
        case ClassValue() | Const() | Sequence():
            return Outcome(Answer.NO)
        case Native() if value.name.startswith("asgiref.sync.AsyncToSync"):
            return Outcome(Answer.NO)
        case Unknown() | Missing():
            return Outcome(Answer.UNKNOWN, value.reason or "a name that is not bound", value.location)
        case _:
            return Outcome(Answer.UNKNOWN, "a callable that is not followed")


def _by_getattr(evaluator: Evaluator, instance: InstanceValue) -> Outcome:
    """The mark is asked for by `getattr`: a proxy that hands every attribute on shows that of what it wraps."""
    if not isinstance(evaluator.attributes.of_class(instance.cls, "__getattr__", instance), BoundMethod):
        return instance.marked
    found = evaluator.attributes.of_instance(instance, COROUTINE_MARK, instance.cls.frame)
    if isinstance(found, Unknown):
        return Outcome.blocked(found)
    return Outcome(Answer.of(isinstance(found, Native)))


def _is_marked(evaluator: Evaluator, cls: ClassValue) -> bool:
    if evaluator.attributes.of_class(cls, COROUTINE_MARK, cls) == MARKED_BY_PYTHON:
        return True
    classes = (c for order in evaluator.attributes.mros.of(cls) for c in order.classes)
    return any(
        isinstance(c, ClassValue) and evaluator.attributes.marked_after(c.frame, c.node).answer is Answer.YES
        for c in classes
    )


def _of_function(evaluator: Evaluator, value: FunctionValue) -> Outcome:
    location = value.frame.module.location_of(value.node)
    is_async = isinstance(value.node, ast.AsyncFunctionDef) and not contains_yield(value.node)
    if not is_async and not value.marked and isinstance(value.node, ast.Lambda):
        return Outcome(Answer.NO, "", location)
    if is_async or value.marked or isinstance(value.node, ast.Lambda):
        return Outcome(Answer.of(is_async or value.marked), "", location)
    return replace(evaluator.attributes.marked_after(value.frame, value.node), location=location)


def _joined(outcomes: list[Outcome], choice: Choice) -> Outcome:
    answers = {outcome.answer for outcome in outcomes}
    return outcomes[0] if len(answers) == 1 else Outcome.blocked(choice.why)


def is_awaitable(evaluator: Evaluator, value: Value) -> Outcome:
    """Whether a value is a coroutine: the response of an async ``get_response`` that was not awaited is one."""
    match value:
        case GetResponse(called=True):
            return Outcome(Answer.of(value.is_async))
        case Choice():
            return _joined([is_awaitable(evaluator, option) for option in value.values], value)
        case Unknown():
            return Outcome.blocked(value)
        case _:
            return Outcome(Answer.NO)
