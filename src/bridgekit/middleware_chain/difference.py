"""Hops after a change minus hops before it, over every completion of unknown facts.

Both chains are followed in step, so that a layer that is the same in both takes nothing from the certainty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import MiddlewareFacts
from bridgekit.middleware_chain.hops import own_hops
from bridgekit.middleware_chain.requests import Mode, Server
from bridgekit.middleware_chain.simulate import Crossing, Step, crossing_between, possible_steps


@dataclass(frozen=True, slots=True)
class Difference:
    """Hops after minus hops before, over every completion of unknown facts; infinite where no bound is known."""

    low: float
    high: float

    @property
    def saves(self) -> bool:
        """Whether the change saves at least one hop, whatever the unknown facts are."""
        return self.high < 0


@dataclass(frozen=True, slots=True)
class Block:
    """A run of neighbours before and after a change; an unchanged one is the same one layer in both."""

    before: tuple[MiddlewareFacts, ...]
    after: tuple[MiddlewareFacts, ...]


def difference_at_top(modes: tuple[Mode, Mode], server: Server) -> Difference:
    """What the adapter of the server's handler adds, for the modes that the two chains hand to it."""
    before, after = modes
    top = _hop(crossing_between(server.mode, after), server) - _hop(
        crossing_between(server.mode, before), server
    )
    return Difference(top, top)


def walk(
    block: Block, modes: tuple[Mode, Mode], server: Server
) -> Iterator[tuple[tuple[Mode, Mode], Difference]]:
    """The modes outside a block, and the difference it makes, for each completion of its facts."""
    if block.before == block.after and len(block.before) == 1:
        facts = block.before[0]
        pairs = zip(possible_steps(facts, modes[0]), possible_steps(facts, modes[1]), strict=True)
        for before, after in pairs:
            yield (before.mode, after.mode), _step_difference(facts, before, after, server)
        return
    # A changed block: its two sides are followed apart, which can only widen the bounds.
    for before_mode, before_hops in _side(block.before, modes[0], server):
        for after_mode, after_hops in _side(block.after, modes[1], server):
            low, high = after_hops.low - before_hops.high, after_hops.high - before_hops.low
            yield (before_mode, after_mode), Difference(low, high)


def _side(layers: Sequence[MiddlewareFacts], mode: Mode, server: Server) -> Iterator[tuple[Mode, Difference]]:
    """The mode outside these layers and the hops within, for each completion."""
    if not layers:
        yield mode, Difference(0, 0)
        return
    for inner, so_far in _side(layers[1:], mode, server):
        for step in possible_steps(layers[0], inner):
            yield step.mode, plus(so_far, _step_hops(layers[0], step, server))


def _step_hops(facts: MiddlewareFacts, step: Step, server: Server) -> Difference:
    """The hops of one loaded layer that a change elsewhere can alter: its crossing and its own."""
    if not step.used:
        return Difference(0, 0)
    crossing = _hop(crossing_between(step.mode, step.inner), server)
    if step.mode is Mode.SYNC or server is Server.WSGI:
        return Difference(crossing, crossing)
    own = own_hops(facts)
    return Difference(crossing + own.low, math.inf if own.high is None else crossing + own.high)


def _step_difference(facts: MiddlewareFacts, before: Step, after: Step, server: Server) -> Difference:
    """After minus before for one unchanged layer; what it hops of its own cancels where both run it async."""
    if before.used and after.used and before.mode is after.mode:
        difference = _hop(crossing_between(after.mode, after.inner), server) - _hop(
            crossing_between(before.mode, before.inner), server
        )
        return Difference(difference, difference)
    old, new = _step_hops(facts, before, server), _step_hops(facts, after, server)
    return Difference(new.low - old.high, new.high - old.low)


def _hop(crossing: Crossing, server: Server) -> int:
    """Whether a crossing is a hop out of the server's own world."""
    return int(crossing is (Crossing.TO_THREAD if server is Server.ASGI else Crossing.TO_LOOP))


def plus(one: Difference, other: Difference) -> Difference:
    """The bounds of the sum."""
    return Difference(one.low + other.low, one.high + other.high)


def hull(differences: Iterable[Difference]) -> Difference:
    """The smallest bounds that hold every one of ``differences``."""
    found = list(differences)
    return Difference(min(d.low for d in found), max(d.high for d in found))
