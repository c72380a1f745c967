"""BRG003: claims async, but uses the un-awaited coroutine as if it were the response."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import (
    ReadFunction,
    called_class,
    called_function,
    called_functions,
    dotted_name,
    handles_async,
    imported_names,
    resolved_name,
    walk_own,
)
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition, DefinitionKind
from bridgekit.check.rules._coroutine_result import Result, left_early
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode, Server

_MIXIN = "django.utils.deprecation.MiddlewareMixin"


def check(subject: Subject) -> Iterator[Problem]:
    """Middleware that may run async and whose sync entry point reads the result of get_response."""
    for checked in subject.middleware:
        definition = checked.definition
        claims = checked.facts.async_capable.answer is Answer.YES
        if definition is None or not claims or checked.certainly_not_used:
            continue
        shield = "" if checked.may_run(Mode.ASYNC) else _shield(subject, checked)
        if not shield and not checked.accepts_async:
            continue
        use = first_use(definition)
        if use is not None:
            function, node = use
            today = f" ({shield} keeps it in sync mode today, where it works)" if shield else ""
            if isinstance(node, ast.With | ast.Try):
                what = "leaves a block around get_response without awaiting it: in async mode the response is made afterwards"
            else:
                what = "uses the result of get_response without awaiting it: in async mode that is a coroutine, not a response"
            yield Problem(
                f"{checked.dotted_path} claims async_capable, but {function.name} {what}{today}",
                subject.shown_at(checked, function.module.location_of(node)),
                "Set async_capable = False on the class, or dispatch to an __acall__ that awaits get_response.",
                subject=checked.dotted_path,
            )


def _shield(subject: Subject, checked: CheckedMiddleware) -> str:
    """The sync-only layer further in, without which this one would run async; under ASGI alone."""
    if subject.project.server is not Server.ASGI:
        return ""
    inside = subject.middleware[checked.position + 1 :]
    return next(
        (other.dotted_path for other in inside if other.facts.async_capable.answer is not Answer.YES), ""
    )


def first_use(definition: Definition) -> tuple[ReadFunction, ast.AST] | None:
    """The first place where the coroutine is used as a response; None if there is none or it cannot be told."""
    for function in _entry_points(definition):
        if function.is_async:
            use = _unawaited_use(function, definition)
        elif any(handles_async(each.node) for each in called_functions([function], definition)):
            continue  # It looks at what it got: asyncio.iscoroutine, self.async_mode and the like.
        else:
            use = _unawaited_use(function, definition)
        if use is not None:
            return function, use
    return None


def _entry_points(definition: Definition) -> list[ReadFunction]:
    """What Django calls in async mode: ``__call__`` and, through it, ``__acall__``; the inner functions of a factory."""
    if definition.kind is DefinitionKind.CLASS:
        methods = [
            definition.methods[name] for name in ("__call__", "__acall__") if name in definition.methods
        ]
        return [
            ReadFunction(method.node, method.module, method.owner)
            for method in methods
            if method.owner != _MIXIN and not method.owner.startswith("django.")
        ]
    if definition.module is None or definition.node is None:
        return []
    inner = [ReadFunction(node, definition.module) for node in definition.inner]
    if any(function.is_async for function in inner):
        return [function for function in inner if function.is_async]
    # Only sync inner functions: the factory itself may look at get_response before it chooses one.
    # Its decorator's name says async as well, so only the body is asked.
    body = (
        definition.node.body if isinstance(definition.node, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
    )
    return [] if any(handles_async(statement) for statement in body) else inner


def _unawaited_use(function: ReadFunction, definition: Definition) -> ast.AST | None:
    names = set(_names_of_result(function.node))
    inline = _unawaited_calls(function.node)
    if names and _is_awaited(function.node, names):
        return None
    if not names and not inline:
        return None
    result = Result(frozenset(names), frozenset(map(id, inline)))
    uses = [*_uses(function, result, definition), *left_early(function.node, result)]
    return min(
        uses, key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)), default=None
    )


def is_get_response(node: ast.AST) -> bool:
    """Whether it calls the next layer, by one of the ways in which middleware keep it."""
    if not isinstance(node, ast.Call):
        return False
    name = dotted_name(node.func)
    if name in {"get_response", "self.get_response", "self._get_response"}:
        return True
    func = node.func
    return (
        isinstance(func, ast.Attribute)
        and func.attr == "__call__"
        and isinstance(func.value, ast.Call)
        and dotted_name(func.value.func) == "super"
    )


def _unawaited_calls(function: ast.AST) -> list[ast.Call]:
    """Calls of get_response whose result is neither awaited nor handed to something with async in its name."""
    settled: set[int] = set()
    for node in walk_own(function):
        if isinstance(node, ast.Await):
            settled.add(id(node.value))
        elif isinstance(node, ast.Call) and handles_async(node.func):
            settled |= {id(argument) for argument in node.args}
    return [
        node
        for node in walk_own(function)
        if isinstance(node, ast.Call) and is_get_response(node) and id(node) not in settled
    ]


def _names_of_result(function: ast.AST) -> Iterator[str]:
    """Local names bound to what get_response gave, directly or as the right side of ``or``."""
    for node in walk_own(function):
        if isinstance(node, ast.Assign) and any(is_get_response(part) for part in _alternatives(node.value)):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _alternatives(value: ast.expr) -> list[ast.expr]:
    if isinstance(value, ast.BoolOp):
        return [part for inner in value.values for part in _alternatives(inner)]
    if isinstance(value, ast.IfExp):
        return [*_alternatives(value.body), *_alternatives(value.orelse)]
    return [value]


def _is_awaited(function: ast.AST, names: set[str]) -> bool:
    """Whether any bound result is awaited later, or handed to something with async in its name."""
    for node in walk_own(function):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Name) and node.value.id in names:
            return True
        takes = isinstance(node, ast.Call) and any(
            isinstance(a, ast.Name) and a.id in names for a in node.args
        )
        if takes and isinstance(node, ast.Call) and handles_async(node.func):
            return True
    return False


def _uses(
    function: ReadFunction, result: Result, definition: Definition, depth: int = 2
) -> Iterator[ast.AST]:
    """Attribute and item uses of the result, and calls that certainly use what they are given."""
    for node in walk_own(function.node):
        if isinstance(node, (ast.Attribute, ast.Subscript)):
            if result.is_in(node.value):
                yield node
        elif (isinstance(node, ast.Call) and _call_uses(node, function, result, definition, depth)) or (
            isinstance(node, ast.Return) and _wraps(node.value, function, result, definition)
        ):
            yield node


def _call_uses(
    node: ast.Call, function: ReadFunction, result: Result, definition: Definition, depth: int
) -> bool:
    """Whether a call uses a response among its arguments.

    Its own methods and functions, those of other modules and inherited ones are looked into: a hook that returns the response
    untouched lets a coroutine pass. Django's helpers (``patch_vary_headers`` and the like) use what they get. Of everything
    else it is not known.
    """
    given = [number for number, a in enumerate(node.args) if result.is_in(a)]
    named = {k.arg for k in node.keywords if k.arg and result.is_in(k.value)}
    if not given and not named:
        return False
    callee = called_function(node, function, definition) or _inherited(node, definition)
    if callee is not None and depth:
        if any(handles_async(each.node) for each in (callee,)):
            return False
        parameters = [argument.arg for argument in callee.node.args.args]
        shift = int(bool(parameters) and parameters[0] == "self")
        taken = named | {parameters[number + shift] for number in given if number + shift < len(parameters)}
        return any(True for _ in _uses(callee, Result(frozenset(taken)), definition, depth - 1))
    return resolved_name(node.func, imported_names(function.module)).startswith("django.")


def _inherited(node: ast.Call, definition: Definition) -> ReadFunction | None:
    """A hook that the class has from Django's own middleware."""
    receiver, _, name = dotted_name(node.func).rpartition(".")
    method = definition.methods.get(name) if receiver == "self" else None
    return ReadFunction(method.node, method.module, method.owner) if method is not None else None


def _wraps(value: ast.expr | None, function: ReadFunction, result: Result, definition: Definition) -> bool:
    """Whether an object that nobody can await is returned in the place of the response, with the coroutine in it."""
    if not isinstance(value, ast.Call) or not any(result.is_in(argument) for argument in value.args):
        return False
    found = called_class(value, function, definition)
    if found is None:
        return False
    cls, _ = found
    return not cls.bases and not any(
        isinstance(node, ast.FunctionDef) and node.name in ("__await__", "__new__", "__getattr__")
        for node in cls.body
    )


RULE = Rule("BRG003", "coroutine-as-response", Severity.ERROR, check)
