"""BRG001: says async_capable, and crosses to a thread for each hook all the same."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Group, Problem, Severity
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.findings.wording import hook_names, hops_text, stack_saving
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.rules._broken import is_broken
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.hops import own_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Mode


def check(subject: Subject) -> Iterator[Problem]:
    """Middleware that certainly run async and certainly hop of their own (MiddlewareMixin.__acall__).

    One problem for each of the project's own. What packages bring nobody edits: all of it is one problem, where a change of one line
    saves hops, and none where none does. Under bridgekit's own handler they hop together.
    """
    if serves_by_ours(subject.project):
        return
    found = [
        checked
        for checked in subject.middleware
        if checked.runs(Mode.ASYNC) and own_hops(checked.facts).low and not is_broken(checked)
    ]
    foreign = []
    for checked in found:
        if checked.facts.defined_at is not None and not subject.project.owns(checked.facts.defined_at):
            foreign.append(checked)
            continue
        yield Problem(
            f"{checked.dotted_path} says async_capable but costs {hops_text(own_hops(checked.facts))} a request: {_cause(checked)}",
            subject.location_of(checked),
            stack_saving(subject) or _rewrite(checked),
            subject=checked.dotted_path,
        )
    saving = stack_saving(subject)
    if foreign and saving:
        yield _of_packages(foreign, saving)


def _cause(checked: CheckedMiddleware) -> str:
    if checked.facts.mixin_acall.answer is Answer.YES:
        return f"MiddlewareMixin runs {hook_names(checked.facts)} in a thread"
    return "its own code calls sync_to_async"


def _rewrite(checked: CheckedMiddleware) -> str:
    mixin = checked.facts.mixin_acall.answer is Answer.YES
    return "Write __call__ and __acall__ that await get_response themselves." if mixin else ""


def _of_packages(layers: list[CheckedMiddleware], saving: str) -> Problem:
    first = layers[0]
    total = sum((own_hops(checked.facts) for checked in layers), Range.exactly(0))
    if len(layers) == 1:
        who = (
            f"{first.dotted_path} says async_capable but costs {hops_text(total)} a request: {_cause(first)}"
        )
    else:
        names = ", ".join(checked.dotted_path.rpartition(".")[2] for checked in layers)
        who = f"{len(layers)} middleware of packages say async_capable but cost {hops_text(total)} a request together: {names}"
    return Problem(who, first.listed_at, saving, subject="MIDDLEWARE")


RULE = Rule("BRG001", "hidden-hops", Severity.WARNING, check, group=Group.COST)
