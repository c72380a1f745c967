"""BRG009: an async instance that inspect.iscoroutinefunction does not recognise, or marked in a way that Python 3.12 ignores."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import ReadFunction, called_class, identifiers, own_functions, walk_own
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.rules.brg003_coroutine_as_response import first_use, is_get_response
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
    facts = checked.facts
    if facts.async_capable.answer is not Answer.YES or facts.marked_async.answer is not Answer.NO:
        return
    product = _unmarked_product(definition)
    if product:
        yield Problem(
            f"{checked.dotted_path} {product}, which is no coroutine function: exceptions are not turned into responses, "
            "and the middleware outside it gets a coroutine instead of a response",
            subject.location_of(checked),
            f"Return an async def function, or call {_MARK} in the class's __init__; a decorator around an async function must be "
            "async itself.",
            subject=checked.dotted_path,
        )


def _unmarked_product(definition: Definition) -> str:
    """What it returns, in words; empty where it is not certain to be async."""
    factory, module = definition.node, definition.module
    if module is None or not isinstance(factory, ast.FunctionDef):
        return ""
    function = ReadFunction(factory, module)
    for node in walk_own(factory):
        if not isinstance(node, ast.Return):
            continue
        if isinstance(node.value, ast.Call):
            found = called_class(node.value, function, definition)
            if found is not None and _is_unmarked_class(found[0]):
                return f"returns an instance of {found[0].name}"
        elif isinstance(node.value, ast.Lambda) and is_get_response(node.value.body):
            return "returns a lambda that gives what get_response gives"
    wrapped = [
        inner
        for inner in walk_own(factory)
        if isinstance(inner, ast.AsyncFunctionDef) and inner.decorator_list
    ]
    if wrapped:
        return f"wraps the async function {wrapped[0].name} in a decorator that gives a sync one"
    return ""


def _is_unmarked_class(cls: ast.ClassDef) -> bool:
    """Whether its calls are async and nothing in it marks instances; of bases nothing is known."""
    if any(not (isinstance(base, ast.Name) and base.id == "object") for base in cls.bases):
        return False
    is_async = any(isinstance(node, ast.AsyncFunctionDef) and node.name == "__call__" for node in cls.body)
    return is_async and not {"markcoroutinefunction", "_is_coroutine"} & set(identifiers(cls))


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
