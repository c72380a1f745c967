"""The totals of one stack, today and after the change that saves most, as phrases."""

from __future__ import annotations

from bridgekit.check.report import best_proposal
from bridgekit.check.rules._wording import before_and_after, describe, hops_text
from bridgekit.check.subject import Subject
from bridgekit.middleware_chain.facts import Answer
from bridgekit.middleware_chain.hops import Cost, count_hops
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, RequestKind, Server

__all__ = ["cost_of", "held_text", "proposal_text", "totals_text"]


def cost_of(subject: Subject, kind: RequestKind) -> Cost:
    """What a request of this kind costs in the stack as it stands."""
    return count_hops(subject.chain.facts, subject.chain.server, kind)


def totals_text(subject: Subject) -> str:
    """``15 hops with an async view, 16 with a sync view``."""
    server = subject.chain.server
    async_view, sync_view = (cost_of(subject, kind).hops(server) for kind in (ASYNC_VIEW, SYNC_VIEW))
    return f"{hops_text(async_view)} with an async view, {sync_view} with a sync view"


def held_text(subject: Subject) -> str:
    """Whether a thread is held, in words."""
    if subject.chain.server is Server.WSGI:
        return "the server's thread is held, as always under WSGI"
    held = subject.chain.holds_thread
    return {
        Answer.YES: "a thread is held while the response is made",
        Answer.NO: "no thread is held",
        Answer.UNKNOWN: "whether a thread is held is not known",
    }[held]


def proposal_text(subject: Subject) -> str:
    """The best sure saving as an instruction with its effect; empty if no single change saves."""
    best = best_proposal(subject)
    if best is None:
        return ""
    price = ""
    if best.holds_thread is not subject.chain.holds_thread:
        price = {
            Answer.YES: ", but a thread is then held",
            Answer.NO: ", and no thread is held any more",
        }.get(best.holds_thread, "")
    return f"{describe(best, subject)}: {before_and_after(best, subject)}{price}"
