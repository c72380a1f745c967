"""Outside an async layer that is not marked nothing runs as it would elsewhere: the totals hold what a running Django shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("django")

from django.http import HttpRequest

from bridgekit.middleware_chain.facts import Claim, MiddlewareFacts
from bridgekit.middleware_chain.hops import count_hops
from bridgekit.middleware_chain.requests import ASYNC_VIEW, SYNC_VIEW, RequestKind, Server
from bridgekit.middleware_chain.unmarked import as_run
from tests.middleware_chain.kinds import KINDS, facts_of
from tests.middleware_chain.oracle import RunningDjango, django_with

# asgiref warns of what Django gives it where a sync layer stands outside.
pytestmark = pytest.mark.filterwarnings("ignore:async_to_sync was passed a non-async-marked callable")


class Unmarked:
    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response

    async def __call__(self, request: HttpRequest) -> Any:
        return await self.get_response(request)


UNMARKED = f"{__name__}.Unmarked"
SYNC_ONLY, BOTH, HOOKS = KINDS["SyncOnly"], KINDS["Both"], KINDS["MixinBothHooks"]
OWN_HOPS, ASYNC_ONLY, NOT_USED = KINDS["BothHoppingItself"], KINDS["AsyncOnly"], KINDS["UnusedSyncOnly"]


def facts(stack: list[str]) -> list[MiddlewareFacts]:
    return [
        replace(facts_of(path), marked_async=Claim.no()) if path == UNMARKED else facts_of(path)
        for path in stack
    ]


def measured(stack: list[str], kind: RequestKind) -> int:
    with django_with(stack):
        status, to_thread, _ = RunningDjango(Server.ASGI).measure(kind)
    assert status == 200
    return to_thread


@pytest.mark.parametrize("kind", [ASYNC_VIEW, SYNC_VIEW], ids=["async view", "sync view"])
@pytest.mark.parametrize(
    "stack",
    [
        [UNMARKED],
        [HOOKS, UNMARKED],
        [HOOKS, BOTH, UNMARKED, HOOKS],
        [OWN_HOPS, UNMARKED],
        [HOOKS, ASYNC_ONLY, UNMARKED],
        [HOOKS, NOT_USED, UNMARKED],
        [HOOKS, UNMARKED, SYNC_ONLY],
        [UNMARKED, HOOKS],
    ],
    ids=lambda stack: " ".join(path.rpartition(".")[2] for path in stack),
)
def test_the_total_holds_what_a_running_django_shows(stack: list[str], kind: RequestKind) -> None:
    told = count_hops(as_run(facts(stack), Server.ASGI), Server.ASGI, kind).to_thread
    hops = measured(stack, kind)
    assert told.low <= hops
    assert told.high is not None
    assert hops <= told.high


def test_a_mixin_outside_it_does_not_hop() -> None:
    stack = [HOOKS, UNMARKED]
    hops = measured(stack, ASYNC_VIEW)
    assert hops == measured([], ASYNC_VIEW)
    told = count_hops(as_run(facts(stack), Server.ASGI), Server.ASGI, ASYNC_VIEW).to_thread
    assert (told.low, told.high) == (hops, hops + 2)


@pytest.mark.parametrize(
    "stack",
    [[HOOKS, SYNC_ONLY, UNMARKED], [UNMARKED, HOOKS, BOTH], [HOOKS, BOTH], [SYNC_ONLY, UNMARKED]],
    ids=["a sync layer ends it", "nothing is outside it", "all are marked", "only a sync layer is outside"],
)
def test_nothing_else_is_left_open(stack: list[str]) -> None:
    before = facts(stack)
    assert as_run(before, Server.ASGI) == before
    told = count_hops(before, Server.ASGI, ASYNC_VIEW).to_thread
    assert told.low == told.high == measured(stack, ASYNC_VIEW)


def test_the_layer_that_is_left_open_says_which_one_is_not_marked() -> None:
    outer, _ = as_run(facts([HOOKS, UNMARKED]), Server.ASGI)
    assert outer.mixin_acall.reason == f"{UNMARKED} inside it is not marked as a coroutine function"
