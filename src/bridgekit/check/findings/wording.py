"""Phrases that several rules and reporters share, so that one thing is said in one way."""

from __future__ import annotations

import math
from dataclasses import replace

from bridgekit._plural import plural
from bridgekit.check.findings.subject import Subject, no_routed_views
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.plan import PASS_THROUGH, ChangeKind, Proposal
from bridgekit.middleware_chain.ranges import Range

SINGLE_HOP = "bridgekit.django.middleware.SingleHopMiddleware"
"""The pass-through that proposals place."""
_MAX_PLACES = 3


def named(facts: MiddlewareFacts) -> MiddlewareFacts:
    """The pass-through by the name that is placed."""
    return replace(facts, dotted_path=SINGLE_HOP) if facts is PASS_THROUGH else facts


def hops_text(hops: Range) -> str:
    """``1 hop``, ``2 hops``, ``0 to 2 hops``."""
    return plural(hops, "hop")


def hook_names(facts: MiddlewareFacts) -> str:
    """The hooks that MiddlewareMixin sends to a thread: ``process_request and process_response``."""
    names = [
        name
        for name in ("process_request", "process_response")
        if name in facts.hooks and facts.hooks[name].exists.answer is not Answer.NO
    ]
    return " and ".join(names)


def before_and_after(proposal: Proposal, subject: Subject) -> str:
    """``15 hops become 4``, or the difference where the totals are not known."""
    server = subject.chain.server
    before, after = proposal.before.hops(server), proposal.after.hops(server)
    if before.is_exact and after.is_exact:
        verb = "stay" if before == after else "become"
        return f"{hops_text(before)} {verb}{'s' if before == Range.exactly(1) else ''} {after}"
    low, high = proposal.difference.low, proposal.difference.high
    if low == high:
        return _difference(low) if low else "as many hops as before"
    if high < 0 or low > 0:
        return f"at least {_difference(high if high < 0 else low)}"
    if low == 0 or high == 0:
        most = high if low == 0 else low
        if not math.isinf(most):
            return f"at most {_difference(most)}"
    return "how many hops that changes is not known"


def left_out_text(number: int) -> str:
    """Variants that are not shown, for they are as one that is."""
    return f"{plural(number, 'combination')} of these change{'s' if number == 1 else ''} nothing further"


def _difference(hops: float) -> str:
    return f"{plural(f'{abs(hops):.0f}', 'hop')} {'fewer' if hops < 0 else 'more'}"


def describe(proposal: Proposal, subject: Subject) -> str:
    """What a proposal does to the stack, as an instruction."""
    position, length = proposal.change.position, len(subject.chain.layers)
    match proposal.change.kind:
        case ChangeKind.ADD_PASS_THROUGH:
            where = (
                "last" if position == length else f"before {subject.chain.layers[position].facts.dotted_path}"
            )
            return f"Place {SINGLE_HOP} (a sync-only pass-through) {where} in MIDDLEWARE"
        case ChangeKind.MAKE_NATIVE:
            return _made_native(subject, proposal)
        case ChangeKind.SWAP:
            return (
                f"Let {proposal.change.dotted_path} and "
                f"{subject.chain.layers[position + 1].facts.dotted_path} change places"
            )


def _made_native(subject: Subject, proposal: Proposal) -> str:
    """Nobody edits what a package brings: that is subclassed, and the subclass listed."""
    path = proposal.change.dotted_path
    defined = subject.chain.layers[proposal.change.position].facts.defined_at
    if defined is None or subject.project.owns(defined):
        return f"Make {path} natively sync and async"
    return f"Replace {path}, which is not the project's own, by a subclass that is natively sync and async"


def best_proposal(subject: Subject) -> Proposal | None:
    """The change of one line that certainly saves most hops in this stack."""
    return next((proposal for proposal in subject.proposals if proposal.difference.saves), None)


def stack_saving(subject: Subject) -> str:
    """The best sure saving of one change, with its price; empty if nothing saves."""
    best = best_proposal(subject)
    if best is None:
        return ""
    price = ""
    if best.holds_thread is Answer.YES and subject.chain.holds_thread is not Answer.YES:
        price = (
            ", but the thread that each request has anyway is then blocked while its view waits, and a task that outlives"
            f" its view cannot use the ORM{_of_tasks(subject)}"
        )
    return f"{describe(best, subject)}: {before_and_after(best, subject)} for the whole stack{price}."


def tasks_text(proposal: Proposal, subject: Subject) -> str:
    """What a proposal that blocks a thread costs this project's tasks; empty where it starts none, as far as it was read."""
    if proposal.holds_thread is not Answer.YES or subject.chain.holds_thread is Answer.YES:
        return ""
    which = _of_tasks(subject)
    return f"a task that outlives its view cannot use the ORM{which}" if which else ""


def _of_tasks(subject: Subject) -> str:
    """Which views start tasks that outlive them, or why that is not known; empty if none does that was read."""
    if subject.project.routed_views is no_routed_views:
        return ""  # whoever describes the project reads no views: then nothing is said of them, and nothing loaded that follows them
    from bridgekit.check.findings.outliving_tasks import outliving_tasks

    found = outliving_tasks(subject)
    root = f"{subject.project.root}/"
    shown = ", ".join(f"{place.path.removeprefix(root)}:{place.line}" for place in found.places[:_MAX_PLACES])
    more = f" and {len(found.places) - _MAX_PLACES} more" if len(found.places) > _MAX_PLACES else ""
    match found.answer:
        case Answer.YES:
            return f": {shown}{more} start{'s' if len(found.places) == 1 else ''} one"
        case Answer.UNKNOWN if found.places:
            return f": {shown}{more} may start one ({found.why})"
        case Answer.UNKNOWN:
            return f" (whether a view starts one is not known: {found.why})" if found.why else ""
        case Answer.NO:
            return ""
