"""A cancellation that nobody asked for: a view or its stream awaits a task of its own that was cancelled."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from bridgekit.django.handlers.asgi import PooledASGIHandler
from tests.django.handlers.driver import ask, project
from tests.django.handlers.layers import __name__ as layers
from tests.django.handlers.test_failing_answers import Stock
from tests.middleware_chain.kinds import STARTPROJECT

HANDLERS: dict[str, Any] = {"stock": Stock, "pooled": PooledASGIHandler}
closed: list[str] = []


class Resource:
    """What a response closes."""

    def close(self) -> None:
        closed.append("resource")


async def a_cancelled_task() -> None:
    task = asyncio.create_task(asyncio.Event().wait())
    await asyncio.sleep(0)
    task.cancel()
    await task


def closing(response: Any) -> Any:
    response._resource_closers.append(Resource().close)
    return response


async def in_an_async_stream(request: HttpRequest) -> Any:
    async def parts() -> AsyncIterator[str]:
        yield "first"
        await a_cancelled_task()

    return closing(StreamingHttpResponse(parts()))


def in_a_sync_stream(request: HttpRequest) -> Any:
    def parts() -> Iterator[str]:
        yield "first"
        raise asyncio.CancelledError

    return closing(StreamingHttpResponse(parts()))


async def in_an_async_view(request: HttpRequest) -> HttpResponse:
    await a_cancelled_task()
    raise AssertionError("cancelled before")


def in_a_sync_view(request: HttpRequest) -> HttpResponse:
    raise asyncio.CancelledError


VIEWS = (in_an_async_stream, in_a_sync_stream, in_an_async_view, in_a_sync_view)
urlpatterns = [path(f"{view.__name__}/", view) for view in VIEWS]


@contextmanager
def noting_what_is_closed() -> Iterator[list[str]]:
    def finished(**named: Any) -> None:
        closed.append("request")

    closed.clear()
    request_finished.connect(finished)
    try:
        yield closed
    finally:
        request_finished.disconnect(finished)


async def outcome(handler: str, url: str) -> tuple[str, bool]:
    """How the call of the handler ends, and whether the task that called it believes itself cancelled."""
    app = HANDLERS[handler]()
    try:
        answer = await ask(app, url)
    except asyncio.CancelledError:
        told = "cancelled"
    else:
        told = f"{answer.status} {answer.body.decode()}"
    task = asyncio.current_task()
    assert task is not None
    return told, bool(task.cancelling())


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("view", [view.__name__ for view in VIEWS])
@pytest.mark.parametrize(
    "stack", [[], list(STARTPROJECT), [f"{layers}.Native"], [*STARTPROJECT, f"{layers}.sync_function"]]
)
def test_it_ends_the_request_as_under_django(stack: list[str], view: str) -> None:
    found = {}
    for handler in HANDLERS:
        with project(__name__, stack), noting_what_is_closed() as noted:
            found[handler] = (*asyncio.run(outcome(handler, f"/{view}/")), list(noted))
    assert found["pooled"] == found["stock"]


async def waits_after_a_failed_group(request: Any) -> HttpResponse:
    """Where the group waits for its tasks already, Python 3.11 and 3.12 leave its cancellation among those of the task."""

    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError

    with contextlib.suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
    request.scope["arrived"].set()
    await asyncio.Event().wait()
    raise AssertionError("cancelled before")


urlpatterns.append(path("group/", waits_after_a_failed_group))


async def leaves(handler: str) -> str:
    gone, arrived = asyncio.Event(), asyncio.Event()
    request = asyncio.create_task(ask(HANDLERS[handler](), "/group/", gone=gone, arrived=arrived))
    await arrived.wait()
    gone.set()
    await asyncio.wait((request,))
    return "cancelled" if request.cancelled() else repr(request.exception())


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("stack", [[], list(STARTPROJECT), [f"{layers}.Native"]])
def test_a_client_leaves_a_view_whose_task_group_has_failed(stack: list[str], handler: str) -> None:
    with project(__name__, stack), noting_what_is_closed() as noted:
        assert asyncio.run(leaves(handler)) == "None"
    assert noted == ["request"]
