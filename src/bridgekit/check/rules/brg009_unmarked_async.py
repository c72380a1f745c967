"""BRG009: an async instance that inspect.iscoroutinefunction does not recognise, or marked in a way that Python 3.12 ignores."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import identifiers, own_functions
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.python.tree import walk
from bridgekit.check.reach.values import Function, Instance, Value
from bridgekit.check.rules._coroutine_result import first_use
from bridgekit.check.rules._walks import walked
from bridgekit.check.rules.brg008_mixin_init import skips_mixin_init
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode

_MARK = "asgiref.sync.markcoroutinefunction(self)"


def check(subject: Subject) -> Iterator[Problem]:
    """Classes that may run async and whose instances are certainly unmarked then, and factories that give such things."""
    for checked in subject.middleware:
        definition, facts = checked.definition, checked.facts
        if definition is None or not checked.may_run(Mode.ASYNC):
            continue
        if definition.kind is DefinitionKind.FUNCTION:
            yield from _of_factory(subject, checked, definition)
            continue
        if definition.kind is not DefinitionKind.CLASS:
            continue
        if (
            facts.async_capable.answer is not Answer.YES
            or skips_mixin_init(definition)
            or first_use(definition)
        ):
            continue  # The cause has a code of its own: BRG008, BRG003.
        old = _old_mark(definition)
        if old and subject.project.python_version >= (3, 12):
            text = "marks its instance with _is_coroutine, which inspect ignores from Python 3.12 on"
        elif facts.marked_async.answer is Answer.NO and not old:
            text = "runs async, but its instance is not marked as a coroutine function"
        else:
            continue
        yield Problem(
            f"{checked.dotted_path} {text}: exceptions are not turned into responses, "
            "and the middleware outside it gets a coroutine instead of a response",
            subject.location_of(checked),
            f"Call {_MARK} in __init__ if get_response is a coroutine function.",
            subject=checked.dotted_path,
        )


def _of_factory(subject: Subject, checked: CheckedMiddleware, definition: Definition) -> Iterator[Problem]:
    """What a factory returns for an async get_response, where that is certainly async and certainly no coroutine function."""
    if checked.facts.async_capable.answer is not Answer.YES:
        return
    walk = walked(subject, definition, asynchronous=True)
    if walk.marked is False and walk.is_awaitable:
        yield Problem(
            f"{checked.dotted_path} {_product(walk.product)}, which is not a coroutine function: exceptions are not turned into responses, "
            "and the middleware outside it gets a coroutine instead of a response",
            subject.location_of(checked),
            f"Return an async def function, or call {_MARK} in the class's __init__; a decorator around an async function must be "
            "async itself.",
            subject=checked.dotted_path,
        )


def _product(value: Value) -> str:
    """What it returns, in words."""
    if isinstance(value, Instance):
        return f"returns an instance of {value.cls.name}"
    if isinstance(value, Function) and isinstance(value.node, ast.Lambda):
        return "returns a lambda that gives a coroutine"
    if isinstance(value, Function):
        return f"returns the sync function {value.name} that gives a coroutine"
    return "returns a sync callable that gives a coroutine"


def _old_mark(definition: Definition) -> bool:
    """Whether ``self._is_coroutine = ...`` is its only mark."""
    stores = names = False
    for function in own_functions(definition):
        names = names or "markcoroutinefunction" in set(identifiers(function.node))
        stores = stores or any(
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and node.attr == "_is_coroutine"
            for node in walk(function.node)
        )
    return stores and not names


RULE = Rule("BRG009", "unmarked-async", Severity.ERROR, check)
