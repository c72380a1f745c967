"""BRG003: claims async, but uses the un-awaited coroutine as if it were the response."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Problem, Severity
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.middleware.definition import Definition
from bridgekit.check.rules._coroutine_result import Use, first_of, first_use
from bridgekit.check.rules._unusable import awaited_by_nobody
from bridgekit.check.rules._walks import walked, way
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Mode, Server


def check(subject: Subject) -> Iterator[Problem]:
    """Middleware that may run async and whose sync entry point reads the result of get_response."""
    yield from _async_hooks(subject)
    for checked in subject.middleware:
        definition = checked.definition
        claims = checked.facts.async_capable.answer is Answer.YES
        if definition is None or not claims or checked.certainly_not_used:
            continue
        shield = "" if checked.may_run(Mode.ASYNC) else _shield(subject, checked)
        if not shield and not checked.accepts_async:
            continue
        use = first_use(definition) or _with_settings(subject, definition)
        if use is not None:
            today = f" ({shield} keeps it in sync mode today, where it works)" if shield else ""
            if use.left:
                what = "leaves a block around get_response without awaiting it: in async mode the response is made afterwards"
            else:
                what = "uses the result of get_response without awaiting it: in async mode that is a coroutine, not a response"
            yield Problem(
                f"{checked.dotted_path} claims async_capable, but {use.function} {what}{today}{way(use.path)}",
                subject.shown_at(checked, use.module.location_of(use.node)),
                "Set async_capable = False on the class, or dispatch to an __acall__ that awaits get_response.",
                subject=checked.dotted_path,
            )


def _with_settings(subject: Subject, definition: Definition) -> Use | None:
    if definition.dotted_path.startswith("django."):
        return None
    return first_of(walked(subject, definition, asynchronous=True).events)


def _async_hooks(subject: Subject) -> Iterator[Problem]:
    """MiddlewareMixin calls both hooks without awaiting them; in async mode by sync_to_async, which takes no coroutine function."""
    for checked, definition in subject.read_middleware():
        for name, place in awaited_by_nobody(definition):
            yield Problem(
                f"{checked.dotted_path}: MiddlewareMixin does not await the async {name}: in sync mode its coroutine is taken for "
                "the response, in async mode sync_to_async raises TypeError: every request fails",
                subject.shown_at(checked, place),
                f"Write a plain `def {name}`, or a class of its own with an async __call__ that awaits get_response.",
                subject=f"{checked.dotted_path}.{name}",
            )


def _shield(subject: Subject, checked: CheckedMiddleware) -> str:
    """The sync-only layer further in, without which this one would run async; under ASGI alone."""
    if subject.project.server is not Server.ASGI:
        return ""
    inside = subject.middleware[checked.position + 1 :]
    return next(
        (other.dotted_path for other in inside if other.facts.async_capable.answer is not Answer.YES), ""
    )


RULE = Rule("BRG003", "coroutine-as-response", Severity.ERROR, check)
