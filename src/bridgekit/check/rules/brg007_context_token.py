"""BRG007: a context token that one hook keeps for another, which runs in another context."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.flow import ReadFunction, imported_names, resolved_name
from bridgekit.check.parsing import SourceModule
from bridgekit.check.rule import Rule
from bridgekit.check.rules._context_tokens import closed_by, opened_by
from bridgekit.check.source.definition import Definition
from bridgekit.check.subject import CheckedMiddleware, Subject
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode, Server

_PAIRS = (
    ("process_request", "process_response"),
    ("process_view", "process_response"),
    ("process_request", "process_view"),
)
_STARTED, _FINISHED = "request_started", "request_finished"
_SIGNALS = {f"django.core.signals.{name}": name for name in (_STARTED, _FINISHED)}


def check(subject: Subject) -> Iterator[Problem]:
    """Mixins that may run async: each hook then runs in a context of its own, and ``reset`` raises ValueError."""
    seen: set[str] = set()
    for checked in subject.middleware:
        definition = checked.definition
        if definition is None or checked.certainly_not_used:
            continue
        if checked.may_run(Mode.ASYNC) and checked.facts.mixin_acall.answer is Answer.YES:
            yield from _across_hooks(subject, checked, definition)
        module = definition.module
        if subject.project.server is Server.ASGI and module is not None and module.path not in seen:
            seen.add(module.path)
            yield from _across_signals(subject, checked, definition, module)


def _across_hooks(subject: Subject, checked: CheckedMiddleware, definition: Definition) -> Iterator[Problem]:
    told: set[str] = set()
    for first, second in _PAIRS:
        before, after = _hook(definition, first), _hook(definition, second)
        if before is None or after is None:
            continue
        for what in sorted(opened_by(before, definition) & closed_by(after, definition) - told):
            told.add(what)
            yield Problem(
                f"{checked.dotted_path} {_opens(what)} in {first} and {_closes(what)} in {second}: in async mode the two run in "
                "different contexts, and the token is refused with ValueError",
                subject.shown_at(checked, after.module.location_of(after.node)),
                "Open and close it in one function: override __call__ and __acall__.",
                subject=checked.dotted_path,
            )


def _across_signals(
    subject: Subject, checked: CheckedMiddleware, definition: Definition, module: SourceModule
) -> Iterator[Problem]:
    """Receivers that the module of a middleware connects to both signals of a request: under ASGI each has a context of its own."""
    receivers = dict(_receivers(module))
    before, after = receivers.get(_STARTED), receivers.get(_FINISHED)
    if before is None or after is None:
        return
    for what in sorted(opened_by(before, definition) & closed_by(after, definition)):
        yield Problem(
            f"{before.name} {_opens(what)} at {_STARTED} and {after.name} {_closes(what)} at {_FINISHED}: under ASGI the two "
            "run in different contexts, and the token is refused with ValueError",
            subject.shown_at(checked, module.location_of(after.node)),
            "Do both in a middleware, around get_response.",
            subject=f"{module.name}.{after.name}",
        )


def _opens(what: str) -> str:
    return "enters a block that sets a ContextVar" if what.startswith("a block") else f"sets {what}"


def _closes(what: str) -> str:
    return "leaves it" if what.startswith("a block") else "resets it with that token"


def _receivers(module: SourceModule) -> Iterator[tuple[str, ReadFunction]]:
    """``request_started.connect(function)`` and ``@receiver(request_started)`` at the top of the module."""
    imports = imported_names(module)
    body = module.tree.body if module.tree is not None else []
    functions = {node.name: ReadFunction(node, module) for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        call = node.value if isinstance(node, ast.Expr) else None
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "connect"
        ):
            signal = _SIGNALS.get(resolved_name(call.func.value, imports), "")
            name = call.args[0].id if call.args and isinstance(call.args[0], ast.Name) else ""
            if signal and name in functions:
                yield signal, functions[name]
        if isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and decorator.args:
                    signal = _SIGNALS.get(resolved_name(decorator.args[0], imports), "")
                    if signal and resolved_name(decorator.func, imports) == "django.dispatch.receiver":
                        yield signal, functions[node.name]


def _hook(definition: Definition, name: str) -> ReadFunction | None:
    method = definition.methods.get(name)
    return ReadFunction(method.node, method.module, method.owner) if method is not None else None


RULE = Rule("BRG007", "context-token", Severity.ERROR, check)
