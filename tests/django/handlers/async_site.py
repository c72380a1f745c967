"""Views and middleware that tell where they run, and what they see of each other."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator
from typing import Any

from asgiref.local import Local
from asgiref.sync import async_to_sync, markcoroutinefunction, sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.utils import translation

seen: dict[str, Any] = {}
"""What the tests look at; emptied before each."""

events: dict[str, threading.Event] = {}
"""What the tests wait for, or let go."""

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
local = Local()

queue: asyncio.Queue[int] | None = None
"""A client as httpx, asyncpg and redis have it: what it waits with belongs to the loop of its first use."""


def ident() -> int:
    return threading.get_ident()


async def where(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "loop": id(asyncio.get_running_loop()),
            "thread": threading.current_thread().name,
            "sync_thread": await sync_to_async(ident)(),
        }
    )


async def shared_client(request: HttpRequest) -> HttpResponse:
    global queue
    if queue is None:
        queue = asyncio.Queue(1)
        queue.put_nowait(0)

    async def use() -> None:
        assert queue is not None
        number = await queue.get()
        await asyncio.sleep(0.001)
        queue.put_nowait(number + 1)

    await asyncio.gather(use(), use())
    return HttpResponse("used")


async def variables(request: HttpRequest) -> HttpResponse:
    seen["inside"] = (variable.get(), getattr(local, "value", "unset"), translation.get_language())
    seen["in thread"] = await sync_to_async(lambda: (variable.get(), getattr(local, "value", "unset")))()
    variable.set("view")
    local.value = "view"
    translation.activate("fr")
    await sync_to_async(variable.set)("view's thread")
    return HttpResponse("x")


async def fail(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    raise LookupError("no such thing")


async def missing(request: HttpRequest) -> HttpResponse:
    raise Http404("nowhere")


async def leave(request: HttpRequest) -> HttpResponse:
    raise SystemExit(3)


async def nested(request: HttpRequest) -> HttpResponse:
    """The loop, its thread, the loop again and that thread again."""
    loop = asyncio.get_running_loop()

    async def innermost() -> tuple[bool, int]:
        return asyncio.get_running_loop() is loop, await sync_to_async(ident)()

    seen["nested"] = await sync_to_async(lambda: async_to_sync(innermost)())()
    return HttpResponse("x")


async def later(request: HttpRequest) -> HttpResponse:
    """A task that outlives the response, and then asks the ORM's thread for something."""

    async def work() -> None:
        await asyncio.to_thread(events["responded"].wait)
        seen["late"] = await sync_to_async(ident)()
        events["done"].set()

    seen["task"] = asyncio.create_task(work())
    return HttpResponse("x")


async def wait(request: HttpRequest) -> HttpResponse:
    events["entered"].set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        events["cancelled"].set()
        raise
    return HttpResponse("never")


def sync(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(ident()))


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[str]:
        try:
            async with asyncio.timeout(60):
                for number in range(3):
                    seen.setdefault("made", []).append(number)
                    yield f"{number} {await sync_to_async(ident)()}\n"
        finally:
            seen["ended in"] = await sync_to_async(ident)()

    return StreamingHttpResponse(pieces())


async def endless(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            for number in range(1_000_000):
                seen["made"] = number + 1
                yield b"x" * 16384
        finally:
            events["closed"].set()

    return StreamingHttpResponse(pieces())


async def stubborn(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"x"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen["cancelled"] = seen.get("cancelled", 0) + 1
            await asyncio.to_thread(events["go"].wait)

    return StreamingHttpResponse(pieces())


async def broken_stream(request: HttpRequest) -> StreamingHttpResponse:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"first"
        raise LookupError("no second")

    return StreamingHttpResponse(pieces())


urlpatterns = [
    path(view.__name__, view)
    for view in (
        where,
        shared_client,
        variables,
        fail,
        missing,
        leave,
        nested,
        later,
        wait,
        sync,
        stream,
        endless,
        stubborn,
        broken_stream,
    )
]


class SyncOutside:
    """Sets before, and looks after."""

    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        variable.set("outside")
        local.value = "outside"
        translation.activate("de")
        response = self.get_response(request)
        seen["outside"] = (variable.get(), getattr(local, "value", "unset"), translation.get_language())
        return response


class AsyncOnly:
    """Notes its task and its loop."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> Any:
        seen.setdefault("tasks", []).append(asyncio.current_task())
        return await self.get_response(request)


class AlsoAsyncOnly(AsyncOnly):
    pass


class Impatient(AsyncOnly):
    """Gives up on what is inside."""

    async def __call__(self, request: HttpRequest) -> Any:
        inner = asyncio.ensure_future(self.get_response(request))
        await asyncio.to_thread(events["entered"].wait)
        inner.cancel()
        try:
            return await inner
        except asyncio.CancelledError:
            return HttpResponse("gave up", status=504)


class AsyncExceptionHook:
    """An asynchronous ``process_exception`` sees what is being handled."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)

    async def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        import sys

        return HttpResponse(f"{exception} {sys.exc_info()[1] is exception}")
