"""The plan of the chain model beside what the handler really does."""

from __future__ import annotations

import asyncio
import random
from itertools import product
from typing import Any

import pytest

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.middleware_chain.handler_plan import plan_handler
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind
from bridgekit.testing import HopCount, count_hops
from tests.django.handlers import views
from tests.django.handlers.driver import ask, project
from tests.middleware_chain.kinds import KINDS, STARTPROJECT, facts_of

URLS = {
    RequestKind(Mode.SYNC): "/plain/",
    RequestKind(Mode.ASYNC): "/plain-async/",
    RequestKind(Mode.SYNC, Outcome.NOT_FOUND): "/nowhere/",
    RequestKind(Mode.SYNC, Outcome.TEMPLATE): "/template/",
    RequestKind(Mode.ASYNC, Outcome.TEMPLATE): "/template-async/",
    RequestKind(Mode.SYNC, Outcome.EXCEPTION): "/fails/500/",
    RequestKind(Mode.ASYNC, Outcome.EXCEPTION): "/fails-async/500/",
    RequestKind(Mode.ASYNC, Outcome.ASYNC_STREAM): "/stream-async/",
}
PLAIN = {name: path for name, path in KINDS.items() if name != "BothHoppingItself"}
"""Those that make no crossing by their own hand."""


TOKEN = b"t" * 32
POSTED: dict[str, Any] = {
    "method": "POST",
    "headers": [(b"cookie", b"csrftoken=" + TOKEN), (b"x-csrftoken", TOKEN)],
}


def served(stack: list[str], kind: RequestKind, **request: Any) -> HopCount:
    with project(views.__name__, stack):
        app: Any = PooledASGIHandler()
        with count_hops() as hops:
            asyncio.run(ask(app, URLS[kind], **request))
    return hops


@pytest.mark.parametrize("kind", URLS, ids=lambda kind: f"{kind.view}-{kind.outcome}")
@pytest.mark.parametrize("stack", [[], list(STARTPROJECT), [*STARTPROJECT, KINDS["SyncOnly"]]], ids=len)
def test_the_plan_is_what_happens(stack: list[str], kind: RequestKind) -> None:
    with project(views.__name__):
        planned = plan_handler([facts_of(path) for path in stack]).crossings(kind)
    assert planned.is_exact
    assert served(stack, kind).hops == planned.low


def test_the_plan_is_what_happens_on_stacks_of_every_kind() -> None:
    """Drawn with a seed: all of length two, and some that are longer."""
    drawn = random.Random(12)
    stacks = [list(stack) for stack in product(PLAIN.values(), repeat=2)]
    stacks = drawn.sample(stacks, 60) + [drawn.choices(list(PLAIN.values()), k=5) for _ in range(40)]
    wrong = []
    for stack in stacks:
        with project(views.__name__):
            plan = plan_handler([facts_of(path) for path in stack])
        for kind in list(URLS)[:2]:
            hops = served(stack, kind)
            planned = plan.crossings(kind)
            if not planned.low <= hops.hops <= (planned.high or 0):
                wrong.append((stack, kind, str(planned), str(hops)))
    assert not wrong, wrong[0]


@pytest.mark.parametrize("kind", URLS, ids=lambda kind: f"{kind.view}-{kind.outcome}")
@pytest.mark.parametrize("rest", [[], list(STARTPROJECT), [KINDS["SyncOnly"]]], ids=len)
def test_what_timing_exports_at_the_end_is_a_crossing(rest: list[str], kind: RequestKind) -> None:
    stack = ["bridgekit.django.middleware.TimingMiddleware", *rest]
    with project(views.__name__):
        planned = plan_handler([facts_of(path) for path in stack]).crossings(kind)
    assert planned.is_exact
    assert served(stack, kind).hops == planned.low


def test_the_plan_is_what_happens_with_other_layers_among_djangos() -> None:
    """Those that wait for nothing are in groups then, around what is awaited, below what is not, on the loop and in a thread."""
    drawn = random.Random(12)
    stacks = [[*STARTPROJECT[:at], other, *STARTPROJECT[at:]] for at in (0, 4, 7) for other in PLAIN.values()]
    for _ in range(10):
        stack = list(STARTPROJECT)
        for other in drawn.sample(list(PLAIN.values()), 3):
            stack.insert(drawn.randrange(len(stack) + 1), other)
        stacks.append(stack)
    wrong = []
    for stack in stacks:
        with project(views.__name__):
            plan = plan_handler([facts_of(path) for path in stack])
        for kind in URLS:
            hops = served(stack, kind)
            planned = plan.crossings(kind)
            if not planned.low <= hops.hops <= (planned.high or 0):
                wrong.append((stack, kind, str(planned), str(hops)))
    assert not wrong, wrong[0]


@pytest.mark.parametrize("kind", URLS, ids=lambda kind: f"{kind.view}-{kind.outcome}")
@pytest.mark.parametrize("at", [None, 0, 4, 7])
def test_the_plan_of_an_unsafe_method_is_what_happens(at: int | None, kind: RequestKind) -> None:
    """With the token that CSRF asks for: the view is reached."""
    stack = list(STARTPROJECT)
    if at is not None:
        stack.insert(at, KINDS["Both"])
    with project(views.__name__):
        planned = plan_handler([facts_of(path) for path in stack]).for_unsafe_method.crossings(kind)
    assert planned.is_exact
    assert served(stack, kind, **POSTED).hops == planned.low
