"""What stands outside an async layer that is not marked as a coroutine function runs as if a sync one were inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bridgekit.middleware_chain.facts import Answer, Claim, Count, MiddlewareFacts
from bridgekit.middleware_chain.requests import Mode, Server
from bridgekit.middleware_chain.simulate import simulate


def as_run(stack: Sequence[MiddlewareFacts], server: Server) -> list[MiddlewareFacts]:
    """The facts of ``stack`` (outermost first), with the hops left open of each layer that is handed an unmarked one.

    `convert_exception_to_response` (django/core/handlers/exception.py) wraps what is not a coroutine function in a sync function, whatever
    the mode of the layer. The layer outside is built around that: ``MiddlewareMixin`` and most hybrids then run their sync half on the loop,
    and hop nowhere. A sync layer in between ends it: it is marked as what it is.
    """
    facts = list(stack)
    if not any(_may_be_unmarked(each) for each in facts):
        return facts
    unmarked: MiddlewareFacts | None = None
    layers = simulate(facts, server).layers
    for position in range(len(layers) - 1, -1, -1):
        layer = layers[position]
        if not layer.modes:
            continue
        if layer.modes == {Mode.SYNC}:
            unmarked = None
            continue
        if unmarked is not None:
            facts[position] = _left_open(layer.facts, unmarked)
        if _may_be_unmarked(layer.facts):
            unmarked = layer.facts
    return facts


def _may_be_unmarked(facts: MiddlewareFacts) -> bool:
    """Not of a layer that could not be read: so little is known of it that it says nothing about its neighbours."""
    return facts.async_capable.answer is Answer.YES and facts.marked_async.answer is not Answer.YES


def _left_open(facts: MiddlewareFacts, unmarked: MiddlewareFacts) -> MiddlewareFacts:
    reason = f"{unmarked.dotted_path} inside it is not marked as a coroutine function"
    place = unmarked.defined_at or unmarked.listed_at
    own = facts.own_hops
    mixin = facts.mixin_acall
    return replace(
        facts,
        own_hops=own if own.high == 0 else Count(0, own.high, reason, place),
        mixin_acall=mixin if mixin.answer is Answer.NO else Claim.unknown(reason, place),
    )
