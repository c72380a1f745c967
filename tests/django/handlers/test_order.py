"""What happens in a request, in which order, and how often: as with Django's handler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import got_request_exception, request_finished, request_started
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.handlers.threads import pool
from tests.django.handlers import layers, views
from tests.django.handlers.driver import HANDLERS, ask, project, scope_of
from tests.django.handlers.layers import note
from tests.helpers.loosely import loosely
from tests.helpers.waiting import until
from tests.middleware_chain.kinds import KINDS

HOOKS, RAISES, NATIVE, ASYNC_HOOKS, SYNC_ONLY = (
    f"{layers.__name__}.{name}" for name in ("Hooks", "Raises", "Native", "AsyncHooks", "sync_function")
)
STACKS = {
    "halves": [HOOKS, RAISES, HOOKS],
    "sync-only inside": [HOOKS, RAISES, SYNC_ONLY],
    "sync-only outside": [SYNC_ONLY, RAISES, HOOKS],
    "native between": [HOOKS, NATIVE, RAISES, HOOKS],
    "native outside": [NATIVE, HOOKS, RAISES],
    "async hooks": [HOOKS, ASYNC_HOOKS, RAISES],
    "async hooks inside of sync-only": [SYNC_ONLY, ASYNC_HOOKS, RAISES],
    "unused between": [HOOKS, KINDS["UnusedAsyncOnly"], RAISES],
    "native only": [NATIVE, ASYNC_HOOKS],
}


def view(request: HttpRequest) -> HttpResponse:
    note(request, "view")
    if request.GET.get("fail"):
        raise ValueError("no")
    response = HttpResponse("fine")
    if request.GET.get("closer"):
        loosely(response)._resource_closers.append(lambda: note(request, "closer"))
    return response


async def view_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return view(request)


async def template_async(request: HttpRequest) -> HttpResponse:
    return views.template(request)


async def endless(request: Any) -> StreamingHttpResponse:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield b"first"
            request.scope["arrived"].set()
            await asyncio.Event().wait()
        finally:
            note(request, "stream ended")

    return StreamingHttpResponse(chunks())


async def waits(request: Any) -> HttpResponse:
    request.scope["arrived"].set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        note(request, "view cancelled")
        raise
    raise AssertionError


async def goes_on(request: Any) -> HttpResponse:
    request.scope["arrived"].set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        note(request, "view goes on")
    return HttpResponse("to nobody")


urlpatterns = [
    path("sync/", view),
    path("async/", view_async),
    path("template/", views.template),
    path("template-async/", template_async),
    path("endless/", endless),
    path("waits/", waits),
    path("goes-on/", goes_on),
]

QUERIES = [
    "",
    "raise=request",
    "raise=response",
    "answer=1",
    "fail=1",
    "fail=1&excuse=1",
    "fail=1&raise=response",
]


def events_of(handler: Callable[[], Any], url: str, **options: Any) -> tuple[int, list[str]]:
    events: list[Any] = []
    answer = asyncio.run(ask(handler(), url, events=events, **options))
    return answer.status, [event for event, _ in events]


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("url", ["/sync/", "/async/", "/template/", "/template-async/", "/nowhere/"])
@pytest.mark.parametrize("stack", STACKS)
def test_layers_and_hooks_are_called_as_django_calls_them(stack: str, url: str, query: str) -> None:
    with project(__name__, STACKS[stack]):
        stock, pooled = (events_of(handler, f"{url}?{query}") for handler in HANDLERS.values())
    assert pooled == stock


@contextmanager
def listening(events: list[Any], *, asynchronously: bool = False) -> Iterator[None]:
    """To all of Django's request signals."""
    signals = {"started": request_started, "finished": request_finished, "exception": got_request_exception}
    receivers = []
    for name, signal in signals.items():

        def receive(name: str = name, **kwargs: Any) -> None:
            events.append((name, kwargs["sender"]))

        async def receive_async(name: str = name, **kwargs: Any) -> None:
            await asyncio.sleep(0)
            events.append((name, kwargs["sender"]))

        receiver = receive_async if asynchronously else receive
        receivers.append((signal, receiver))
        signal.connect(receiver, weak=False)
    try:
        yield
    finally:
        for signal, receiver in receivers:
            signal.disconnect(receiver)


@pytest.mark.parametrize("asynchronously", [False, True])
@pytest.mark.parametrize("url", ["/sync/", "/async/", "/sync/?fail=1", "/async/?fail=1", "/nowhere/"])
@pytest.mark.parametrize("stack", STACKS)
def test_signals_are_sent_once_and_in_order(stack: str, url: str, asynchronously: bool) -> None:
    found = []
    for handler in HANDLERS.values():
        events: list[Any] = []
        with project(__name__, STACKS[stack]), listening(events, asynchronously=asynchronously):
            asyncio.run(ask(handler(), url, events=[]))
        names = [name for name, _ in events]
        senders = [sender for name, sender in events if name != "exception"]
        assert all(issubclass(sender, loosely(HANDLERS["stock"])) for sender in senders)
        found.append(names)
    assert found[0] == found[1]
    assert (found[1][0], found[1][-1]) == ("started", "finished")


@pytest.mark.parametrize("url", ["/sync/?closer=1", "/async/?closer=1"])
@pytest.mark.parametrize("stack", STACKS)
def test_closers_of_the_response_run_after_the_last_layer(stack: str, url: str) -> None:
    with project(__name__, STACKS[stack]):
        stock, pooled = (events_of(handler, url) for handler in HANDLERS.values())
    assert pooled == stock
    assert pooled[1][-1] == "closer"


@pytest.mark.parametrize("stack", STACKS)
def test_a_client_that_leaves_cancels_the_view(stack: str) -> None:
    async def main(handler: Callable[[], Any]) -> list[str]:
        gone, arrived = asyncio.Event(), asyncio.Event()
        events: list[Any] = []
        task = asyncio.create_task(ask(handler(), "/waits/", gone=gone, events=events, arrived=arrived))
        await arrived.wait()
        gone.set()
        answer = await task
        assert answer.messages == []
        return [event for event, _ in events]

    found = []
    for handler in HANDLERS.values():
        signals: list[Any] = []
        with project(__name__, STACKS[stack]), listening(signals):
            events = asyncio.run(main(handler))
        found.append([name for name, _ in signals])
        assert "view cancelled" in events
    assert found[1] == ["started", "finished"]


@pytest.mark.parametrize("stack", [*STACKS, "none"])
def test_who_listens_to_the_end_alone_hears_of_it_though_the_client_left(stack: str) -> None:
    """An async view may have done all of it on the loop: no thread was taken, and ``request_started`` waited for one."""
    ends: list[Any] = []

    def note_end(**kwargs: Any) -> None:
        ends.append(kwargs["sender"])

    async def main() -> None:
        gone, arrived = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(ask(PooledASGIHandler(), "/waits/", gone=gone, events=[], arrived=arrived))
        await arrived.wait()
        gone.set()
        await task

    with project(__name__, STACKS.get(stack, [])):
        request_finished.connect(note_end)
        try:
            asyncio.run(main())
        finally:
            request_finished.disconnect(note_end)
    assert ends == [PooledASGIHandler]


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("stack", STACKS)
def test_the_server_s_task_is_not_cancelled_for_a_client_that_left(stack: str, handler: str) -> None:
    """Though the view goes on, the cancellation was for the request: the server's task counts none (`asyncio.Task.cancelling`)."""

    async def main() -> int:
        gone, arrived = asyncio.Event(), asyncio.Event()

        async def serve() -> int:
            await ask(HANDLERS[handler](), "/goes-on/", gone=gone, events=[], arrived=arrived)
            task = asyncio.current_task()
            assert task is not None
            return task.cancelling()

        task = asyncio.create_task(serve())
        await arrived.wait()
        gone.set()
        return await task

    with project(__name__, STACKS[stack]):
        assert asyncio.run(main()) == 0


@pytest.mark.parametrize("stack", STACKS)
def test_a_server_that_cancels_a_request_is_told_that_it_was(stack: str) -> None:
    """Beside a client's leaving, which the handler answers for itself. The view hears of it, and no thread is kept."""

    async def main() -> list[str]:
        arrived = asyncio.Event()
        events: list[Any] = []
        task = asyncio.create_task(ask(PooledASGIHandler(), "/waits/", events=events, arrived=arrived))
        await arrived.wait()
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()
        return [event for event, _ in events]

    with project(__name__, STACKS[stack]):
        assert "view cancelled" in asyncio.run(main())
        until(lambda: not pool().load)


@pytest.mark.parametrize("stack", STACKS)
def test_what_receive_raises_meanwhile_is_raised_to_the_server(stack: str) -> None:
    """It is the server's own, and no client that has left."""

    async def main() -> list[str]:
        arrived, breaks = asyncio.Event(), asyncio.Event()
        events: list[Any] = []
        inbox = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Any:
            if inbox:
                return inbox.pop()
            await breaks.wait()
            raise OSError("of the server")

        async def send(message: Any) -> None:
            raise AssertionError("there is no answer")

        scope = scope_of("/waits/", events=events, arrived=arrived)
        task = asyncio.create_task(PooledASGIHandler()(scope, receive, send))
        await arrived.wait()
        breaks.set()
        with pytest.raises(OSError, match="of the server"):
            await task
        return [event for event, _ in events]

    with project(__name__, STACKS[stack]):
        assert "view cancelled" in asyncio.run(main())
        until(lambda: not pool().load)


@pytest.mark.parametrize("stack", STACKS)
def test_a_client_that_leaves_a_stream_ends_it(stack: str) -> None:
    async def main() -> tuple[bytes, list[str]]:
        gone, arrived = asyncio.Event(), asyncio.Event()
        events: list[Any] = []
        task = asyncio.create_task(
            ask(PooledASGIHandler(), "/endless/", gone=gone, events=events, arrived=arrived)
        )
        await arrived.wait()
        gone.set()
        answer = await task
        return answer.body, [event for event, _ in events]

    signals: list[Any] = []
    with project(__name__, STACKS[stack]), listening(signals):
        body, events = asyncio.run(main())
    assert body == b"first"
    assert events[-1] == "stream ended"
    assert [name for name, _ in signals] == ["started", "finished"]


async def ask_until_gone(app: Any, arrived: asyncio.Event, events: list[Any]) -> None:
    """A server whose `send` raises when the client has left (ASGI 2.4), and which tells who listens first."""
    inbox = [{"type": "http.request", "body": b"", "more_body": False}]
    gone = asyncio.Event()

    async def receive() -> Any:
        if inbox:
            return inbox.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            gone.set()
            for _ in range(5):
                await asyncio.sleep(0)
            raise OSError("nobody is there")

    await app(scope_of("/endless/", events=events, arrived=arrived), receive, send)


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("stack", STACKS)
def test_a_send_that_raises_is_a_client_that_has_left(stack: str, handler: str) -> None:
    """Django listens from the first moment, and closes the response; here nobody has listened yet."""
    events: list[Any] = []
    signals: list[Any] = []

    async def main() -> None:
        await ask_until_gone(HANDLERS[handler](), asyncio.Event(), events)

    with project(__name__, STACKS[stack]), listening(signals):
        asyncio.run(main())
    assert events[-1][0] == "stream ended"
    assert [name for name, _ in signals] == ["started", "finished"]


def test_what_a_stream_raises_itself_is_raised() -> None:
    """An `OSError`, too, while the client is there."""

    async def main() -> None:
        async def receive() -> Any:
            return inbox.pop() if inbox else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            if message["type"] == "http.response.body":
                raise OSError("of the disk")

        inbox = [{"type": "http.request", "body": b"", "more_body": False}]
        await PooledASGIHandler()(scope_of("/endless/", events=[], arrived=asyncio.Event()), receive, send)

    with project(__name__, STACKS["halves"]), pytest.raises(OSError, match="of the disk"):
        asyncio.run(main())


@pytest.mark.parametrize("ends", ["answered", "cancelled"])
@pytest.mark.parametrize("stack", STACKS)
def test_the_file_of_the_body_is_closed_however_the_request_ends(stack: str, ends: str) -> None:
    files: list[Any] = []

    class Keeping(PooledASGIHandler):
        async def read_body(self, receive: Any) -> Any:
            files.append(await super().read_body(receive))
            return files[0]

    async def main() -> None:
        arrived = asyncio.Event()
        url = "/waits/" if ends == "cancelled" else "/nowhere/"
        task = asyncio.create_task(ask(Keeping(), url, events=[], arrived=arrived))
        if ends == "cancelled":
            await arrived.wait()
            task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled() is (ends == "cancelled")

    with project(__name__, STACKS[stack]):
        asyncio.run(main())
    assert [file.closed for file in files] == [True]
