"""How `bridgekit.django.get_asgi_application` runs a chain: which layers share a crossing, and which keep a thread waiting.

The chain is the one that `BaseHandler.load_middleware` builds (see `bridgekit.middleware_chain.simulate`); what differs is how its
layers are called. Neighbours that run in a thread run in one go. A plain ``MiddlewareMixin`` is its two halves, so the thread
is left between them while something inside awaits; a sync layer with code around its ``get_response`` cannot be left, and holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, Claim, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.hops import own_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from bridgekit.middleware_chain.simulate import Step, possible_steps, simulate

__all__ = ["HandlerPlan", "Holder", "Part", "PlannedLayer", "Segment", "plan_handler"]

_ONE = Range.exactly(1)
_NOTHING = Range.exactly(0)

_CLOSED_LATE = ("bridgekit.django.middleware.TimingMiddleware",)
"""These have their records exported when Django closes the response, in a thread. No other middleware is known to."""


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


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbours that run in one go, outermost first: all in a thread, or all on the loop, or (``None``) nobody knows."""

    in_thread: bool | None
    layers: tuple[PlannedLayer, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A layer that keeps the request's thread while something inside it awaits."""

    layer: PlannedLayer
    answer: Answer
    """Yes, or unknown."""
    why: str


@dataclass(frozen=True, slots=True)
class _Inside:
    """What lies inside a layer, for one kind of request: crossings if it is entered on the loop, and in a thread.

    ``pends``: entered in a thread it gives way to something that must be awaited; ``from_thread`` is then what that costs.
    """

    from_loop: Range
    from_thread: Range
    pends: bool


@dataclass(frozen=True, slots=True)
class HandlerPlan:
    """The chain of one stack, outermost layer first."""

    layers: tuple[PlannedLayer, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The layers that are used, put together where they run in one go."""
        groups: list[tuple[bool | None, list[PlannedLayer]]] = []
        for layer in self.layers:
            if not layer.parts:
                continue
            places = {part is not Part.LOOP for part in layer.parts}
            place = places.pop() if len(places) == 1 else None
            if groups and place is not None and groups[-1][0] is place:
                groups[-1][1].append(layer)
            else:
                groups.append((place, [layer]))
        return tuple(Segment(place, tuple(layers)) for place, layers in groups)

    def crossings(self, kind: RequestKind) -> Range:
        """How often a request of this kind goes from the loop into a thread."""
        inside = Range.hull(inside.from_loop for inside in self._walk(kind)[0].values())
        return inside + self._log(kind) + self._close()

    def _close(self) -> Range:
        """Closing the response costs a crossing of its own where something of a project's is to be called then."""
        brought = {layer.facts.closes_late.answer for layer in self.layers}
        if Answer.YES in brought:
            return _ONE  # a receiver is connected by the import, whether the layer is used or not
        used = {layer.facts.used.answer for layer in self.layers if layer.facts.dotted_path in _CLOSED_LATE}
        return Range(int(Answer.YES in used), int(Answer.UNKNOWN in brought or bool(used - {Answer.NO})))

    def _log(self, kind: RequestKind) -> Range:
        """The log line of a status of 400 or more: in a thread, and where the outermost layer runs in one, in the same go."""
        outermost = next(
            (layer.parts for layer in self.layers if layer.facts.used.answer is not Answer.NO), None
        )
        if kind.outcome is Outcome.ERROR_STATUS and outermost is None:
            return Range.exactly(int(kind.view is Mode.ASYNC))
        if kind.outcome not in (Outcome.ERROR_STATUS, Outcome.NOT_FOUND) or outermost is None:
            return _NOTHING
        return Range(int(outermost == {Part.LOOP}), int(Part.LOOP in outermost))

    def holders(self, kind: RequestKind) -> tuple[Holder, ...]:
        """The layers that keep the thread while something inside them awaits, outermost first."""
        states = self._walk(kind)
        found = []
        for layer, (_, inside) in zip(self.layers, pairwise(states), strict=True):
            pends = {held.pends for held in inside.values()}
            answer, why = _holds(layer)
            if answer is Answer.NO or True not in pends:
                continue
            found.append(Holder(layer, answer if pends == {True} else Answer.UNKNOWN, why))
        return tuple(found)

    def holds_thread(self, kind: RequestKind) -> Answer:
        """Whether a thread is kept while something awaits in a request of this kind."""
        answers = {holder.answer for holder in self.holders(kind)}
        if Answer.YES in answers:
            return Answer.YES
        return Answer.UNKNOWN if answers else Answer.NO

    def _walk(self, kind: RequestKind) -> list[dict[tuple[Mode, bool], _Inside]]:
        """For each layer and for the view: what is there and inside of it, by the mode that Django sees and by whether it pends."""
        view = _view(kind, self.layers)
        states = [{(Mode.ASYNC, view.pends): view}]
        for layer in reversed(self.layers):
            reached: dict[tuple[Mode, bool], list[_Inside]] = {}
            for (mode, _), inside in states[-1].items():
                for step in possible_steps(layer.facts, mode):
                    for around in _around(layer.facts, step, inside):
                        reached.setdefault((step.mode, around.pends), []).append(around)
            states.append({key: _hull(found) for key, found in reached.items()})
        states.reverse()
        return states


def plan_handler(stack: Sequence[MiddlewareFacts]) -> HandlerPlan:
    """The plan for ``stack`` (outermost first, as in ``MIDDLEWARE``) under ASGI."""
    layers = [
        PlannedLayer(
            layer.facts, frozenset(part for mode in layer.modes for part in parts_of(layer.facts, mode))
        )
        for layer in simulate(stack, Server.ASGI).layers
    ]
    return HandlerPlan(tuple(layers))


def parts_of(facts: MiddlewareFacts, mode: Mode) -> Iterator[Part]:
    """How a layer of this mode may be run."""
    # In async mode `MiddlewareMixin.__call__` hands over to ``__acall__``; in sync mode nobody calls that.
    called = [facts.mixin_call] if mode is Mode.SYNC else [facts.mixin_call, facts.mixin_acall]
    splits = _all(*called, *_sync_halves(facts))
    if splits is not Answer.NO:
        yield Part.HALVES
    if splits is not Answer.YES:
        yield Part.THREAD if mode is Mode.SYNC else Part.LOOP


def _sync_halves(facts: MiddlewareFacts) -> Iterator[Claim]:
    for name in ("process_request", "process_response"):
        hook = facts.hooks.get(name)
        if hook is not None and hook.exists.answer is not Answer.NO:
            yield _negated(hook.is_async)


def _negated(claim: Claim) -> Claim:
    flipped = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}
    return Claim(flipped[claim.answer])


def _holds(layer: PlannedLayer) -> tuple[Answer, str]:
    if Part.THREAD in layer.parts:
        answer = Answer.YES if layer.part is Part.THREAD else Answer.UNKNOWN
        return answer, "it has code of its own around get_response and runs in a thread"
    if Part.LOOP in layer.parts and own_hops(layer.facts).high != 0:
        # Whether before what is inside or after it, nobody has looked.
        return Answer.UNKNOWN, "it calls sync_to_async itself, and from then on the request keeps its thread"
    if Part.HALVES in layer.parts and layer.facts.keeps_thread.answer is not Answer.NO:
        sure = layer.part is Part.HALVES and layer.facts.keeps_thread.answer is Answer.YES
        return Answer.YES if sure else Answer.UNKNOWN, layer.facts.keeps_thread.reason
    return Answer.NO, ""


def _view(kind: RequestKind, layers: Sequence[PlannedLayer]) -> _Inside:
    """The innermost part, by itself: the view with what Django calls around it."""
    if kind.outcome is Outcome.NOT_FOUND:
        return _Inside(_ONE, _NOTHING, False)  # the answer to the exception is made in a thread
    asked = [hook for layer in layers if (hook := layer.facts.hooks.get("process_view")) is not None]
    on_loop = {hook.is_async.answer for hook in asked} - {Answer.NO}
    if kind.view is Mode.SYNC:
        # Hooks that are to be awaited keep the loop busy between the others.
        between = Range(0, len(asked)) if on_loop else _NOTHING
        return _Inside(_ONE + between, _NOTHING, False)
    # Django crosses once to render, and once to ask process_exception (`BaseHandler._get_response_async`).
    more = Range.exactly(int(kind.outcome in (Outcome.TEMPLATE, Outcome.EXCEPTION)))
    if kind.outcome is Outcome.TEMPLATE:
        for layer in layers:
            more += _sync_hook(layer.facts, "process_template_response")
    alone = more + Range.exactly(int(kind.outcome is Outcome.EXCEPTION))
    hooks = Range(0, len(asked)) if on_loop else _hooks_in_one_go(asked, layers)
    return _Inside(alone + hooks, more, True)


def _sync_hook(facts: MiddlewareFacts, name: str) -> Range:
    """One crossing for a sync hook that is called on the loop."""
    hook = facts.hooks.get(name)
    if hook is None:
        return _NOTHING
    answer = _all(facts.used, hook.exists, _negated(hook.is_async))
    return Range(int(answer is Answer.YES), int(answer is not Answer.NO))


def _hooks_in_one_go(asked: Sequence[HookFacts], layers: Sequence[PlannedLayer]) -> Range:
    """One crossing if there is a hook at all."""
    sure = any(hook.exists.answer is Answer.YES for hook in asked) and all(
        layer.facts.used.answer is Answer.YES for layer in layers if "process_view" in layer.facts.hooks
    )
    possible = any(
        layer.facts.used.answer is not Answer.NO
        and layer.facts.hooks["process_view"].exists.answer is not Answer.NO
        for layer in layers
        if "process_view" in layer.facts.hooks
    )
    return Range(int(sure and possible), int(possible))


def _around(facts: MiddlewareFacts, step: Step, inside: _Inside) -> Iterator[_Inside]:
    if not step.used:
        yield inside
        return
    for part in parts_of(facts, step.mode):
        if part is Part.LOOP:
            own = own_hops(facts)
            yield _Inside(own + inside.from_loop, own + inside.from_loop, True)
        elif part is Part.THREAD:
            yield _Inside(_ONE + inside.from_thread, inside.from_thread, False)
        else:
            back = Range.exactly(1 + inside.pends)
            yield _Inside(back + inside.from_thread, inside.from_thread, inside.pends)


def _hull(found: Sequence[_Inside]) -> _Inside:
    return _Inside(
        Range.hull(inside.from_loop for inside in found),
        Range.hull(inside.from_thread for inside in found),
        found[0].pends,
    )


def _all(*claims: Claim) -> Answer:
    answers: Iterable[Answer] = {claim.answer for claim in claims}
    if Answer.NO in answers:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES
