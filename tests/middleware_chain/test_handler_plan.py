"""How the handler's plan puts layers together, and who keeps a thread."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridgekit.middleware_chain.facts import Answer, Claim, Count, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.handler_plan import Part, plan_handler
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, Mode, Outcome, RequestKind

YES, NO, UNKNOWN = Claim.yes(), Claim.no(), Claim.unknown("not read")


def layer(name: str, **claims: Any) -> MiddlewareFacts:
    facts = MiddlewareFacts(
        name,
        sync_capable=YES,
        async_capable=YES,
        mixin_acall=NO,
        marked_async=YES,
        own_hops=Count(),
        mixin_call=NO,
        keeps_thread=NO,
    )
    return replace(facts, **claims)


MIXIN = layer("mixin", mixin_acall=YES, mixin_call=YES)
WAITS_NOT = replace(MIXIN, dotted_path="waits-not", nonblocking=YES)
MAY_WAIT = replace(MIXIN, dotted_path="may-wait", nonblocking=UNKNOWN)
VIEW_HOOK = {"process_view": HookFacts("process_view", is_async=NO)}
ASKED = replace(WAITS_NOT, hooks=VIEW_HOOK)
KEEPER = layer("keeper", mixin_acall=YES, mixin_call=YES, keeps_thread=Claim.yes("it does not say"))
SYNC_ONLY = layer("sync-only", async_capable=NO)
NATIVE = layer("native")
ASYNC_ONLY = layer("async-only", sync_capable=NO)
NOT_USED = layer("not-used", used=NO)
UNREAD = MiddlewareFacts.unreadable("unread", "no source")


def crossings(*stack: MiddlewareFacts) -> tuple[int, int]:
    plan = plan_handler(stack)
    sync, awaited = plan.crossings(SYNC_VIEW), plan.crossings(ASYNC_VIEW)
    assert sync.is_exact
    assert awaited.is_exact
    return sync.low, awaited.low


def holders(kind: RequestKind, *stack: MiddlewareFacts) -> list[str]:
    return [found.layer.facts.dotted_path for found in plan_handler(stack).holders(kind)]


@pytest.mark.parametrize(
    ("stack", "sync", "awaited"),
    [
        ((), 1, 0),
        ((MIXIN,) * 7, 1, 2),
        ((NATIVE,), 1, 0),
        ((SYNC_ONLY,), 1, 1),
        ((MIXIN, SYNC_ONLY, MIXIN), 1, 1),
        ((NATIVE, MIXIN), 1, 2),
        ((MIXIN, NATIVE), 3, 2),
        ((MIXIN, NATIVE, MIXIN), 3, 4),
        ((SYNC_ONLY, ASYNC_ONLY), 2, 1),
        ((MIXIN, NOT_USED, MIXIN), 1, 2),
    ],
)
def test_neighbours_in_a_thread_share_a_crossing(
    stack: tuple[MiddlewareFacts, ...], sync: int, awaited: int
) -> None:
    assert crossings(*stack) == (sync, awaited)


def test_a_layer_outside_of_a_sync_one_is_split_all_the_same() -> None:
    plan = plan_handler((MIXIN, SYNC_ONLY))
    assert [found.part for found in plan.layers] == [Part.HALVES, Part.THREAD]
    assert [(found.in_thread, len(found.layers)) for found in plan.segments] == [(True, 2)]


def test_segments_end_where_the_side_changes() -> None:
    plan = plan_handler((MIXIN, MIXIN, NATIVE, NOT_USED, MIXIN))
    assert [(found.in_thread, len(found.layers)) for found in plan.segments] == [
        (True, 2),
        (False, 1),
        (True, 1),
    ]


def test_async_halves_are_not_taken_apart() -> None:
    hooks = {"process_request": HookFacts("process_request", is_async=YES)}
    assert plan_handler([replace(MIXIN, hooks=hooks)]).layers[0].part is Part.LOOP


def test_only_what_pends_is_waited_for() -> None:
    assert holders(ASYNC_VIEW, SYNC_ONLY, MIXIN) == ["sync-only"]
    assert holders(SYNC_VIEW, SYNC_ONLY, MIXIN) == []
    assert holders(SYNC_VIEW, KEEPER, NATIVE, KEEPER) == ["keeper"]
    assert holders(ASYNC_VIEW, MIXIN, KEEPER) == ["keeper"]


def test_nothing_pends_outside_of_a_layer_that_waits_itself() -> None:
    assert holders(ASYNC_VIEW, KEEPER, SYNC_ONLY) == ["sync-only"]


def test_whoever_keeps_a_thread_says_why() -> None:
    (found,) = plan_handler([KEEPER]).holders(ASYNC_VIEW)
    assert (found.answer, found.why) == (Answer.YES, "it does not say")
    (found,) = plan_handler([replace(SYNC_ONLY, sync_capable=UNKNOWN)]).holders(ASYNC_VIEW)
    assert found.answer is Answer.YES
    assert "get_response" in found.why


def test_what_is_not_known_is_followed_both_ways() -> None:
    plan = plan_handler([UNREAD, MIXIN])
    assert plan.layers[0].parts == frozenset(Part)
    assert plan.crossings(ASYNC_VIEW) == Range(
        1, None
    )  # it may call sync_to_async itself, nobody knows how often
    assert plan.holds_thread(ASYNC_VIEW) is Answer.UNKNOWN
    assert [found.in_thread for found in plan.segments] == [None, True]


@pytest.mark.parametrize(
    ("outcome", "awaited"),
    [
        (Outcome.PLAIN, 2),
        (Outcome.ERROR_STATUS, 2),
        (Outcome.NOT_FOUND, 1),
        (Outcome.TEMPLATE, 3),
        (Outcome.EXCEPTION, 3),
        (Outcome.ASYNC_STREAM, 2),
    ],
)
def test_what_becomes_of_the_request_counts(outcome: Outcome, awaited: int) -> None:
    assert plan_handler([MIXIN]).crossings(RequestKind(Mode.ASYNC, outcome)) == Range.exactly(awaited)


def test_closing_may_cross_where_a_layer_cannot_be_read() -> None:
    """It may connect a receiver of ``request_finished``, which Django calls in a thread when the response is closed."""
    unread = MiddlewareFacts.unreadable("gone.Layer", "it cannot be read")
    known = layer("M", sync_capable=Claim.yes(), async_capable=Claim.yes())
    for closes, bounds in (
        (Claim.no(), (0, 0)),
        (Claim.yes(), (1, 1)),
        (Claim.unknown("it cannot be read"), (0, 1)),
    ):
        plan = plan_handler([replace(known, closes_late=closes)])
        assert (plan._close().low, plan._close().high) == bounds
    assert unread.closes_late.answer is Answer.UNKNOWN


@pytest.mark.parametrize(
    ("stack", "sync", "awaited"),
    [
        ((WAITS_NOT,) * 7, 1, 0),
        ((WAITS_NOT, ASKED, WAITS_NOT), 1, 0),
        ((WAITS_NOT, ASKED, NATIVE, WAITS_NOT), 1, 0),
        ((WAITS_NOT, ASKED, WAITS_NOT, NATIVE), 1, 0),
        ((NATIVE, WAITS_NOT), 1, 0),
        ((WAITS_NOT, NOT_USED, WAITS_NOT), 1, 0),
        ((MIXIN, WAITS_NOT), 1, 2),  # a thread is taken for the one, and the other runs in it
        ((WAITS_NOT, MIXIN), 1, 2),
        ((MIXIN, NATIVE, WAITS_NOT), 3, 2),
        ((WAITS_NOT, SYNC_ONLY), 1, 1),
        ((SYNC_ONLY, WAITS_NOT), 1, 1),
        ((WAITS_NOT, SYNC_ONLY, ASYNC_ONLY), 2, 1),
        ((WAITS_NOT, replace(MIXIN, hooks=VIEW_HOOK), NATIVE), 3, 3),
        ((WAITS_NOT, replace(NATIVE, hooks=VIEW_HOOK)), 1, 1),  # who is asked about the view may wait
        ((replace(WAITS_NOT, closes_late=YES), ASKED), 2, 3),  # somebody listens to the request signals
    ],
)
def test_what_waits_for_nothing_runs_on_the_loop_around_what_is_awaited(
    stack: tuple[MiddlewareFacts, ...], sync: int, awaited: int
) -> None:
    assert crossings(*stack) == (sync, awaited)


@pytest.mark.parametrize(
    ("stack", "awaited"),
    [
        ((MAY_WAIT, WAITS_NOT), Range(0, 2)),
        ((MAY_WAIT, NATIVE), Range(0, 2)),
        ((WAITS_NOT, replace(MAY_WAIT, hooks=VIEW_HOOK), NATIVE), Range(0, 3)),
        ((replace(WAITS_NOT, closes_late=UNKNOWN), WAITS_NOT), Range(0, 3)),
    ],
)
def test_whether_it_waits_may_be_unknown(stack: tuple[MiddlewareFacts, ...], awaited: Range) -> None:
    plan = plan_handler(stack)
    assert plan.crossings(ASYNC_VIEW) == awaited
    assert plan.holds_thread(ASYNC_VIEW) is Answer.NO


@pytest.mark.parametrize(
    ("outcome", "awaited"),
    [
        (Outcome.PLAIN, 0),
        (Outcome.ERROR_STATUS, 1),  # the log line
        (Outcome.NOT_FOUND, 1),
        (Outcome.TEMPLATE, 1),
        (Outcome.EXCEPTION, 2),
        (Outcome.ASYNC_STREAM, 0),
    ],
)
def test_what_becomes_of_a_request_that_needed_no_thread(outcome: Outcome, awaited: int) -> None:
    plan = plan_handler([WAITS_NOT, ASKED])
    assert plan.crossings(RequestKind(Mode.ASYNC, outcome)) == Range.exactly(awaited)


def test_any_halves_may_wait_where_the_method_is_not_safe() -> None:
    plan = plan_handler([WAITS_NOT, ASKED, NATIVE, WAITS_NOT]).for_unsafe_method
    assert (str(plan.crossings(SYNC_VIEW)), str(plan.crossings(ASYNC_VIEW))) == ("3", "4")
    assert plan.for_unsafe_method.layers == plan.layers


def test_hooks_on_the_loop_leave_the_thread_behind_a_sync_view_too() -> None:
    """Django then asks for a response to the exception, and answers it, in two more crossings."""
    asks = replace(NATIVE, hooks={"process_view": HookFacts("process_view", is_async=YES)})
    found = plan_handler([asks]).crossings(RequestKind(Mode.SYNC, Outcome.EXCEPTION))
    assert found == Range(1, 4)
