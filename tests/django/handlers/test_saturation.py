"""More requests than threads: they wait, and beyond the bounds are answered 503."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.urls import path

from bridgekit.django.handlers import threads
from bridgekit.django.handlers.asgi import PooledASGIHandler
from tests.django.handlers.driver import Answer, ask, project, until

gate = threading.Event()
inside = threading.Semaphore(0)


def blocks(request: HttpRequest) -> HttpResponse:
    inside.release()
    gate.wait(10)
    return HttpResponse("through")


urlpatterns = [path("blocks/", blocks)]


@pytest.fixture(autouse=True)
def _closed_gate() -> Iterator[None]:
    gate.clear()
    while inside.acquire(blocking=False):
        pass
    yield
    gate.set()


async def occupied(app: Any, number: int) -> list[asyncio.Task[Answer]]:
    """As many requests as that, each with a thread."""
    tasks = [asyncio.create_task(ask(app, "/blocks/")) for _ in range(number)]
    for _ in tasks:
        await asyncio.to_thread(inside.acquire, timeout=10)
    return tasks


def test_a_request_beyond_the_queue_is_answered_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """The line in the log names the setting."""

    async def main() -> tuple[Answer, list[Answer]]:
        app = PooledASGIHandler()
        waiting = await occupied(app, 2)
        waiting.append(asyncio.create_task(ask(app, "/blocks/")))
        await until(lambda: threads.pool().waiting)
        refused = await ask(app, "/blocks/")
        gate.set()
        return refused, await asyncio.gather(*waiting)

    with project(__name__, BRIDGEKIT_THREADS=2, BRIDGEKIT_THREADS_QUEUE=1):
        refused, served = asyncio.run(main())
    assert (refused.status, dict(refused.headers)[b"Retry-After"]) == (503, b"1")
    assert [answer.body for answer in served] == [b"through"] * 3
    (line,) = [record for record in caplog.records if record.name == "bridgekit.django"]
    assert (line.levelno, "BRIDGEKIT_THREADS is 2" in line.getMessage()) == (logging.ERROR, True)


def test_a_request_that_has_waited_long_enough_is_answered() -> None:
    async def main() -> Answer:
        app = PooledASGIHandler()
        waiting = await occupied(app, 1)
        refused = await ask(app, "/blocks/")
        gate.set()
        await asyncio.gather(*waiting)
        return refused

    with project(__name__, BRIDGEKIT_THREADS=1, BRIDGEKIT_THREADS_WAIT=0.01):
        assert asyncio.run(main()).status == 503


def test_a_client_that_leaves_while_it_waits_takes_no_thread() -> None:
    async def main() -> tuple[Answer, int]:
        app = PooledASGIHandler()
        waiting = await occupied(app, 1)
        gone = asyncio.Event()
        leaving = asyncio.create_task(ask(app, "/blocks/", gone=gone))
        await until(lambda: threads.pool().waiting)
        gone.set()
        answer = await leaving
        gate.set()
        await asyncio.gather(*waiting)
        return answer, threads.pool().threads

    with project(__name__, BRIDGEKIT_THREADS=1):
        answer, number = asyncio.run(main())
    assert (answer.messages, number) == ([], 1)
    assert not inside.acquire(blocking=False)  # its view was never called


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("THREADS", value) for value in ("8", 0, -1, True, 1.5, None)],
        *[("THREADS_QUEUE", value) for value in ("8", -1, True, 1.5)],
        *[("THREADS_WAIT", value) for value in ("8", 0, -1, True, float("inf"), float("nan"))],
    ],
)
def test_settings_are_judged_when_the_handler_is_made(name: str, value: object) -> None:
    """And not by the first request, whose client can do nothing about it."""
    setting = {f"BRIDGEKIT_{name}": value}
    with project(__name__, **setting), pytest.raises(ImproperlyConfigured, match=f"BRIDGEKIT_{name} is "):
        PooledASGIHandler()


def test_a_released_layer_that_is_not_in_the_stack_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """A slip of the pen would release nothing."""
    with project(__name__, BRIDGEKIT_THREADS_RELEASED_BY=["shop.Typo"]):
        PooledASGIHandler()
    assert "names what is not in MIDDLEWARE, and releases nothing: shop.Typo" in caplog.text
