"""The threads that requests keep, as the model tells them; `tests/testing/test_count_threads.py` has the running Django's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.middleware_chain.facts import Answer, Claim, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Server
from bridgekit.middleware_chain.threads import State, handler_threads, in_the_way, stock_threads

HOOKS = {name: HookFacts(name, Claim.no()) for name in ("process_request", "process_response")}
MIXIN = MiddlewareFacts(
    "a.Mixin",
    Claim.yes(),
    Claim.yes(),
    Claim.yes(),
    Claim.yes(),
    HOOKS,
    mixin_call=Claim.yes(),
    keeps_thread=Claim.no("Django's own"),
)
KEEPING = replace(MIXIN, dotted_path="a.Keeping", keeps_thread=Claim.yes("a local"))
SYNC_ONLY = MiddlewareFacts(
    "a.SyncOnly", Claim.yes(), Claim.no(), Claim.no(), Claim.no(), mixin_call=Claim.no()
)
NATIVE = MiddlewareFacts("a.Native", Claim.yes(), Claim.yes(), Claim.no(), Claim.yes(), mixin_call=Claim.no())
UNKNOWN = MiddlewareFacts.unreadable("a.Unknown", "not found")

ONE, NONE = Range.exactly(1), Range.exactly(0)


@pytest.mark.parametrize("stack", [[], [NATIVE], [MIXIN, MIXIN]], ids=["empty", "native", "mixins"])
def test_stock_django_keeps_an_idle_thread_for_every_request(stack: list[MiddlewareFacts]) -> None:
    use = stock_threads(stack)
    assert [(one.threads, one.state, one.layer) for one in (use.waiting, use.streaming)] == [
        (ONE, State.IDLE, None)
    ] * 2


def test_a_sync_layer_blocks_it_and_costs_none_more() -> None:
    """Named is the layer that makes those around it sync; a stream is sent after all have returned."""
    use = stock_threads([MIXIN, SYNC_ONLY, MIXIN])
    assert (use.waiting.threads, use.waiting.state, use.waiting.layer) == (ONE, State.BLOCKED, SYNC_ONLY)
    assert (use.streaming.threads, use.streaming.state) == (ONE, State.IDLE)


def test_what_an_unread_layer_does_to_it_is_not_known() -> None:
    use = stock_threads([UNKNOWN])
    assert (use.waiting.threads, use.waiting.state, use.waiting.layer) == (ONE, State.UNKNOWN, UNKNOWN)


def test_under_wsgi_it_is_the_server_s() -> None:
    use = stock_threads([MIXIN], Server.WSGI)
    assert {(one.state, one.why) for one in (use.waiting, use.streaming)} == {
        (State.BLOCKED, "the server's own")
    }


@pytest.mark.parametrize("stack", [[], [NATIVE], [MIXIN, MIXIN]], ids=["empty", "native", "mixins"])
def test_the_handler_keeps_none_where_nothing_can_be_lost(stack: list[MiddlewareFacts]) -> None:
    use = handler_threads(stack)
    assert (use.waiting.threads, use.streaming.threads) == (NONE, NONE)


def test_the_handler_keeps_one_for_halves_that_may_look_for_each_other() -> None:
    use = handler_threads([MIXIN, KEEPING])
    assert (use.waiting.threads, use.waiting.state, use.waiting.layer) == (ONE, State.IDLE, KEEPING)
    assert use.streaming.threads == NONE


def test_the_handler_names_the_layer_that_blocks_before_one_that_keeps() -> None:
    use = handler_threads([KEEPING, SYNC_ONLY, MIXIN])
    assert (use.waiting.threads, use.waiting.state, use.waiting.layer) == (ONE, State.BLOCKED, SYNC_ONLY)


def test_the_handler_may_keep_one_for_a_layer_that_was_not_read() -> None:
    use = handler_threads([UNKNOWN])
    assert (use.waiting.threads, use.waiting.state) == (Range(0, 1), State.UNKNOWN)


def test_facts_of_a_class_in_sync_mode_do_not_ask_for_its_acall() -> None:
    """Nobody calls it there."""
    own_acall = replace(MIXIN, mixin_acall=Claim(Answer.NO), async_capable=Claim.no())
    assert handler_threads([own_acall]).waiting.state is State.NONE


def test_what_is_in_the_way_is_all_that_would_keep_a_thread_in_turn() -> None:
    """Not only the layer that keeps it now: making that one async may leave it to another."""
    stack = [KEEPING, SYNC_ONLY, MIXIN, replace(SYNC_ONLY, dotted_path="a.Inner")]
    assert [holder.layer.facts.dotted_path for holder in in_the_way(stack)] == [
        "a.Keeping",
        "a.SyncOnly",
        "a.Inner",
    ]
    assert in_the_way([MIXIN, NATIVE]) == ()
