"""BRG009: an async instance that inspect.iscoroutinefunction does not recognise, or marked in a way that Python 3.12 ignores."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.flow import identifiers, own_functions
from bridgekit.check.rule import Rule
from bridgekit.check.rules.brg003_coroutine_as_response import first_use
from bridgekit.check.rules.brg008_mixin_init import skips_mixin_init
from bridgekit.check.source.definition import Definition, DefinitionKind
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode

_MARK = "asgiref.sync.markcoroutinefunction(self)"


def check(subject: Subject) -> Iterator[Problem]:
    """Classes that may run async and whose instances are certainly unmarked then."""
    for checked in subject.middleware:
        definition, facts = checked.definition, checked.facts
        if (
            definition is None
            or definition.kind is not DefinitionKind.CLASS
            or not checked.may_run(Mode.ASYNC)
        ):
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


def _old_mark(definition: Definition) -> bool:
    """Whether ``self._is_coroutine = ...`` is its only mark."""
    stores = names = False
    for function in own_functions(definition):
        names = names or "markcoroutinefunction" in set(identifiers(function.node))
        stores = stores or any(
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and node.attr == "_is_coroutine"
            for node in ast.walk(function.node)
        )
    return stores and not names


RULE = Rule("BRG009", "unmarked-async", Severity.ERROR, check)
