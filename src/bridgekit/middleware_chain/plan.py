"""What each possible change of one line would do to the hops of a stack, computed and never assumed.

Making the last sync-only middleware async can make a stack dearer, and adding a sync-only layer cheaper, because
`MiddlewareMixin` hops only in async mode. So every candidate is simulated. Where facts are unknown, the difference is followed through
every completion with both chains in step, so that a saving is called sure only if no completion contradicts it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from enum import StrEnum

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.difference import Block, Difference
from bridgekit.middleware_chain.facts import Answer, Claim, Count, MiddlewareFacts
from bridgekit.middleware_chain.halves import Halves
from bridgekit.middleware_chain.hops import Cost, count_hops, own_hops
from bridgekit.middleware_chain.requests import ASYNC_VIEW, RequestKind, Server

__all__ = [
    "PASS_THROUGH",
    "Change",
    "ChangeKind",
    "Difference",
    "Proposal",
    "make_native",
    "plan",
    "possible_changes",
]

#: A plain function that returns its ``get_response``: sync-only, because it declares nothing, and free of work.
PASS_THROUGH = MiddlewareFacts(
    "a sync-only pass-through",
    sync_capable=Claim.yes("a function without flags is sync-only"),
    async_capable=Claim.no("a function without flags is sync-only"),
    mixin_acall=Claim.no(),
    marked_async=Claim.no(),
)


class ChangeKind(StrEnum):
    """What is done to the stack."""

    ADD_PASS_THROUGH = "add-pass-through"
    MAKE_NATIVE = "make-native"
    SWAP = "swap"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what is done, at which position of the stack (0 is outermost), to which middleware."""

    kind: ChangeKind
    position: int
    dotted_path: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change with its effect on one kind of request."""

    change: Change
    stack_before: Sequence[MiddlewareFacts] = field(repr=False)
    block: Block
    before: Cost
    after: Cost
    difference: Difference
    holds_thread: Answer
    """Whether a thread is held for the whole request after the change."""

    @property
    def stack(self) -> tuple[MiddlewareFacts, ...]:
        """The stack after the change, outermost first. Made on demand: there is a proposal for every layer."""
        position = self.change.position
        rest = self.stack_before[position + len(self.block.before) :]
        return (*self.stack_before[:position], *self.block.after, *rest)


def make_native(facts: MiddlewareFacts) -> MiddlewareFacts:
    """The same middleware written sync and async, awaiting ``get_response`` itself: no hops of its own."""
    return replace(
        facts,
        sync_capable=Claim.yes("after the change"),
        async_capable=Claim.yes("after the change"),
        mixin_acall=Claim.no("after the change"),
        marked_async=Claim.yes("after the change"),
        own_hops=Count(),
    )


def possible_changes(
    stack: Sequence[MiddlewareFacts], may_swap: Callable[[int], bool] = lambda position: False
) -> Iterator[Change]:
    """Every change that is worth a simulation; ``may_swap(i)`` says that layers i and i+1 may safely change places."""
    for position in range(len(stack), -1, -1):
        yield Change(ChangeKind.ADD_PASS_THROUGH, position, PASS_THROUGH.dotted_path)
    for position, facts in enumerate(stack):
        if facts.async_capable.answer is Answer.NO or own_hops(facts).high != 0:
            yield Change(ChangeKind.MAKE_NATIVE, position, facts.dotted_path)
        if position + 1 < len(stack) and may_swap(position):
            yield Change(ChangeKind.SWAP, position, facts.dotted_path)


def plan(
    stack: Sequence[MiddlewareFacts],
    server: Server = Server.ASGI,
    kind: RequestKind = ASYNC_VIEW,
    may_swap: Callable[[int], bool] = lambda position: False,
) -> list[Proposal]:
    """Every possible change with its effect on ``kind``, the greatest sure saving first."""
    layers = tuple(stack)
    before = count_hops(layers, server, kind)
    halves = Halves(layers, server, kind)
    proposals = []
    for change in possible_changes(layers, may_swap):
        position, block = change.position, _block(layers, change)
        proposals.append(
            Proposal(
                change,
                layers,
                block,
                before,
                halves.cost(position, block),
                halves.difference(position, block),
                halves.holds_thread(position, block),
            )
        )
    # Stable: between equals the innermost pass-through, which is the one appended to the list, comes first.
    return sorted(proposals, key=lambda proposal: (proposal.difference.high, proposal.difference.low))


def _block(stack: Sequence[MiddlewareFacts], change: Change) -> Block:
    """The layers that the change replaces, and by what."""
    position = change.position
    match change.kind:
        case ChangeKind.ADD_PASS_THROUGH:
            return Block((), (PASS_THROUGH,))
        case ChangeKind.MAKE_NATIVE:
            return Block((stack[position],), (make_native(stack[position]),))
        case ChangeKind.SWAP:
            outer, inner = stack[position : position + 2]
            return Block((outer, inner), (inner, outer))
