"""BRG010: a sync process_view or process_template_response hook costs a hop a request, whatever the middleware's mode."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Group, Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.rules._broken import is_broken
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.requests import Server

_WHEN = {"process_view": "every request", "process_template_response": "every TemplateResponse"}


def check(subject: Subject) -> Iterator[Problem]:
    """BaseHandler.load_middleware adapts both hooks to the handler's mode, not to the middleware's.

    Of the project's own hooks: those of packages nobody edits, and the picture of the stack shows what they cost.
    """
    if subject.project.server is not Server.ASGI:
        return
    for checked in subject.middleware:
        if is_broken(checked):
            continue
        for name, when in _WHEN.items():
            hook = checked.facts.hooks.get(name)
            if (
                hook is None
                or hook.exists.answer is not Answer.YES
                or hook.is_async.answer is not Answer.NO
                or checked.certainly_not_used
            ):
                continue
            if hook.location is None or not subject.project.owns(hook.location):
                continue
            yield Problem(
                f"{checked.dotted_path}: sync {name} costs 1 hop on {when} under ASGI",
                hook.location,
                f"Write `async def {name}` if this stack runs under ASGI only; Django adapts it under WSGI.",
                subject=f"{checked.dotted_path}.{name}",
            )


RULE = Rule("BRG010", "sync-hooks", Severity.WARNING, check, group=Group.COST)
