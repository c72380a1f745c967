"""The totals of one stack, today and after the change that saves most, as phrases."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.report import best_proposal
from bridgekit.check.rules._wording import before_and_after, describe, hops_text
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.hops import Cost, count_hops
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, RequestKind, Server

__all__ = ["after_text", "change_text", "cost_of", "held_text", "legend_text", "totals_text"]


def cost_of(subject: Subject, kind: RequestKind) -> Cost:
    """What a request of this kind costs in the stack as it stands."""
    return count_hops(subject.chain.facts, subject.chain.server, kind)


def totals_text(subject: Subject) -> str:
    """``15 hops with an async view, 16 with a sync view``."""
    return _both_views(subject.chain.facts, subject.chain.server)


def _both_views(stack: Sequence[MiddlewareFacts], server: Server) -> str:
    async_view, sync_view = (count_hops(stack, server, kind).hops(server) for kind in (ASYNC_VIEW, SYNC_VIEW))
    return f"{hops_text(async_view)} with an async view, {sync_view} with a sync view"


def held_text(subject: Subject) -> str:
    """Whether a thread is held, in words."""
    return _held(subject.chain.holds_thread, subject.chain.server)


def _held(held: Answer, server: Server) -> str:
    if server is Server.WSGI:
        return "the server's thread is held, as always under WSGI"
    return {
        Answer.YES: "a thread is held while the response is made",
        Answer.NO: "no thread is held",
        Answer.UNKNOWN: "whether a thread is held is not known",
    }[held]


def change_text(subject: Subject) -> str:
    """The change that saves most as an instruction; empty if no single change certainly saves."""
    best = best_proposal(subject)
    return "" if best is None else describe(best, subject)


def after_text(subject: Subject) -> str:
    """The totals after that change, and what is certain of the saving where the totals are not exact."""
    best = best_proposal(subject)
    if best is None:
        return ""
    server = subject.chain.server
    exact = best.before.hops(server).is_exact and best.after.hops(server).is_exact
    sure = "" if exact else f", {before_and_after(best, subject)}"
    return f"{_both_views(best.stack, server)}{sure}; {_held(best.holds_thread, server)}"


def legend_text(server: Server) -> str:
    """What a hop is, for who reads a report for the first time."""
    if server is Server.WSGI:
        return "a hop is one call of async_to_sync: the thread waits for an event loop, some tens of microseconds and more"
    return (
        "a hop is one call of sync_to_async: a switch to a thread and back, some tens of microseconds;"
        " 2 in each total are Django's own, around the stack"
    )
