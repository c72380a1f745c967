"""What the layers inside and outside each position of a stack contribute, computed once for all changes of it.

A change touches one or two neighbours. The layers inside them are reached, and the layers outside them go on, as if nothing
had happened, but for the mode that the changed ones hand over. So both halves are summed up for each position and
each mode that can be handed over; hulls and sums distribute, so no bound is lost by it. Trying every change of a stack
then takes time linear in its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bridgekit.middleware_chain.difference import Block, Difference, difference_at_top, hull, plus, walk
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.hops import Cost, around, outside_cost, step_cost, top_cost
from bridgekit.middleware_chain.requests import Mode, RequestKind, Server
from bridgekit.middleware_chain.simulate import held, load, possible_steps

_START_MODES = (frozenset({Mode.SYNC}), frozenset({Mode.ASYNC}), frozenset(Mode))
"""Every set of modes that an inner half can leave open."""
_PAIRS = tuple((before, after) for before in Mode for after in Mode)


class Halves:
    """The inner and the outer half of ``stack`` (outermost first) at every position, for one kind of request."""

    def __init__(self, stack: Sequence[MiddlewareFacts], server: Server, kind: RequestKind) -> None:
        self._server = server
        self._kind = kind
        self._inner_costs: list[Mapping[Mode, Cost]] = [{server.mode: Cost()}]
        self._inner_held = [Answer.NO]
        for facts in reversed(stack):
            layer, _ = load(facts, frozenset(self._inner_costs[-1]))
            self._inner_costs.append(around(self._inner_costs[-1], facts, server, kind))
            self._inner_held.append(held([self._inner_held[-1], layer.held]))
        self._inner_costs.reverse()
        self._inner_held.reverse()
        self._outer_costs = [{mode: top_cost(server, mode) for mode in Mode}]
        self._outer_differences = [{modes: difference_at_top(modes, server) for modes in _PAIRS}]
        self._outer_held = [dict.fromkeys(_START_MODES, Answer.NO)]
        for facts in stack:
            self._outer_costs.append(self._costs_outside(facts))
            self._outer_differences.append(self._differences_outside(facts))
            self._outer_held.append(self._held_outside(facts))

    def cost(self, position: int, block: Block) -> Cost:
        """What a request costs after ``block``, which begins at ``position``, is changed."""
        costs = self._inner_costs[position + len(block.before)]
        for facts in reversed(block.after):
            costs = around(costs, facts, self._server, self._kind)
        outer = self._outer_costs[position]
        return Cost.hull([cost + outer[mode] for mode, cost in costs.items()]) + outside_cost(
            self._server, self._kind
        )

    def difference(self, position: int, block: Block) -> Difference:
        """Hops after the change minus hops before it: inside the block both chains are the same."""
        outer = self._outer_differences[position]
        inner_modes = self._inner_costs[position + len(block.before)]
        return hull(
            plus(added, outer[outcome])
            for mode in inner_modes
            for outcome, added in walk(block, (mode, mode), self._server)
        )

    def holds_thread(self, position: int, block: Block) -> Answer:
        """Whether a thread is held for the whole request after the change; see `Chain.holds_thread`."""
        if self._server is Server.WSGI:
            return Answer.YES
        inside = position + len(block.before)
        found = [self._inner_held[inside]]
        modes = frozenset(self._inner_costs[inside])
        for facts in reversed(block.after):
            layer, modes = load(facts, modes)
            found.append(layer.held)
        return held([*found, self._outer_held[position][modes]])

    def _costs_outside(self, facts: MiddlewareFacts) -> dict[Mode, Cost]:
        """For each mode handed to ``facts``: what it and all outside it add."""
        outer = self._outer_costs[-1]
        return {
            inner: Cost.hull(
                [
                    step_cost(facts, step, self._server, self._kind) + outer[step.mode]
                    for step in possible_steps(facts, inner)
                ]
            )
            for inner in Mode
        }

    def _differences_outside(self, facts: MiddlewareFacts) -> dict[tuple[Mode, Mode], Difference]:
        """For each pair of modes handed to ``facts`` before and after: what it and all outside it add."""
        unchanged, outer = Block((facts,), (facts,)), self._outer_differences[-1]
        return {
            modes: hull(
                plus(added, outer[outcome]) for outcome, added in walk(unchanged, modes, self._server)
            )
            for modes in _PAIRS
        }

    def _held_outside(self, facts: MiddlewareFacts) -> dict[frozenset[Mode], Answer]:
        """For each set of modes that may be handed to ``facts``: whether it or one outside it holds a thread."""
        outer = self._outer_held[-1]
        return {modes: _held_with(outer, facts, modes) for modes in _START_MODES}


def _held_with(
    outer: Mapping[frozenset[Mode], Answer], facts: MiddlewareFacts, modes: Iterable[Mode]
) -> Answer:
    layer, reached = load(facts, frozenset(modes))
    return held([layer.held, outer[reached]])
