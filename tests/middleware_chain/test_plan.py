"""Proposals against the simulated and, for the headline case, the running chain."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest

pytest.importorskip("django")

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts
from bridgekit.middleware_chain.hops import count_hops
from bridgekit.middleware_chain.plan import ChangeKind, Proposal, make_native, plan
from bridgekit.middleware_chain.requests import ALL_PLAIN, ASYNC_VIEW, RequestKind, Server
from tests.middleware_chain.kinds import KINDS, STARTPROJECT, facts_of
from tests.middleware_chain.oracle import RunningDjango, django_with

FACTS = {name: facts_of(path) for name, path in KINDS.items()}


def seven() -> list[MiddlewareFacts]:
    with django_with(STARTPROJECT):
        return [facts_of(path) for path in STARTPROJECT]


def proposal_for(proposals: list[Proposal], kind: ChangeKind, position: int) -> Proposal:
    return next(p for p in proposals if (p.change.kind, p.change.position) == (kind, position))


def hops(proposal: Proposal) -> tuple[str, str]:
    return str(proposal.before.to_thread), str(proposal.after.to_thread)


def test_a_sync_only_pass_through_placed_last_is_the_best_line_for_startproject() -> None:
    """Seven mixins hop 13 times; behind a sync-only layer they run in one thread."""
    best = plan(seven())[0]
    assert (best.change.kind, best.change.position) == (ChangeKind.ADD_PASS_THROUGH, 7)
    assert hops(best) == ("15", "4")
    assert best.holds_thread is Answer.YES
    with django_with([*STARTPROJECT, KINDS["sync_function"]]):
        assert RunningDjango(Server.ASGI).measure(ASYNC_VIEW) == (200, 4, 1)


def test_making_the_last_sync_only_middleware_async_makes_mixins_dearer() -> None:
    """The well-meant change costs eleven hops."""
    stack = [*seven(), FACTS["SyncOnly"]]
    change = proposal_for(plan(stack), ChangeKind.MAKE_NATIVE, 7)
    assert hops(change) == ("4", "15")
    assert not change.difference.saves
    assert change.difference.high == 11


def test_making_the_only_sync_only_layer_among_natives_async_saves_its_hop() -> None:
    """Where nothing else hops, the advice everybody gives is right."""
    stack = [FACTS["Both"], FACTS["SyncOnly"], FACTS["both_function"]]
    best = plan(stack)[0]
    assert (best.change.kind, best.change.position) == (ChangeKind.MAKE_NATIVE, 1)
    assert hops(best) == ("3", "2")
    assert best.holds_thread is Answer.NO


def test_a_swap_is_proposed_only_where_the_caller_calls_it_safe() -> None:
    """Order means something: the model alone never moves a middleware."""
    stack = [FACTS["SyncOnly"], FACTS["AsyncOnly"], FACTS["SyncOnly"]]
    assert all(p.change.kind is not ChangeKind.SWAP for p in plan(stack))
    swapped = proposal_for(plan(stack, may_swap=lambda position: position == 1), ChangeKind.SWAP, 1)
    assert hops(swapped) == ("4", "3")
    assert [facts.dotted_path for facts in swapped.stack][1:] == [KINDS["SyncOnly"], KINDS["AsyncOnly"]]


def test_a_saving_is_sure_though_the_total_is_not_known() -> None:
    """An unreadable layer outside is the same before and after, so it takes nothing from the certainty."""
    stack = [replace(FACTS["MixinBothHooks"], used=Claim.unknown("settings.DEBUG")), *seven()]
    best = plan(stack)[0]
    assert best.difference.saves
    assert not best.before.to_thread.is_exact
    unreadable = MiddlewareFacts.unreadable("gone.Middleware", "not installed")
    last = proposal_for(plan([*seven(), unreadable]), ChangeKind.ADD_PASS_THROUGH, 8)
    assert last.difference.low == -math.inf
    assert not last.difference.saves


claims = st.sampled_from([Claim(answer) for answer in Answer])
possible_facts = st.builds(
    lambda base, **unknown: replace(base, **unknown),
    st.sampled_from([FACTS["MixinBothHooks"], FACTS["Both"], FACTS["BothHoppingItself"]]),
    sync_capable=claims,
    async_capable=claims,
    used=claims,
)


def completions(facts: MiddlewareFacts) -> list[MiddlewareFacts]:
    options = [
        [Claim.yes(), Claim.no()] if claim.answer is Answer.UNKNOWN else [claim]
        for claim in (facts.sync_capable, facts.async_capable, facts.used)
    ]
    return [replace(facts, sync_capable=a, async_capable=b, used=c) for a, b, c in product(*options)]


@hypothesis_settings(deadline=None, max_examples=40)
@given(st.lists(possible_facts, min_size=1, max_size=3), st.sampled_from(Server), st.sampled_from(ALL_PLAIN))
def test_the_difference_holds_in_every_completion(
    stack: list[MiddlewareFacts], server: Server, kind: RequestKind
) -> None:
    """Each completion of the unknown facts, changed in the same way, lies between the bounds."""
    for proposal in plan(stack, server, kind, may_swap=lambda position: True):
        for settled in product(*map(completions, stack)):
            changed = list(settled)
            position = proposal.change.position
            match proposal.change.kind:
                case ChangeKind.ADD_PASS_THROUGH:
                    changed.insert(position, FACTS["sync_function"])
                case ChangeKind.MAKE_NATIVE:
                    changed[position] = make_native(changed[position])
                case ChangeKind.SWAP:
                    changed[position : position + 2] = changed[position : position + 2][::-1]
            before, after = (count_hops(s, server, kind).hops(server).low for s in (settled, changed))
            assert proposal.difference.low <= after - before <= proposal.difference.high


@hypothesis_settings(deadline=None)
@given(st.lists(st.sampled_from(list(FACTS.values())), max_size=4), st.sampled_from(ALL_PLAIN))
def test_known_facts_give_an_exact_difference(stack: list[MiddlewareFacts], kind: RequestKind) -> None:
    """Without unknowns the bounds meet in after minus before."""
    for proposal in plan(stack, Server.ASGI, kind, may_swap=lambda position: True):
        exact = proposal.after.to_thread.low - proposal.before.to_thread.low
        assert proposal.difference.low == proposal.difference.high == exact
