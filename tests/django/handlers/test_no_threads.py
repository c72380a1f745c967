"""A request that the system gives no thread for is an error, whoever asks for a thread next, and nobody waits."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bridgekit.django.handlers import threads
from bridgekit.django.handlers.asgi import PooledASGIHandler
from tests.django.handlers.driver import ask, project
from tests.helpers.no_threads import no_threads
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

SECONDS = 20.0
STACKS = {
    "none": [],
    "startproject": list(STARTPROJECT),
    "native first": [KINDS["AsyncOnly"], *STARTPROJECT],
    "native last": [*STARTPROJECT, KINDS["AsyncOnly"]],
}

WITHOUT: dict[tuple[str, str], list[int | str]] = {
    ("none", "/whole_async/"): [200],
    ("native first", "/whole/"): [500],
    ("native last", "/whole/"): [500],
    ("startproject", "/whole_async/"): [200],
    ("native first", "/whole_async/"): [200],
    ("native last", "/whole_async/"): [200],
}
"""What comes of a request where it is not the error itself: it needs no thread, or Django's answer to the error needs none of the pool's."""


def whole(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


async def whole_async(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


urlpatterns = [path("whole/", whole), path("whole_async/", whole_async)]


async def outcome(app: Any, url: str) -> int | str:
    """The status, or what was raised to the server."""
    try:
        async with asyncio.timeout(SECONDS):
            return (await ask(app, url)).status
    except RuntimeError as error:
        return str(error)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("url", ["/whole/", "/whole_async/"])
def test_a_request_without_a_thread_fails_and_the_next_one_is_served(stack: str, url: str) -> None:
    """Django's own answer to the first error asks for a thread, too (`response_for_exception` in an outer native layer)."""
    with project(__name__, STACKS[stack]):
        threads.pool().shutdown(wait_seconds=SECONDS)  # no thread of an earlier test is idle
        app = PooledASGIHandler()

        async def main() -> tuple[int | str, int | str]:
            with no_threads("bridgekit-django"):
                refused = await outcome(app, url)
            return refused, await outcome(app, url)

        refused, served = asyncio.run(main())
        threads.pool().shutdown(wait_seconds=SECONDS)
    assert refused in WITHOUT.get((stack, url), ["can't start new thread"])
    assert served == 200
