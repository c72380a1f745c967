"""Halves that wait for nothing, run on the loop: no thread is asked for around an async view, unless something happens that needs one.

What needs one: an exception (its answer is made by the project's code, or with a template), a session to be saved, a message to be stored.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from django.conf import settings
from django.urls import set_urlconf

from bridgekit.django.handlers.crossing import cross, current_executor
from bridgekit.django.handlers.nonblocking import Nonblocking

Run = Callable[[Any], Awaitable[Any]]


class Layers(Protocol):
    """The layers, and how each way that begins on the loop goes on in the thread: the methods of `HalvesNode`."""

    layers: tuple[Any, ...]

    def entered(self, request: Any, index: int) -> None: ...

    def pass_over(self, request: Any, index: int) -> None: ...

    def resume(self, request: Any, response: Any) -> Any: ...

    def resume_after(self, request: Any, error: Exception, converted: bool) -> Any: ...

    def resume_early(self, request: Any, response: Any, index: int) -> Any: ...

    def resume_inside(self, request: Any) -> Any: ...

    def resume_failed(self, request: Any, error: Exception, index: int) -> Any: ...


class HalvesOnLoop:
    """The way of a request through halves of which none waits.

    :param layers: the node that is run so.
    :param find_inside: of what they wrap: gives what is to be awaited, or None for what runs in a thread.
    :param converted: conversion around what is inside is its own.
    :param outermost: there is no layer outside.
    """

    def __init__(
        self, layers: Layers, find_inside: Callable[[Any], Run | None], *, converted: bool, outermost: bool
    ) -> None:
        self._node = layers
        self._nonblocking = Nonblocking(layers.layers)
        self._find_inside = find_inside
        self._converted = converted
        self._outermost = outermost

    def may_begin(self, request: Any) -> bool:
        """Whether this request can begin on the loop."""
        return self._nonblocking.may_begin(request)

    async def respond(self, request: Any) -> Any:
        """The response. Around what runs in a thread, the second halves run there with it."""
        node = self._node
        for index, layer in enumerate(node.layers):
            try:
                process_request = getattr(layer, "process_request", None)
                response = process_request(request) if process_request is not None else None
            except Exception as error:
                return await cross(node.resume_failed, request, error, index)
            if response:
                return await self._outwards(request, response, index + 1, index)
            node.entered(request, index)
        response = None
        try:
            run = self._find_inside(request)
            if run is not None:
                if self._outermost:
                    _begin_on_loop(request)
                response = await run(request)
        except Exception as error:
            return await cross(node.resume_after, request, error, self._converted)
        if run is None:
            return await cross(node.resume_inside, request)
        whole = len(node.layers)
        return await self._outwards(request, response, whole, whole)

    async def _outwards(self, request: Any, response: Any, depth: int, entered: int) -> Any:
        """The second halves of the ``depth`` outermost layers, of which ``entered`` have called what is inside of them."""
        node = self._node
        if not self._nonblocking.may_end(request, response):
            if entered < depth:
                return await cross(node.resume_early, request, response, entered)
            return await cross(node.resume, request, response)
        for index in range(depth)[::-1]:
            if index < entered:
                node.pass_over(request, index)
            try:
                process_response = getattr(node.layers[index], "process_response", None)
                if process_response is not None:
                    response = process_response(request, response)
            except Exception as error:
                return await cross(node.resume_failed, request, error, index)
        return response


def _begin_on_loop(request: Any) -> None:
    """What Django does before it asks the chain, and what is otherwise done with the first work in the thread."""
    executor = current_executor()
    assert executor is not None
    executor.on_loop = True
    if not hasattr(request, "urlconf"):
        set_urlconf(settings.ROOT_URLCONF)
