"""BRG007: a context token that one hook keeps for another, which runs in another context."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.modules.parsing import SourceModule
from bridgekit.check.reach import Event, walk_signals
from bridgekit.check.reach.values import Const, External, Items
from bridgekit.check.rules._signals import FINISHED, STARTED, receivers_in
from bridgekit.check.rules._walks import setting_of, walked, way
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.requests import Server


def check(subject: Subject) -> Iterator[Problem]:
    """Hooks that Django sends to threads one by one: each runs in a copy of the context, and ``reset`` raises ValueError."""
    seen: set[str] = set()
    for checked in subject.middleware:
        definition = checked.definition
        if definition is None or checked.certainly_not_used or checked.dotted_path.startswith("django."):
            continue
        if subject.project.server is Server.ASGI:
            yield from _across_hooks(subject, checked, definition)
        module = definition.module
        if subject.project.server is Server.ASGI and module is not None and module.path not in seen:
            seen.add(module.path)
            yield from _across_signals(subject, checked, definition, module)


def _across_hooks(subject: Subject, checked: CheckedMiddleware, definition: Definition) -> Iterator[Problem]:
    walk = walked(subject, definition, asynchronous=checked.accepts_async)
    for event, what in _refused(walk.events):
        setter = _setter(event)
        yield Problem(
            f"{checked.dotted_path} sets {what} in {setter} and resets it with that token in {event.function}{way(event.path)}: under "
            "ASGI the two run in different contexts, and the token is refused with ValueError",
            subject.shown_at(checked, event.module.location_of(event.node)),
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
    for event, what in _refused(walk_signals([before, after], definition, setting_of(subject))):
        yield Problem(
            f"{before.name} sets {what} at {STARTED} and {after.name} resets it with that token at {FINISHED}: under ASGI the two "
            "run in different contexts, and the token is refused with ValueError",
            subject.shown_at(checked, module.location_of(event.node)),
            "Do both in a middleware, around get_response.",
            subject=f"{module.name}.{after.name}",
        )


def _refused(events: Iterable[Event]) -> Iterator[tuple[Event, str]]:
    """Resets in another context than that of the token, each variable once, with its name."""
    reported: set[str] = set()
    for event in events:
        token = event.value
        if event.verb != "reset" or not isinstance(token, External) or token.context == event.context:
            continue
        what = _name(event, token)
        if what not in reported:
            reported.add(what)
            yield event, what


def _name(event: Event, token: External) -> str:
    kept = token.arguments[0]
    if isinstance(kept, Const):
        return str(kept.value)
    return f"the ContextVar {event.label.rpartition('.')[2]}".rstrip()


def _setter(event: Event) -> str:
    """The function that set it; where that is a helper, the outermost one."""
    path = event.value.keywords.get("path") if isinstance(event.value, External) else None
    names = (
        [str(part.value) for part in path.items if isinstance(part, Const)] if isinstance(path, Items) else []
    )
    return names[-1].rpartition(".")[2] if names else "another function"


RULE = Rule("BRG007", "context-token", Severity.ERROR, check)
