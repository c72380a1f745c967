"""The layers of a chain as the handler runs them: each can be entered on the loop, or in the request's thread.

Entered in the thread, a layer gives the response or what is `Pending` before there is one. Exceptions become responses where
`convert_exception_to_response` stands in Django's chain, around each layer and around the view.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from django.core.handlers.exception import response_for_exception

from bridgekit.django.handlers.crossing import cross, here, wait_for_loop
from bridgekit.django.handlers.pending import Pending
from bridgekit.django.handlers.view import respond_to

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
    try:
        response = wait_for_loop(response.run, request)
    except Exception as error:
        response = response_for_exception(request, error)
    return node.outwards(request, response) if isinstance(node, HalvesNode) else response


class LoopNode:
    """A native async layer: Django's own callable, awaited."""

    def __init__(self, handler: Handler) -> None:
        self.on_loop = handler
        self._pending = Pending(handler)

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
        self._finish = finish

    def in_thread(self, request: Any) -> Any:
        """``MiddlewareMixin.__call__`` of each layer, as far as it goes without waiting."""
        for index, layer in enumerate(self.layers):
            try:
                process_request = getattr(layer, "process_request", None)
                response = process_request(request) if process_request is not None else None
            except Exception as error:
                return self.outwards(request, response_for_exception(request, error), index)
            if response:
                return self.outwards(request, response, index + 1)
        response = self.inside.in_thread(request)
        if type(response) is Pending:
            return response
        return self.outwards(request, response)

    async def on_loop(self, request: Any) -> Any:
        """All of it: the thread is left while what is inside is awaited."""
        response = await cross(self._begin, request)
        if type(response) is not Pending:
            return response
        try:
            response = await response.run(request)
        except Exception as error:
            return await cross(self._resume_after, request, error)
        return await cross(self._resume, request, response)

    def _begin(self, request: Any) -> Any:
        response = self.in_thread(request)
        if type(response) is not Pending:
            if self._finish is not None:
                self._finish(request, response)
        elif self.keeps and here.call is not None:
            here.call.executor.keeps += 1
        return response

    def _resume_after(self, request: Any, error: Exception) -> Any:
        return self._resume(request, respond_to(request, error))

    def _resume(self, request: Any, response: Any) -> Any:
        if self.keeps and here.call is not None:
            here.call.executor.keeps -= 1
        response = self.outwards(request, response)
        if self._finish is not None:
            self._finish(request, response)
        return response

    def outwards(self, request: Any, response: Any, depth: int | None = None) -> Any:
        """In the thread: the second halves of the ``depth`` outermost layers, from the inside out; of all by default."""
        for layer in reversed(self.layers[:depth]):
            try:
                process_response = getattr(layer, "process_response", None)
                if process_response is not None:
                    response = process_response(request, response)
            except Exception as error:
                response = response_for_exception(request, error)
        return response
