"""BRG002: a sync-only middleware in an ASGI stack: what it costs where it stands, and what making it async would do."""

from __future__ import annotations

from collections.abc import Iterator

from bridgekit.check.findings.finding import Group, Problem, Severity
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.findings.wording import SINGLE_HOP, before_and_after, stack_saving
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.rules._broken import is_broken
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.plan import ChangeKind, Proposal
from bridgekit.middleware_chain.requests import Mode, Server
from bridgekit.middleware_chain.threads import in_the_way

#: Sync-only on purpose: whoever lists it has taken this very advice.
_MEANT_TO_BE = SINGLE_HOP


def check(subject: Subject) -> Iterator[Problem]:
    """Middleware that are certainly sync-only and used, under ASGI only."""
    if subject.project.server is not Server.ASGI:
        return
    for checked in subject.middleware:
        facts = checked.facts
        sync_only = facts.sync_capable.answer is Answer.YES and facts.async_capable.answer is Answer.NO
        if not sync_only or checked.certainly_not_used or checked.dotted_path == _MEANT_TO_BE:
            continue
        if is_broken(checked):
            continue
        outside = _made_sync(subject, checked)
        also = f" and makes {len(outside)} before it run sync" if outside else ""
        yield Problem(
            f"{checked.dotted_path} is sync-only, at position {checked.position + 1} of {len(subject.middleware)}: "
            f"it blocks the request's thread while the response is made{also}",
            subject.location_of(checked),
            _fix(subject, checked),
            subject=checked.dotted_path,
        )


def _fix(subject: Subject, checked: CheckedMiddleware) -> str:
    if serves_by_ours(subject.project):
        others = dict.fromkeys(
            holder.layer.facts.dotted_path
            for holder in in_the_way(subject.chain.facts)
            if holder.layer.facts is not checked.facts
        )
        verb = "releases" if len(others) == 1 else "release"
        rest = f", as soon as {' and '.join(others)} {verb} it, too" if others else ""
        return f"Make it sync and async: a request that waits keeps no thread then{rest}."
    proposal = _made_native(subject, checked)
    if proposal is None:
        return _withheld(subject, checked)
    change = before_and_after(proposal, subject)
    if proposal.difference.saves:
        means = "sync_and_async_middleware, or __acall__ beside __call__"
        if not subject.project.owns(checked.facts.defined_at) and checked.facts.defined_at is not None:
            means = "it is not the project's own: in a subclass, with __acall__ beside __call__"
        return f"Make it sync and async ({means}): {change}."
    held = " It would free the thread." if proposal.holds_thread is Answer.NO else ""
    if proposal.difference.low > 0:
        mixins = f"Do not make it async for speed: {change}, because the mixins around it would hop.{held}"
        return f"{mixins} {stack_saving(subject)}".strip()
    if proposal.difference.low < proposal.difference.high:
        return f"Making it async: {change}, as long as the stack cannot be read in full.{held}"
    return f"Making it async changes nothing as long as others stay sync-only: {change}.{held}"


def _made_sync(subject: Subject, checked: CheckedMiddleware) -> list[str]:
    """Layers that run sync because this one does: those around it that can do both, up to one that decides for itself."""
    found: list[str] = []
    for layer in reversed(subject.chain.layers[: checked.position]):
        facts = layer.facts
        if layer.used is Answer.NO:
            continue
        if layer.mode is not Mode.SYNC or facts.async_capable.answer is not Answer.YES:
            break
        found.append(facts.dotted_path)
    return found


def _withheld(subject: Subject, checked: CheckedMiddleware) -> str:
    """What stands in the way of the change: layers that run sync today only because this one does."""
    broken = subject.withheld.get((ChangeKind.MAKE_NATIVE, checked.position), ())
    if not broken:
        return ""
    names = ", ".join(dict.fromkeys(broken))
    return f"Do not make it async yet: {names} would then run async, too, and may not work there."


def _made_native(subject: Subject, checked: CheckedMiddleware) -> Proposal | None:
    return next(
        (
            proposal
            for proposal in subject.proposals
            if proposal.change.kind is ChangeKind.MAKE_NATIVE and proposal.change.position == checked.position
        ),
        None,
    )


RULE = Rule("BRG002", "sync-only", Severity.WARNING, check, group=Group.COST)
