"""The layers of a chain as the handler runs them: each can be entered on the loop, or in the request's thread.

Entered in the thread, a layer gives the response or what is `Pending` before there is one. Exceptions become responses where
`convert_exception_to_response` stands in Django's chain, around each layer and around the view.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from django.core.handlers.exception import response_for_exception

from bridgekit.django.handlers.crossing import cross, here, wait_for_loop
from bridgekit.django.handlers.halves_on_loop import HalvesOnLoop
from bridgekit.django.handlers.pending import Pending

Handler = Callable[[Any], Any]


class Node(Protocol):
    """A layer with all that is inside of it."""

    def in_thread(self, request: Any) -> Any: ...

    def on_loop(self, request: Any) -> Awaitable[Any]: ...


def called_in_thread(node: Node, request: Any) -> Any:
    """What is inside of a layer that waits in the thread: the response, for which the thread waits if it must."""
    response = node.in_thread(request)
    if type(response) is not Pending:
        return response
    converted = response.converted
    try:
        response = wait_for_loop(response.run, request)
    except Exception as error:
        if isinstance(node, HalvesNode):
            return node.answer_inner(request, error, converted)
        if converted:
            raise
        return response_for_exception(request, error)
    return node.outwards(request, response) if isinstance(node, HalvesNode) else response


class LoopNode:
    """A native async layer: Django's own callable, awaited."""

    def __init__(self, handler: Handler) -> None:
        self.on_loop = handler
        self._pending = Pending(handler, converted=True)

    def in_thread(self, request: Any) -> Any:
        return self._pending


class ThreadNode:
    """A layer with sync code around its ``get_response``, which holds the thread."""

    def __init__(self, handler: Handler, finish: Callable[[Any, Any], None] | None = None) -> None:
        self.in_thread = handler
        self._finish = finish

    async def on_loop(self, request: Any) -> Any:
        return await cross(self._whole, request)

    def _whole(self, request: Any) -> Any:
        response = self.in_thread(request)
        if self._finish is not None:
            self._finish(request, response)
        return response


class HalvesNode:
    """Neighbours that are their two halves: one go inwards, and one outwards, or both in one.

    :param layers: the instances, outermost first.
    :param inside: what they wrap.
    :param keeps: whether the thread of the first half must be that of the second.
    :param finish: called in the thread with what leaves the outermost layer of a chain.
    """

    def __init__(
        self,
        layers: tuple[Any, ...],
        inside: Node,
        *,
        keeps: bool,
        finish: Callable[[Any, Any], None] | None = None,
    ) -> None:
        self.layers = layers
        self.inside = inside
        self.keeps = keeps
        self.alone: HalvesOnLoop | None = None
        """How they are run where no thread is needed; None where one always is."""
        self._finish = finish

    def in_thread(self, request: Any) -> Any:
        """``MiddlewareMixin.__call__`` of each layer, as far as it goes without waiting."""
        for index, layer in enumerate(self.layers):
            try:
                process_request = getattr(layer, "process_request", None)
                response = process_request(request) if process_request is not None else None
            except Exception as error:
                return self.answer(request, error, index)
            if response:
                return self.turn_back(request, response, index)
        return self.respond_inside(request)

    def respond_inside(self, request: Any) -> Any:
        """In the thread, behind the first halves."""
        try:
            response = self.inside.in_thread(request)
        except Exception as error:
            return self.answer_inner(request, error, converted=True)
        if type(response) is Pending:
            return response
        return self.outwards(request, response)

    async def on_loop(self, request: Any) -> Any:
        """All of it: the thread is left while what is inside is awaited."""
        if self.alone is not None and self.alone.may_begin(request):
            return await self.alone.respond(request)
        response = await cross(self._begin, request)
        if type(response) is not Pending:
            return response
        converted = response.converted
        try:
            response = await response.run(request)
        except Exception as error:
            return await cross(self.resume_after, request, error, converted)
        return await cross(self.resume, request, response)

    def _begin(self, request: Any) -> Any:
        response = self.in_thread(request)
        if type(response) is not Pending:
            if self._finish is not None:
                self._finish(request, response)
        elif self.keeps and here.call is not None:
            here.call.executor.keeps += 1
        return response

    def resume_after(self, request: Any, error: Exception, converted: bool) -> Any:
        self._meet()
        try:
            raise error  # `response_for_exception` looks at the exception being handled
        except Exception as raised:
            response = self.answer_inner(request, raised, converted)
        return self._finished(request, response)

    def resume(self, request: Any, response: Any) -> Any:
        self._meet()
        return self._finished(request, self.outwards(request, response))

    def resume_inside(self, request: Any) -> Any:
        """In the thread: all but the first halves, which ran on the loop."""
        return self._finished(request, self.respond_inside(request))

    def resume_early(self, request: Any, response: Any, index: int) -> Any:
        """In the thread: `turn_back`, where the first halves ran on the loop."""
        return self._finished(request, self.turn_back(request, response, index))

    def resume_failed(self, request: Any, error: Exception, index: int) -> Any:
        """In the thread: `answer` to what the layer at ``index`` raised on the loop."""
        try:
            raise error  # `response_for_exception` looks at the exception being handled
        except Exception as raised:
            response = self.answer(request, raised, index)
        return self._finished(request, response)

    def _meet(self) -> None:
        """The second halves have found the thread of the first."""
        if self.keeps and here.call is not None:
            here.call.executor.keeps -= 1

    def _finished(self, request: Any, response: Any) -> Any:
        if self._finish is not None:
            self._finish(request, response)
        return response

    def entered(self, request: Any, index: int) -> None:
        """A layer has called what is inside of it."""

    def turn_back(self, request: Any, response: Any, index: int) -> Any:
        """In the thread: the way out for what the first half at ``index`` answered."""
        return self.outwards(request, response, index + 1)

    def outwards(self, request: Any, response: Any, depth: int | None = None) -> Any:
        """In the thread: the second halves of the ``depth`` outermost layers, from the inside out; of all by default."""
        for index in range(len(self.layers) if depth is None else depth)[::-1]:
            try:
                process_response = getattr(self.layers[index], "process_response", None)
                if process_response is not None:
                    response = process_response(request, response)
            except Exception as error:
                return self.answer(request, error, index)
        return response

    def answer(self, request: Any, error: Exception, depth: int) -> Any:
        """In the thread, while ``error`` is handled: Django's answer to it, through the ``depth`` outermost layers.

        Where making it fails (``handler500`` raises), what was raised comes to the next layer, as from within, and is converted around that.
        """
        try:
            response = response_for_exception(request, error)
        except Exception as another:
            if not depth:
                raise
            self.pass_over(request, depth - 1)
            return self.answer(request, another, depth - 1)
        return self.outwards(request, response, depth)

    def answer_inner(self, request: Any, error: Exception, converted: bool) -> Any:
        """`answer` to what came from within.

        :param converted: conversion around what is inside has been tried.
        """
        depth = len(self.layers)
        if converted:
            depth -= 1
            self.pass_over(request, depth)
        return self.answer(request, error, depth)

    def pass_over(self, request: Any, index: int) -> None:
        """A layer has no second half, since what is inside of it raised."""
