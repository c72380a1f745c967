"""The counted crossings against a running Django."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("django")

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from bridgekit.middleware_chain.facts import Answer, Claim, Count, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.hops import Cost, count_hops, own_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, Outcome, RequestKind, Server
from tests.middleware_chain.kinds import KINDS, STARTPROJECT, facts_of
from tests.middleware_chain.oracle import ALL_KINDS, RunningDjango, django_with

SEVEN = list(STARTPROJECT)
SYNC_ONLY, BOTH, ASYNC_ONLY = KINDS["SyncOnly"], KINDS["Both"], KINDS["AsyncOnly"]
STACKS = {
    "empty": [],
    **{name: [path] for name, path in KINDS.items()},
    "three sync-only": [SYNC_ONLY] * 3,
    "startproject": SEVEN,
    "startproject, sync-only last": [*SEVEN, SYNC_ONLY],
    "startproject, sync-only fourth": [*SEVEN[:3], SYNC_ONLY, *SEVEN[3:]],
    "startproject, sync-only first": [SYNC_ONLY, *SEVEN],
    "startproject, function last": [*SEVEN, KINDS["sync_function"]],
    "ping-pong": [SYNC_ONLY, ASYNC_ONLY, SYNC_ONLY, ASYNC_ONLY, BOTH],
    "every kind": list(KINDS.values()),
}


@pytest.fixture(autouse=True)
def quiet_django() -> Iterator[None]:
    """Planned failures are logged with traceback; the test's report stays readable."""
    loggers = [logging.getLogger(name) for name in ("django.request", "asyncio")]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    yield
    for logger, was in zip(loggers, before, strict=True):
        logger.disabled = was


def expected_status(kind: RequestKind) -> int:
    return {Outcome.ERROR_STATUS: 410, Outcome.EXCEPTION: 500, Outcome.NOT_FOUND: 404}.get(kind.outcome, 200)


def assert_model_equals_django(stack: list[str], server: Server) -> None:
    with django_with(stack):
        facts = [facts_of(path) for path in stack]
        running = RunningDjango(server)
        for kind in ALL_KINDS:
            status, to_thread, to_loop = running.measure(kind)
            cost = count_hops(facts, server, kind)
            assert (status, Range.exactly(to_thread), Range.exactly(to_loop)) == (
                expected_status(kind),
                cost.to_thread,
                cost.to_loop,
            ), kind


@pytest.mark.parametrize("server", list(Server))
@pytest.mark.parametrize("name", STACKS)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning")
def test_hops_equal_those_of_a_running_django(name: str, server: Server) -> None:
    """Real SyncToAsync and AsyncToSync calls of one request, for every kind of view and outcome."""
    assert_model_equals_django(STACKS[name], server)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning")
@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(sorted([*KINDS.values(), *SEVEN[2:4]])), max_size=7), st.sampled_from(Server))
def test_hops_of_any_stack_equal_those_of_a_running_django(stack: list[str], server: Server) -> None:
    """The same for stacks that nobody chose."""
    assert_model_equals_django(stack, server)


def hops(stack: list[str], kind: RequestKind) -> str:
    with django_with(stack):
        facts = [facts_of(path) for path in stack]
    return str(count_hops(facts, Server.ASGI, kind).hops(Server.ASGI))


def test_startproject_costs_fifteen_hops_and_four_behind_a_sync_only_layer() -> None:
    """The figures that the documentation gives, for an async view."""
    assert hops(SEVEN, ASYNC_VIEW) == "15"
    assert hops([*SEVEN, SYNC_ONLY], ASYNC_VIEW) == "4"
    assert hops([SYNC_ONLY, *SEVEN], ASYNC_VIEW) == "16"
    assert hops(SEVEN, SYNC_VIEW) == "16"


def test_an_unreadable_layer_gives_a_range_that_names_no_upper_bound() -> None:
    """What is not known is never counted as zero."""
    unreadable = MiddlewareFacts.unreadable("missing.Middleware", "the package is not installed")
    cost = count_hops([unreadable], Server.ASGI, ASYNC_VIEW)
    assert cost.to_thread == Range(2, None)
    assert cost.to_loop == Range(0, 1)


claims = st.sampled_from([Claim(answer) for answer in Answer])
hooks = st.dictionaries(
    st.sampled_from(["process_request", "process_response", "process_view", "process_exception"]),
    st.builds(HookFacts, st.just("hook"), claims, exists=claims),
    max_size=3,
)
possible_facts = st.builds(
    MiddlewareFacts,
    st.just("x"),
    sync_capable=claims,
    async_capable=claims,
    mixin_acall=claims,
    marked_async=st.just(Claim.yes()),
    hooks=hooks,
    own_hops=st.sampled_from([Count(), Count(1, 1), Count(0, 2), Count(1, None)]),
    used=claims,
)


def settle(claim: Claim, answer: Answer) -> Claim:
    return Claim(answer) if claim.answer is Answer.UNKNOWN else claim


@hypothesis_settings(deadline=None)
@given(st.lists(possible_facts, max_size=4), st.sampled_from(Server), st.sampled_from(ALL_KINDS), st.data())
def test_a_range_holds_every_completion(
    stack: list[MiddlewareFacts], server: Server, kind: RequestKind, data: st.DataObject
) -> None:
    """Whatever the unknown facts turn out to be, the cost lies between the bounds."""
    answer = st.sampled_from([Answer.YES, Answer.NO])
    settled = []
    for facts in stack:
        high = facts.own_hops.low + 5 if facts.own_hops.high is None else facts.own_hops.high
        own = data.draw(st.integers(facts.own_hops.low, high))
        settled.append(
            replace(
                facts,
                sync_capable=settle(facts.sync_capable, data.draw(answer)),
                async_capable=settle(facts.async_capable, data.draw(answer)),
                mixin_acall=settle(facts.mixin_acall, data.draw(answer)),
                used=settle(facts.used, data.draw(answer)),
                own_hops=Count(own, own),
                hooks={
                    name: replace(
                        hook,
                        is_async=settle(hook.is_async, data.draw(answer)),
                        exists=settle(hook.exists, data.draw(answer)),
                    )
                    for name, hook in facts.hooks.items()
                },
            )
        )
    bounds, exact = count_hops(stack, server, kind), count_hops(settled, server, kind)
    for bound, value in ((bounds.to_thread, exact.to_thread), (bounds.to_loop, exact.to_loop)):
        assert value.is_exact
        assert bound.low <= value.low
        assert bound.high is None or value.low <= bound.high


def test_own_hops_add_those_of_the_mixin_and_those_written_out() -> None:
    """MiddlewareMixin.__acall__ calls each of its two hooks through sync_to_async."""
    mixin = facts_of(KINDS["MixinBothHooks"])
    assert own_hops(mixin) == Range.exactly(2)
    assert own_hops(replace(mixin, own_hops=Count(1, 3))) == Range(3, 5)
    assert own_hops(replace(mixin, mixin_acall=Claim.unknown("inherited from C code"))) == Range(0, 2)


def test_costs_add_up_and_enclose() -> None:
    """A range without upper bound stays without one."""
    one, open_ended = Cost(Range.exactly(1), Range(0, 1)), Cost(Range(2, None), Range.exactly(0))
    assert one + open_ended == Cost(Range(3, None), Range(0, 1))
    assert Cost.hull([one, open_ended]) == Cost(Range(1, None), Range(0, 1))
    assert [str(r) for r in (Range.exactly(3), Range(1, 2), Range(1, None))] == ["3", "1 to 2", "1 or more"]
