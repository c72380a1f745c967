"""How Django would build the chain: the mode of every middleware and the crossings between them.

The rules are those of `BaseHandler.load_middleware` (django/core/handlers/base.py, the same in 5.2, 6.0 and 6.1). The
chain is built from the view outwards. A middleware that can be sync and wraps something sync is sync: one sync-only
middleware makes every hybrid outside it sync too, and only an async-only one turns the chain back.

Unknown facts are followed both ways, so every answer here holds in each possible completion of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import product

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts
from bridgekit.middleware_chain.requests import Mode, Server


class Crossing(StrEnum):
    """The adapter that stands where two neighbours differ in mode."""

    NONE = "none"
    TO_THREAD = "sync_to_async"
    """Async outside, sync inside: the inner part runs in a thread. This is a hop."""
    TO_LOOP = "async_to_sync"
    """Sync outside, async inside: the thread blocks while the inner part runs on the loop."""


@dataclass(frozen=True, slots=True)
class Step:
    """One possible outcome of loading one middleware around a handler of mode ``inner``."""

    inner: Mode
    mode: Mode
    used: bool
    refused: bool = False
    """Django raises `RuntimeError`: the middleware can be neither sync nor async."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One middleware in the chain. Sets of more than one member mean that facts are missing."""

    facts: MiddlewareFacts
    modes: frozenset[Mode]
    crossings: frozenset[Crossing]
    """What stands between this layer and what it wraps."""
    used: Answer
    refused: Answer

    @property
    def mode(self) -> Mode | None:
        """The one mode that it runs in, or ``None`` if that is not known or it is never used."""
        return next(iter(self.modes)) if len(self.modes) == 1 else None

    @property
    def crossing(self) -> Crossing | None:
        """The one crossing inside it, or ``None`` if that is not known."""
        return next(iter(self.crossings)) if len(self.crossings) == 1 else None

    @property
    def held(self) -> Answer:
        """Whether it holds a thread under ASGI while it waits for what it wraps: a used sync layer does."""
        if self.modes == {Mode.SYNC} and self.used is Answer.YES:
            return Answer.YES
        return Answer.UNKNOWN if Mode.SYNC in self.modes else Answer.NO


@dataclass(frozen=True, slots=True)
class Chain:
    """The built chain, outermost layer first."""

    server: Server
    layers: tuple[Layer, ...]
    top: frozenset[Crossing]
    """What stands between the server's handler and the outermost layer."""

    @property
    def facts(self) -> tuple[MiddlewareFacts, ...]:
        """The stack as it was given, outermost first."""
        return tuple(layer.facts for layer in self.layers)

    @property
    def starts(self) -> Answer:
        """Whether Django can load the chain: no layer is refused."""
        refused = {layer.refused for layer in self.layers}
        if Answer.YES in refused:
            return Answer.NO
        return Answer.UNKNOWN if Answer.UNKNOWN in refused else Answer.YES

    @property
    def holds_thread(self) -> Answer:
        """Whether a thread is blocked from the request's arrival at the chain until its response leaves it.

        Under ASGI a sync layer does so, because it waits in a thread for what it wraps. Under WSGI the server's own
        thread always waits.
        """
        if self.server is Server.WSGI:
            return Answer.YES
        return held(layer.held for layer in self.layers)


def held(answers: Iterable[Answer]) -> Answer:
    """Whether a thread is held anywhere: one layer that holds one is enough."""
    found = set(answers)
    if Answer.YES in found:
        return Answer.YES
    return Answer.UNKNOWN if Answer.UNKNOWN in found else Answer.NO


def crossing_between(outer: Mode, inner: Mode) -> Crossing:
    """The adapter that `BaseHandler.adapt_method_mode` puts between two handlers."""
    if outer is inner:
        return Crossing.NONE
    return Crossing.TO_THREAD if outer is Mode.ASYNC else Crossing.TO_LOOP


def _completions(claim: Claim) -> tuple[bool, ...]:
    """The truths that a claim leaves open."""
    return (True, False) if claim.answer is Answer.UNKNOWN else (claim.answer is Answer.YES,)


def possible_steps(facts: MiddlewareFacts, inner: Mode) -> Iterator[Step]:
    """Every way in which Django may load this middleware around a handler of mode ``inner``.

    One step for each completion of the facts that decide it, so a caller may follow two chains in step.
    """
    for can_sync, can_async, used in product(
        _completions(facts.sync_capable), _completions(facts.async_capable), _completions(facts.used)
    ):
        yield load_step(inner, can_sync=can_sync, can_async=can_async, used=used)


def load_step(inner: Mode, *, can_sync: bool, can_async: bool, used: bool) -> Step:
    """One turn of the loop in `BaseHandler.load_middleware`, all facts known."""
    if not can_sync and not can_async:
        # Raised before the middleware is called, so even one that would raise MiddlewareNotUsed is refused.
        return Step(inner, inner, used=False, refused=True)
    if not used:
        return Step(inner, inner, used=False)
    runs_sync = inner is Mode.SYNC and can_sync
    return Step(inner, Mode.ASYNC if can_async and not runs_sync else Mode.SYNC, used=True)


def _layer(facts: MiddlewareFacts, steps: Sequence[Step]) -> Layer:
    """What all possible steps of one middleware have in common."""
    used = [step for step in steps if step.used]
    return Layer(
        facts,
        modes=frozenset(step.mode for step in used),
        crossings=frozenset(crossing_between(step.mode, step.inner) for step in used),
        used=_agreed([step.used for step in steps]),
        refused=_agreed([step.refused for step in steps]),
    )


def load(facts: MiddlewareFacts, reachable: frozenset[Mode]) -> tuple[Layer, frozenset[Mode]]:
    """One layer around a handler whose mode is one of ``reachable``, and the modes that it may hand outwards."""
    steps = [step for inner in sorted(reachable) for step in possible_steps(facts, inner)]
    return _layer(facts, steps), frozenset(step.mode for step in steps)


def _agreed(answers: Sequence[bool]) -> Answer:
    return Answer.of(answers[0] if len(set(answers)) == 1 else None)


def simulate(stack: Sequence[MiddlewareFacts], server: Server = Server.ASGI) -> Chain:
    """Build the chain that Django would build of ``stack`` (outermost first, as in ``MIDDLEWARE``).

    A middleware that Django would refuse is left out of the modes of the others, so that the rest can still be read;
    see `Chain.starts`.
    """
    reachable = frozenset({server.mode})
    layers: list[Layer] = []
    for facts in reversed(stack):
        layer, reachable = load(facts, reachable)
        layers.append(layer)
    top = frozenset(crossing_between(server.mode, mode) for mode in reachable)
    return Chain(server, tuple(reversed(layers)), top)
