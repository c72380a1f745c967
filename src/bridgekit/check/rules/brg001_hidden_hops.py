"""BRG001: says async_capable, and crosses to a thread for each hook all the same."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.finding import Problem, Severity
from bridgekit.check.rule import Rule
from bridgekit.check.rules._wording import hook_names, hops_text, stack_saving
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.hops import own_hops
from bridgekit.middleware_chain.requests import Mode


def check(subject: Subject) -> Iterator[Problem]:
    """Middleware that certainly run async and certainly hop of their own (MiddlewareMixin.__acall__)."""
    for checked in subject.middleware:
        hops = own_hops(checked.facts)
        if not checked.runs(Mode.ASYNC) or hops.low == 0:
            continue
        if checked.facts.mixin_acall.answer is Answer.YES:
            cause = f"MiddlewareMixin runs {hook_names(checked.facts)} in a thread"
        else:
            cause = "its own code calls sync_to_async"
        yield Problem(
            f"{checked.dotted_path} says async_capable but costs {hops_text(hops)} a request: {cause}",
            subject.location_of(checked),
            _fix(subject, checked.facts.mixin_acall.answer is Answer.YES),
            subject=checked.dotted_path,
        )


def _fix(subject: Subject, is_mixin: bool) -> str:
    saving = stack_saving(subject)
    if saving:
        return saving
    return "Write __call__ and __acall__ that await get_response themselves." if is_mixin else ""


RULE = Rule("BRG001", "hidden-hops", Severity.WARNING, check)
