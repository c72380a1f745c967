"""BRG011: an async-only middleware among sync ones, or an order that crosses more often than it must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bridgekit._plural import plural
from bridgekit.check.findings.finding import Group, Problem, Severity
from bridgekit.check.findings.subject import CheckedMiddleware, Subject
from bridgekit.check.findings.wording import before_and_after, describe
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.rules._broken import is_broken
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import Answer, Claim
from bridgekit.middleware_chain.hops import Cost, count_hops
from bridgekit.middleware_chain.plan import ChangeKind
from bridgekit.middleware_chain.requests import ASYNC_VIEW, Server


def check(subject: Subject) -> Iterator[Problem]:
    """ASGI only: the async-only layers that cost crossings, then the safe swaps that save some. Counted for Django's handler."""
    if subject.project.server is not Server.ASGI or serves_by_ours(subject.project):
        return
    for checked in subject.middleware:
        facts = checked.facts
        async_only = facts.sync_capable.answer is Answer.NO and facts.async_capable.answer is Answer.YES
        if async_only and not checked.certainly_not_used and not is_broken(checked):
            saved = _crossings_saved(subject, checked)
            if saved > 0:
                yield Problem(
                    f"{checked.dotted_path} is async-only between sync layers: it adds {plural(saved, 'crossing')} a request",
                    subject.location_of(checked),
                    "Make it sync-capable too, or move it inside the sync-only middleware if its work allows.",
                    subject=checked.dotted_path,
                )
    for proposal in subject.proposals:
        if proposal.change.kind is ChangeKind.SWAP and proposal.difference.saves:
            checked = subject.middleware[proposal.change.position]
            if any(map(is_broken, subject.middleware)):
                continue  # An order of layers that fail is none to improve.
            yield Problem(
                f"{checked.dotted_path} crosses more often than it must where it stands",
                checked.listed_at,
                f"{describe(proposal, subject)}: {before_and_after(proposal, subject)}.",
                subject=f"{checked.dotted_path}:order",
            )


def _crossings_saved(subject: Subject, checked: CheckedMiddleware) -> int:
    """How many crossings, both ways counted, a hybrid in its place would certainly save."""
    stack = list(subject.chain.facts)
    today = count_hops(stack, Server.ASGI, ASYNC_VIEW)
    stack[checked.position] = replace(checked.facts, sync_capable=Claim.yes("supposed"))
    hybrid = count_hops(stack, Server.ASGI, ASYNC_VIEW)
    if not all(count.is_exact for cost in (today, hybrid) for count in (cost.to_thread, cost.to_loop)):
        return 0
    return _both_ways(today) - _both_ways(hybrid)


def _both_ways(cost: Cost) -> int:
    return cost.to_thread.low + cost.to_loop.low


RULE = Rule("BRG011", "avoidable-crossing", Severity.WARNING, check, group=Group.COST)
