"""The totals of one stack as phrases: today, after the change that saves most, and under bridgekit's handler."""

from __future__ import annotations

from collections.abc import Sequence

from bridgekit.check.findings.released import SETTING
from bridgekit.check.findings.shown import base_of, shown_from
from bridgekit.check.findings.subject import Subject
from bridgekit.check.findings.wording import (
    before_and_after,
    best_proposal,
    describe,
    hops_text,
    named,
    tasks_text,
)
from bridgekit.check.project.handler_served import serves_by_ours
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.handler_plan import HandlerPlan, Holder, Part, plan_handler
from bridgekit.middleware_chain.hops import Cost, count_hops
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, RequestKind, Server
from bridgekit.middleware_chain.threads import (
    Keeping,
    State,
    ThreadUse,
    handler_threads,
    in_the_way,
    stock_threads,
)


def cost_of(subject: Subject, kind: RequestKind) -> Cost:
    """What a request of this kind costs in the stack as it stands."""
    return count_hops(subject.chain.facts, subject.chain.server, kind)


def totals(subject: Subject) -> list[tuple[str, str]]:
    """Every total with its label, first the one that holds today: where the entry point makes bridgekit's handler, it is that one's."""
    stock = f"{totals_text(subject)}; {held_text(subject)}"
    if serves_by_ours(subject.project) is not None:
        return [("today", today_text(subject)), ("Django's", stock)]
    found = [("today", stock)]
    change, handler = change_text(subject), handler_text(subject)
    if change:
        found += [("one line", change), ("after", after_text(subject))]
        tasks = price_text(subject)
        found += [("its price", tasks)] if tasks else []
    if handler:
        found.append(("handler", handler))
    return found


def today_text(subject: Subject) -> str:
    """The total under the handler that serves the project, as far as that is seen; Django's otherwise."""
    made = serves_by_ours(subject.project)
    if made is None:
        return f"{totals_text(subject)}; {held_text(subject)}"
    place = shown_from(base_of(subject.project.root), f"{made.path}:{made.line}")
    return f"{handler_text(subject)} (bridgekit's handler, {place})"


def totals_text(subject: Subject) -> str:
    """``15 hops with an async view, 16 with a sync view``."""
    return _both_views(subject.chain.facts, subject.chain.server)


def _both_views(stack: Sequence[MiddlewareFacts], server: Server) -> str:
    async_view, sync_view = (count_hops(stack, server, kind).hops(server) for kind in (ASYNC_VIEW, SYNC_VIEW))
    return f"{hops_text(async_view)} with an async view, {sync_view} with a sync view"


def held_text(subject: Subject) -> str:
    """The threads that requests keep, in words: under ``ThreadSensitiveContext`` one each, whatever the stack."""
    return threads_text(stock_threads(subject.chain.facts, subject.chain.server), subject.chain.server)


def handler_text(subject: Subject) -> str:
    """The totals under bridgekit's ASGI handler; empty for a stack that is judged for WSGI."""
    if subject.chain.server is not Server.ASGI:
        return ""
    stack = subject.chain.facts
    plan = plan_handler(stack)
    use = handler_threads(stack)
    hops = f"{hops_text(plan.crossings(ASYNC_VIEW))} with an async view, {plan.crossings(SYNC_VIEW)} with a sync view"
    remedy = _what_lets_go(in_the_way(stack))
    return f"{hops}{_of_others(subject, plan)}; {threads_text(use, Server.ASGI, why=True)}{remedy}"


def _of_others(subject: Subject, plan: HandlerPlan) -> str:
    """The totals of requests in which halves may wait that else run on the loop; empty where there are no such halves."""
    posted = plan.for_unsafe_method
    if all(posted.crossings(kind) == plan.crossings(kind) for kind in (ASYNC_VIEW, SYNC_VIEW)):
        return ""
    hops = f"{posted.crossings(ASYNC_VIEW)} and {posted.crossings(SYNC_VIEW)}"
    unknown = "" if plan.crossings(ASYNC_VIEW).is_exact else _what_decides(subject)
    return f" ({hops} for a POST, at most that where the session or messages change{unknown})"


def _what_decides(subject: Subject) -> str:
    """Why it is not known whether a layer waits, mostly a setting's value, with the line."""
    for facts in subject.chain.facts:
        claim = facts.nonblocking
        if claim.answer is Answer.UNKNOWN and claim.reason:
            base = base_of(subject.project.root)
            place = "" if claim.location is None else f" ({shown_from(base, str(claim.location))})"
            return f"; not known: {claim.reason}{place}"
    return ""


def threads_text(use: ThreadUse, server: Server, *, why: bool = False) -> str:
    """``1 thread for each waiting request (blocked by a.Layer) and each open stream (idle)``; ``why`` the layer does so, if asked."""
    if server is Server.WSGI:
        return "the server's thread is held, as always under WSGI"
    waiting, streaming = use.waiting, use.streaming
    if waiting.state is State.NONE:
        return "no thread for a waiting request or an open stream"
    if waiting.state is streaming.state is State.IDLE and waiting.layer is None:
        return "1 idle thread for each waiting request and each open stream"
    kept = f"{waiting.threads} thread for each waiting request ({_state(waiting)}{f': {waiting.why}' if why and waiting.why else ''})"
    if streaming.state is State.NONE:
        return f"{kept}, none for an open stream"
    return f"{kept} and each open stream (idle)"


def _state(keeping: Keeping) -> str:
    layer = "" if keeping.layer is None else keeping.layer.dotted_path
    return {
        State.BLOCKED: f"blocked by {layer}",
        State.IDLE: f"idle, kept by {layer}",
        State.UNKNOWN: f"what {layer} does to it is not known",
    }[keeping.state]


def _what_lets_go(holders: Sequence[Holder]) -> str:
    """The remedies of all the layers that keep the thread, or would if the others did not."""
    saying = [holder for holder in holders if holder.layer.part is Part.HALVES]
    leaving = [holder for holder in holders if holder not in saying]
    remedies = []
    if leaving:
        be, leave = ("is", "leaves") if len(leaving) == 1 else ("are", "leave")
        remedies.append(f"{_names(leaving)} {be} async or {leave} the list")
    if saying:
        remedies.append(f"{SETTING} has {_names(saying)}, which must leave nothing in the thread then")
    return f"; released if {' and '.join(remedies)}" if remedies else ""


def _names(holders: Sequence[Holder]) -> str:
    *others, last = dict.fromkeys(holder.layer.facts.dotted_path for holder in holders)
    return f"{', '.join(others)} and {last}" if others else last


def change_text(subject: Subject) -> str:
    """The change that saves most as an instruction; empty if no single change certainly saves, and under bridgekit's handler none does."""
    best = best_proposal(subject)
    return "" if best is None or serves_by_ours(subject.project) is not None else describe(best, subject)


def after_text(subject: Subject) -> str:
    """The totals after that change, and what is certain of the saving where the totals are not exact."""
    best = best_proposal(subject)
    if best is None:
        return ""
    server = subject.chain.server
    exact = best.before.hops(server).is_exact and best.after.hops(server).is_exact
    sure = "" if exact else f", {before_and_after(best, subject)}"
    return f"{_both_views(best.stack, server)}{sure}; {threads_text(stock_threads([named(f) for f in best.stack], server), server)}"


def price_text(subject: Subject) -> str:
    """What that change costs the project's tasks; empty if it starts none, as far as it was read."""
    best = best_proposal(subject)
    return "" if best is None else tasks_text(best, subject)


def legend_text(server: Server) -> str:
    """What a hop is, for who reads a report for the first time."""
    if server is Server.WSGI:
        return "a hop is one call of async_to_sync: the thread waits for an event loop, some tens of microseconds and more"
    return (
        "a hop is one call of sync_to_async: a switch to a thread and back, some tens of microseconds;"
        " 2 in each total are Django's own, around the stack"
    )
