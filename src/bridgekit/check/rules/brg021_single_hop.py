"""BRG021: bridgekit's SingleHopMiddleware where it saves nothing, or less than it would last in MIDDLEWARE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridgekit._plural import plural
from bridgekit.check.findings.finding import Group, Problem, Severity
from bridgekit.check.findings.subject import Subject
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.check.rules._broken import is_broken
from bridgekit.check.rules.rule import Rule
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.hops import count_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import ASYNC_VIEW, Server

_PATHS = (
    "bridgekit.django.middleware.SingleHopMiddleware",
    "bridgekit.django.single_hop.SingleHopMiddleware",
)

_REMOVE = "Remove it from MIDDLEWARE."


def check(subject: Subject) -> Iterator[Problem]:
    """ASGI only: under WSGI the chain is sync anyway. The model is asked for the stack as it is, without it, and with it last."""
    if subject.project.server is not Server.ASGI:
        return
    stack = list(subject.chain.facts)
    here = _hops(stack)
    for checked in subject.middleware:
        if checked.dotted_path not in _PATHS or any(map(is_broken, subject.middleware)):
            continue  # What hops beside a layer that fails is no question yet.
        if serves_by_ours(subject.project):
            yield Problem(
                "SingleHopMiddleware saves nothing under bridgekit's handler, and makes every waiting async view block a thread",
                checked.listed_at,
                _REMOVE,
                subject=checked.dotted_path,
            )
            continue
        rest = [*stack[: checked.position], *stack[checked.position + 1 :]]
        last, without = _hops([*rest, checked.facts]), _hops(rest)
        if last.high is not None and last.high < min(here.low, without.low):
            message = f"stands at position {checked.position + 1} of {len(stack)}: {plural(here, 'hop')}, but {last} if it is last"
            fix = "Make it the last line of MIDDLEWARE."
        elif without.high is not None and without.high <= here.low:
            message = f"saves nothing in this stack: {plural(here, 'hop')} with it, {without} without, and it blocks a thread while the response is made"
            fix = _REMOVE
        else:
            continue
        yield Problem(f"SingleHopMiddleware {message}", checked.listed_at, fix, subject=checked.dotted_path)


def _hops(stack: Sequence[MiddlewareFacts]) -> Range:
    return count_hops(stack, Server.ASGI, ASYNC_VIEW).to_thread


RULE = Rule("BRG021", "single-hop", Severity.WARNING, check, group=Group.COST)
