"""BRG007: a context token that one hook keeps for another, which runs in another context."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.flow import ReadFunction
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.rules._context_tokens import closed_by, opened_by
from bridgekit.check.rules._signals import FINISHED, STARTED, receivers_in
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode, Server

_PAIRS = (
    ("process_request", "process_response"),
    ("process_view", "process_response"),
    ("process_request", "process_view"),
)


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
    reported: set[str] = set()
    for first, second in _PAIRS:
        before, after = _hook(definition, first), _hook(definition, second)
        if before is None or after is None:
            continue
        for what in sorted(opened_by(before, definition) & closed_by(after, definition) - reported):
            reported.add(what)
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
    receivers = dict(receivers_in(module))
    before, after = receivers.get(STARTED), receivers.get(FINISHED)
    if before is None or after is None:
        return
    for what in sorted(opened_by(before, definition) & closed_by(after, definition)):
        yield Problem(
            f"{before.name} {_opens(what)} at {STARTED} and {after.name} {_closes(what)} at {FINISHED}: under ASGI the two "
            "run in different contexts, and the token is refused with ValueError",
            subject.shown_at(checked, module.location_of(after.node)),
            "Do both in a middleware, around get_response.",
            subject=f"{module.name}.{after.name}",
        )


def _opens(what: str) -> str:
    return "enters a block that sets a ContextVar" if what.startswith("a block") else f"sets {what}"


def _closes(what: str) -> str:
    return "leaves it" if what.startswith("a block") else "resets it with that token"


def _hook(definition: Definition, name: str) -> ReadFunction | None:
    method = definition.methods.get(name)
    return ReadFunction(method.node, method.module, method.owner) if method is not None else None


RULE = Rule("BRG007", "context-token", Severity.ERROR, check)
