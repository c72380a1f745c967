"""How one layer is run by `bridgekit.django.get_asgi_application`: as its two halves, whole in a thread, or on the loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts
from bridgekit.middleware_chain.requests import Mode


class Part(StrEnum):
    """How one layer is run."""

    HALVES = "halves"
    """In a thread, ``process_request`` and ``process_response`` apart: the thread can be left between them."""
    THREAD = "thread"
    """In a thread, which waits in the layer's own ``__call__`` while what is inside awaits."""
    LOOP = "loop"
    """Awaited on the event loop."""


@dataclass(frozen=True, slots=True)
class PlannedLayer:
    """One layer of the chain with every way in which it may be run; several where facts are missing."""

    facts: MiddlewareFacts
    parts: frozenset[Part]

    @property
    def part(self) -> Part | None:
        """The one way in which it is run, or ``None`` if that is not known or it is never used."""
        return next(iter(self.parts)) if len(self.parts) == 1 else None


def parts_of(facts: MiddlewareFacts, mode: Mode) -> Iterator[Part]:
    """How a layer of this mode may be run."""
    # In async mode `MiddlewareMixin.__call__` hands over to ``__acall__``; in sync mode nobody calls that.
    called = [facts.mixin_call] if mode is Mode.SYNC else [facts.mixin_call, facts.mixin_acall]
    splits = all_of(*called, *_sync_halves(facts))
    if splits is not Answer.NO:
        yield Part.HALVES
    if splits is not Answer.YES:
        yield Part.THREAD if mode is Mode.SYNC else Part.LOOP


def _sync_halves(facts: MiddlewareFacts) -> Iterator[Claim]:
    for name in ("process_request", "process_response"):
        hook = facts.hooks.get(name)
        if hook is not None and hook.exists.answer is not Answer.NO:
            yield negated(hook.is_async)


def negated(claim: Claim) -> Claim:
    """The opposite."""
    flipped = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}
    return Claim(flipped[claim.answer])


def all_of(*claims: Claim) -> Answer:
    """Whether all hold."""
    answers: Iterable[Answer] = {claim.answer for claim in claims}
    if Answer.NO in answers:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES
