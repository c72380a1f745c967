"""`HalvesNode` whose layers are measured one by one: `TimingMiddleware` has put stopwatches between them.

A stopwatch is what a layer finds in the place of its ``get_response``, and a layer that is run as its halves never calls that. So the
stopwatches are started and stopped here, at the same moments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bridgekit.django._layers import Stopwatch, stopwatches
from bridgekit.django.handlers.nodes import HalvesNode, Node

Watches = tuple[Stopwatch, ...]


def watches_of(instance: Any, given: Any) -> Watches | None:
    """The stopwatches of a layer around what it was ``given``; None where something else stands between."""
    return stopwatches(vars(instance).get("get_response"), given)


class TimedHalvesNode(HalvesNode):
    """See `HalvesNode`.

    :param watches: of each layer, what measures all that is inside of it.
    """

    def __init__(
        self,
        layers: tuple[Any, ...],
        inside: Node,
        *,
        keeps: bool,
        finish: Callable[[Any, Any], None] | None = None,
        watches: Sequence[Watches],
    ) -> None:
        super().__init__(layers, inside, keeps=keeps, finish=finish)
        self.watches = tuple(watches)

    def in_thread(self, request: Any) -> Any:
        """See `HalvesNode.in_thread`."""
        for index, layer in enumerate(self.layers):
            try:
                process_request = getattr(layer, "process_request", None)
                response = process_request(request) if process_request is not None else None
            except Exception as error:
                return self.answer(request, error, index)
            if response:
                return self.turn_back(request, response, index)
            self.entered(request, index)
        return self.respond_inside(request)

    def entered(self, request: Any, index: int) -> None:
        """See `HalvesNode.entered`."""
        for watch in self.watches[index]:
            watch.start(request)

    def turn_back(self, request: Any, response: Any, index: int) -> Any:
        """See `HalvesNode.turn_back`."""
        return self._back(request, response, index + 1, index)

    def outwards(self, request: Any, response: Any, depth: int | None = None) -> Any:
        """See `HalvesNode.outwards`."""
        whole = len(self.layers)
        return self._back(request, response, whole if depth is None else depth, whole)

    def _back(self, request: Any, response: Any, depth: int, entered: int) -> Any:
        """The second halves of the ``depth`` outermost layers, of which ``entered`` have called what is inside of them."""
        for index in range(depth - 1, -1, -1):
            if index < entered:
                self.pass_over(request, index)
            try:
                process_response = getattr(self.layers[index], "process_response", None)
                if process_response is not None:
                    response = process_response(request, response)
            except Exception as error:
                return self.answer(request, error, index)
        return response

    def pass_over(self, request: Any, index: int) -> None:
        """See `HalvesNode.pass_over`: all that is inside of it is over."""
        for watch in self.watches[index]:
            watch.stop(request)
