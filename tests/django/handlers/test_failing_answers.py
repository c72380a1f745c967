"""Where Django's answer to an exception fails as well: a ``handler500`` that raises is asked again around each layer outside."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.middleware import TimingMiddleware
from tests.django.handlers import test_order
from tests.django.handlers.driver import ask, project
from tests.django.handlers.layers import note
from tests.middleware_chain.kinds import STARTPROJECT

urlpatterns = test_order.urlpatterns
TIMING = f"{TimingMiddleware.__module__}.{TimingMiddleware.__qualname__}"
STACKS = {
    **test_order.STACKS,
    "none": [],
    "startproject": list(STARTPROJECT),
    "timed": [TIMING, *test_order.STACKS["halves"]],
}


class Stock(ASGIHandler):
    """Django's, without a file of the body: older ones do not close it where an exception goes to the server."""

    async def read_body(self, receive: Any) -> Any:
        await receive()
        return io.BytesIO()


def handler500(request: Any) -> HttpResponse:
    note(request, "handler500")
    if request.scope["fails"]:
        request.scope["fails"].pop()
        raise LookupError("no page for it")
    return HttpResponse("at last", status=500)


async def outcome(handler: Any, url: str, times: int) -> tuple[str, list[str]]:
    events: list[Any] = []
    try:
        answer = await ask(handler(), url, events=events, fails=[None] * times)
    except LookupError as error:
        told = repr(error)
    else:
        told = f"{answer.status} {answer.body.decode()}"
    return told, [event for event, _ in events]


@pytest.mark.parametrize("times", [1, 2, 4, 99])
@pytest.mark.parametrize(
    "url", ["/sync/?fail=1", "/async/?fail=1", "/async/?raise=request", "/sync/?raise=response"]
)
@pytest.mark.parametrize("stack", STACKS)
def test_each_layer_outside_is_asked_as_under_django(stack: str, url: str, times: int) -> None:
    with project(__name__, STACKS[stack]):
        stock, pooled = (asyncio.run(outcome(handler, url, times)) for handler in (Stock, PooledASGIHandler))
    assert pooled == stock
