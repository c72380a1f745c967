"""Where the sync code of a request runs, what it finds there, and when the thread is given back."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_started
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from bridgekit.django.handlers import old_connections, threads
from bridgekit.django.handlers.asgi import PooledASGIHandler
from tests.django.handlers import layers
from tests.django.handlers.driver import HANDLERS, ask, project, until
from tests.django.handlers.layers import found_in_thread, left, note
from tests.middleware_chain.kinds import STARTPROJECT

LEAVES = f"{layers.__name__}.LeavesItsRequest"
NEVER_CLEARS = f"{layers.__name__}.NeverClears"
NEEDS_NONE = f"{layers.__name__}.NeedsNoThread"
SYNC_ONLY = f"{layers.__name__}.sync_function"
NATIVE = f"{layers.__name__}.Native"
CLEARS = f"{layers.__name__}.clears_where_nothing_is_raised"
HOOKS = f"{layers.__name__}.Hooks"


async def looks(request: HttpRequest) -> HttpResponse:
    """What is found in the request's thread, several times over."""
    found = {await found_in_thread() for _ in range(3)}
    found |= set(await asyncio.gather(*(found_in_thread() for _ in range(3))))
    await sync_to_async(note)(request, "sync call")
    return HttpResponse(" ".join(sorted(found)))


def looks_sync(request: HttpRequest) -> HttpResponse:
    note(request, "view")
    return HttpResponse(str(getattr(left, "token", None)))


async def waits(request: Any) -> HttpResponse:
    request.scope["arrived"].set()
    await request.scope["gate"].wait()
    return HttpResponse("waited")


async def streams(request: Any) -> StreamingHttpResponse:
    await sync_to_async(note)(request, "sync call")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"first"
        request.scope["arrived"].set()
        await request.scope["gate"].wait()
        yield b"last"

    return StreamingHttpResponse(chunks())


async def fails(request: HttpRequest) -> HttpResponse:
    raise ValueError("no")


def is_cancelled(request: HttpRequest) -> HttpResponse:
    """As of a sync view whose `async_to_sync` is cancelled."""
    raise asyncio.CancelledError


async def is_left(request: Any) -> HttpResponse:
    request.scope["state"]["gone"].set()
    await asyncio.Event().wait()
    raise AssertionError("cancelled before")


late: dict[str, Any] = {}


async def leaves_a_task(request: HttpRequest) -> HttpResponse:
    async def work() -> None:
        await late["gate"].wait()
        late["found"] = await sync_to_async(lambda: (getattr(left, "kept", None), threading.get_ident()))()

    late["task"] = asyncio.create_task(work())
    return HttpResponse("left")


urlpatterns = [
    path("looks/", looks),
    path("looks-sync/", looks_sync),
    path("waits/", waits),
    path("streams/", streams),
    path("fails/", fails),
    path("late/", leaves_a_task),
    path("is-cancelled/", is_cancelled),
    path("is-left/", is_left),
]


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize(
    "stack",
    [
        [LEAVES],
        [*STARTPROJECT, LEAVES],
        [LEAVES, *STARTPROJECT],
        [NATIVE, LEAVES],
        [LEAVES, NATIVE],
        [LEAVES, NATIVE, *STARTPROJECT],
        [SYNC_ONLY],
        [*STARTPROJECT, SYNC_ONLY],
        [SYNC_ONLY, NATIVE, *STARTPROJECT],
    ],
)
@pytest.mark.parametrize("view", ["looks", "looks-sync"])
def test_what_one_half_left_the_other_finds_and_nobody_else(
    handler: str, stack: list[str], view: str
) -> None:
    """Many requests at once, each with a token of its own."""

    async def main() -> list[Any]:
        app = HANDLERS[handler]()
        return await asyncio.gather(*(ask(app, f"/{view}/?token=t{number}") for number in range(40)))

    with project(__name__, stack):
        answers = asyncio.run(main())
    for number, answer in enumerate(answers):
        assert answer.body == b"t%d" % number
        assert dict(answer.headers)[b"X-Found"] == b"t%d" % number


@pytest.mark.parametrize("view", ["looks", "looks-sync"])
@pytest.mark.parametrize(
    "stack", [[HOOKS, LEAVES], [HOOKS, *STARTPROJECT], [SYNC_ONLY, HOOKS], [HOOKS, SYNC_ONLY]]
)
def test_all_sync_code_runs_in_one_thread_that_is_not_the_loops(view: str, stack: list[str]) -> None:
    events: list[Any] = []
    with project(__name__, stack):
        asyncio.run(ask(PooledASGIHandler(), f"/{view}/", events=events))
    assert {"request", "view hook", "response"} <= {event for event, _ in events}
    assert len({thread for _, thread in events}) == 1
    assert threading.current_thread().name not in {thread for _, thread in events}


async def while_it_waits(number: int, look: Any) -> Any:
    """The answer of ``look`` while that many async views wait."""
    app = PooledASGIHandler()
    gate = asyncio.Event()
    arrived = [asyncio.Event() for _ in range(number)]
    tasks = [asyncio.create_task(ask(app, "/waits/", gate=gate, arrived=event)) for event in arrived]
    for event in arrived:
        await event.wait()
    found = await look(app)
    gate.set()
    assert [answer.body for answer in await asyncio.gather(*tasks)] == [b"waited"] * number
    return found


@pytest.mark.parametrize(
    ("stack", "released", "held"),
    [
        (list(STARTPROJECT), [], 0),
        ([*STARTPROJECT, NEEDS_NONE], [], 0),
        ([*STARTPROJECT, LEAVES], [LEAVES], 0),
        ([*STARTPROJECT, LEAVES], [], 3),
        ([*STARTPROJECT, SYNC_ONLY], [], 3),
        ([NATIVE], [], 0),
    ],
)
def test_a_thread_is_held_where_something_could_be_lost(
    stack: list[str], released: list[str], held: int
) -> None:
    async def look(app: Any) -> int:
        if not held:
            await until(lambda: not threads.pool().load)
        return threads.pool().load

    with project(__name__, stack, BRIDGEKIT_THREADS_RELEASED_BY=released):
        assert asyncio.run(while_it_waits(3, look)) == held


def test_a_thousand_wait_and_the_next_one_is_served() -> None:
    """Long polls through startproject's stack, with the threads that the settings allow and no more."""

    async def look(app: Any) -> tuple[bytes, int]:
        answer = await ask(app, "/looks-sync/?token=x")
        return answer.body, threads.pool().threads

    with project(__name__, STARTPROJECT):
        body, number = asyncio.run(while_it_waits(1000, look))
    assert body == b"None"
    assert number <= 64


@pytest.mark.parametrize(
    "stack", [[NEVER_CLEARS], [NEVER_CLEARS, *STARTPROJECT], [NEVER_CLEARS, SYNC_ONLY], [NATIVE]]
)
def test_a_task_that_outlives_its_request_works_on_and_sees_nobody_elses(stack: list[str]) -> None:
    """Under a sync-only layer stock Django raises "CurrentThreadExecutor already quit"."""

    async def main() -> None:
        app = PooledASGIHandler()
        late["gate"] = asyncio.Event()
        await ask(app, "/late/?token=first")
        for _ in range(5):
            await ask(app, "/looks-sync/?token=another")
        late["gate"].set()
        await late["task"]

    with project(__name__, stack):
        asyncio.run(main())
    kept, thread = late["found"]
    assert kept is None
    assert thread != threading.get_ident()
    late.clear()


@pytest.mark.parametrize("stack", [[LEAVES], [LEAVES, NATIVE, *STARTPROJECT]])
def test_a_thread_in_which_something_was_left_is_not_used_again(stack: list[str]) -> None:
    """The client leaves, the second half never runs: what the first half left goes with the thread."""

    async def main() -> tuple[list[Any], list[Any]]:
        app = PooledASGIHandler()
        gone, arrived = asyncio.Event(), asyncio.Event()
        events: list[Any] = []
        request = asyncio.create_task(
            ask(
                app,
                "/waits/?token=gone",
                gone=gone,
                gate=asyncio.Event(),
                arrived=arrived,
                events=events,
            )
        )
        await arrived.wait()
        gone.set()
        await request
        await until(lambda: not threads.pool().load)
        others: list[Any] = []
        for _ in range(5):
            await ask(app, "/looks-sync/", events=others)
        return events, others

    with project(__name__, stack):
        events, others = asyncio.run(main())
    (left_in,) = {thread for event, thread in events if event == "request"}
    assert left_in not in {thread for _, thread in others}


def test_threads_persist_from_request_to_request() -> None:
    async def main() -> list[Any]:
        app = PooledASGIHandler()
        events: list[Any] = []
        for _ in range(20):
            await ask(app, "/looks-sync/", events=events)
        return events

    with project(__name__, [LEAVES]):
        # Two: a request may come while the thread of the one before lies down.
        assert len({thread for _, thread in asyncio.run(main())}) <= 2


@pytest.mark.parametrize("stack", [[], list(STARTPROJECT)])
def test_a_connection_that_cannot_be_closed_holds_nobody_up(
    stack: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its server has gone, and closing raises: when a thread is taken again, and when it is left."""

    def fails() -> None:
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(old_connections, "thread_has_none", lambda: False)
    monkeypatch.setattr(old_connections, "close_old_connections", fails)

    async def main() -> list[Any]:
        app = PooledASGIHandler()
        async with asyncio.timeout(20):
            answers = [await ask(app, "/looks/?token=t") for _ in range(3)]
            await until(lambda: not threads.pool().load)
        return answers

    with project(__name__, stack):
        assert [answer.status for answer in asyncio.run(main())] == [200] * 3
    assert "a database connection could not be closed" in caplog.text
    assert "server closed the connection unexpectedly" in caplog.text


def test_a_stream_gives_back_the_thread_of_its_views_calls() -> None:
    """Nothing that they have begun is open: a stream that waits holds no thread."""

    async def main() -> None:
        arrived, gate = asyncio.Event(), asyncio.Event()
        stream = asyncio.create_task(ask(PooledASGIHandler(), "/streams/", arrived=arrived, gate=gate))
        await arrived.wait()
        await until(lambda: not threads.pool().load)
        gate.set()
        assert (await stream).body == b"firstlast"

    with project(__name__):
        asyncio.run(main())


def test_nothing_of_a_request_is_kept_alive() -> None:
    class Marker:
        alive = 0

        def __init__(self) -> None:
            type(self).alive += 1

        def __del__(self) -> None:
            type(self).alive -= 1

    async def main() -> None:
        app = PooledASGIHandler()
        for view in ("looks", "looks-sync"):
            await ask(app, f"/{view}/", marker=Marker())
        await until(lambda: not threads.pool().load)
        gc.collect()
        assert Marker.alive == 0

    with project(__name__, [*STARTPROJECT, LEAVES]):
        asyncio.run(main())


def test_the_handler_is_django_s() -> None:
    with project(__name__):
        assert isinstance(PooledASGIHandler(), ASGIHandler)


@pytest.mark.parametrize("view", ["is-cancelled", "is-left"])
@pytest.mark.parametrize("stack", [[LEAVES], [CLEARS], [*STARTPROJECT, CLEARS, NATIVE], [SYNC_ONLY, LEAVES]])
def test_a_thread_that_a_cancellation_has_passed_meets_no_other_request(stack: list[str], view: str) -> None:
    """Layers that clear away behind ``get_response`` what they have set have not done so."""
    found: list[Any] = []

    def look(**named: Any) -> None:
        found.append(getattr(left, "token", None))

    async def main() -> None:
        app = PooledASGIHandler()
        gone = asyncio.Event()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.create_task(ask(app, f"/{view}/?token=mine", gone=gone, state={"gone": gone}))
        for _ in range(3):
            await ask(app, "/looks-sync/?token=other")

    request_started.connect(look)
    try:
        with project(__name__, stack):
            asyncio.run(main())
    finally:
        request_started.disconnect(look)
    assert found == [None] * 4
