"""Views of every kind that do what a test tells them, and the server of the two handlers that are compared by them."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

__all__ = ["Side"]

SECONDS = 20.0


class Told(Exception):
    """What a view raises when it is told to."""


class Side:
    """One handler, the server in front of it and the view behind it."""

    def __init__(self, app: Any, scope: dict[str, Any]) -> None:
        self.messages: list[Any] = []
        self.events: list[str] = []
        self.steps: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.arrived = asyncio.Event()
        self.told = self.done = 0
        self.over = False
        """Whether the view, or its stream, takes no more steps."""
        self.heard = False
        self.send_error: BaseException | None = None
        self._inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.task = asyncio.create_task(app({**scope, "told": self}, self.receive, self.send))

    @property
    def entered(self) -> bool:
        """Whether the view waits for a step. Before that, Django hears of a client that leaves a little sooner than we do."""
        return "waits" in self.events

    # The server

    def bring(self, message: Any) -> None:
        self._inbox.put_nowait(message)

    @property
    def taken(self) -> bool:
        return self._inbox.empty()

    async def receive(self) -> Any:
        message = await self._inbox.get()
        if isinstance(message, BaseException):
            self.heard = True
            raise message
        if message["type"] == "http.disconnect":
            self.heard = True
            self._inbox.put_nowait(message)
        return message

    async def send(self, message: Any) -> None:
        if self.send_error is not None:
            raise self.send_error
        self.messages.append(message)

    # The view

    def tell(self, step: str) -> None:
        self.told += 1
        self.steps.put(step)
        self.arrived.set()

    def note(self, event: str) -> None:
        self.events.append(event)

    def next(self) -> str:
        """In a thread."""
        step = self.steps.get(timeout=SECONDS)
        self.done += 1
        return step

    async def anext(self) -> str:
        while self.steps.empty():
            self.arrived.clear()
            await self.arrived.wait()
        self.done += 1
        return self.steps.get_nowait()

    def end(self) -> None:
        self.over = True

    def seen(self) -> Any:
        """What a server and a project can tell."""
        outcome = None
        if self.task.done():
            outcome = "cancelled" if self.task.cancelled() else repr(self.task.exception())
        shown = [
            {key: sorted(value) if key == "headers" else value for key, value in message.items()}
            for message in self.messages
        ]
        return shown, sorted(self.events), outcome

    def answer(self, step: str, streams: Any) -> Any:
        self.end()
        if step == "raises":
            raise Told("of the view")
        if streams is None:
            response: Any = HttpResponse("whole")
        else:
            self.over = False
            response = StreamingHttpResponse(streams)
        response._resource_closers.append(lambda: self.note("closed"))
        return response


def side_of(request: Any) -> Side:
    found: Side = request.scope["told"]
    found.note(f"view with {len(request.body)}")
    return found


@csrf_exempt
def whole(request: HttpRequest) -> Any:
    side = side_of(request)
    side.note("waits")
    return side.answer(side.next(), None)


@csrf_exempt
async def whole_async(request: HttpRequest) -> Any:
    side = side_of(request)
    side.note("waits")
    try:
        step = await side.anext()
    except asyncio.CancelledError:
        side.note("view cancelled")
        side.end()
        raise
    return side.answer(step, None)


@csrf_exempt
async def stream_async(request: HttpRequest) -> Any:
    side = side_of(request)

    async def chunks() -> AsyncIterator[bytes]:
        side.note("waits")
        try:
            while (step := await side.anext()) != "returns":
                if step == "raises":
                    raise Told("of the stream")
                yield b"piece"
        finally:
            side.note("stream over")
            side.end()

    return side.answer("returns", chunks())


@csrf_exempt
def stream(request: HttpRequest) -> Any:
    side = side_of(request)

    def chunks() -> Iterator[bytes]:
        side.note("waits")
        try:
            while (step := side.next()) != "returns":
                if step == "raises":
                    raise Told("of the stream")
                yield b"piece"
        finally:
            side.note("stream over")
            side.end()

    return side.answer("returns", chunks())


urlpatterns = [path(f"{view.__name__}/", view) for view in (whole, whole_async, stream, stream_async)]
