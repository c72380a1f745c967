"""How `bridgekit.django.get_asgi_application` runs a chain: which layers share a crossing, and which keep a thread waiting.

The chain is the one that `BaseHandler.load_middleware` builds (see `bridgekit.middleware_chain.simulate`); what differs is how its
layers are called. Neighbours that run in a thread run in one go. A plain ``MiddlewareMixin`` is its two halves, so the thread
is left between them while something inside awaits; a sync layer with code around its ``get_response`` cannot be left, and holds it.

Halves of which none can block need no thread around what is awaited: a group of such neighbours runs on the loop where an async view, or a
native async layer, is inside of it; around a sync view its first halves do, and the others share the view's crossing. The numbers are those of
a request with a safe method that leaves the session and the messages as they were. One that changes them crosses once more for the second
halves; one with another method is planned by `HandlerPlan.for_unsafe_method`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, Claim, MiddlewareFacts
from bridgekit.middleware_chain.handler_inside import NOTHING, ONE, Inside, around, hull, views
from bridgekit.middleware_chain.handler_parts import Part, PlannedLayer, parts_of
from bridgekit.middleware_chain.hops import own_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from bridgekit.middleware_chain.simulate import possible_steps, simulate

__all__ = ["HandlerPlan", "Holder", "Part", "PlannedLayer", "Segment", "plan_handler"]

_CLOSED_LATE = ("bridgekit.django.middleware.TimingMiddleware",)
"""These have their records exported when Django closes the response, in a thread. No other middleware is known to."""


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
        whole = [inside for listens in self._listens() for inside in self._walk(kind, listens)[0].values()]
        return (
            Range.hull(inside.from_loop + self._log(kind, inside) for inside in whole)
            + self._start()
            + self._close()
        )

    @property
    def for_unsafe_method(self) -> HandlerPlan:
        """The plan of a request whose method is not safe (POST and the like): any halves may block in it."""
        blocking = Claim.no("the method is not safe")
        return HandlerPlan(
            tuple(replace(layer, facts=replace(layer.facts, nonblocking=blocking)) for layer in self.layers)
        )

    def _listens(self) -> Iterable[bool]:
        """Whether somebody beside Django listens to its request signals: then a request begins and ends in a thread."""
        brought = {
            claim.answer
            for layer in self.layers
            for claim in (layer.facts.begins_early, layer.facts.closes_late)
        }
        if Answer.YES in brought:
            return (True,)
        return (True, False) if Answer.UNKNOWN in brought else (False,)

    def _outermost(self) -> frozenset[Part] | None:
        """How the outermost layer is run; None where there is no layer."""
        return next((layer.parts for layer in self.layers if layer.facts.used.answer is not Answer.NO), None)

    def _start(self) -> Range:
        """The beginning of a request costs a crossing of its own where somebody listens, unless the outermost layer runs in a thread."""
        brought = {layer.facts.begins_early.answer for layer in self.layers}
        parts = self._outermost() or frozenset({Part.LOOP})
        return Range(
            int(Answer.YES in brought and parts == {Part.LOOP}),
            int(bool(brought - {Answer.NO}) and Part.LOOP in parts),
        )

    def _close(self) -> Range:
        """Closing the response costs a crossing of its own where something of a project's is to be called then."""
        brought = {layer.facts.closes_late.answer for layer in self.layers}
        if Answer.YES in brought:
            return ONE  # a receiver is connected by the import, whether the layer is used or not
        used = {layer.facts.used.answer for layer in self.layers if layer.facts.dotted_path in _CLOSED_LATE}
        return Range(int(Answer.YES in used), int(Answer.UNKNOWN in brought or bool(used - {Answer.NO})))

    def _log(self, kind: RequestKind, whole: Inside) -> Range:
        """The log line of a status of 400 or more: in a thread, and where the response leaves the chain in one, in the same go."""
        outermost = self._outermost()
        if kind.outcome is Outcome.ERROR_STATUS and outermost is None:
            return Range.exactly(int(kind.view is Mode.ASYNC))
        if kind.outcome not in (Outcome.ERROR_STATUS, Outcome.NOT_FOUND) or outermost is None:
            return NOTHING
        if outermost == {Part.HALVES}:
            return Range.exactly(int(whole.on_loop is not None))
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

    def _walk(self, kind: RequestKind, listens: bool = True) -> list[dict[_Key, Inside]]:
        """For each layer and for the view: what is there and inside of it, by the mode that Django sees, and by how it can be run."""
        states = [{_key(Mode.ASYNC, view): view for view in views(kind, self.layers, listens)}]
        for layer in reversed(self.layers):
            reached: dict[_Key, list[Inside]] = {}
            for (mode, *_), inside in states[-1].items():
                for step in possible_steps(layer.facts, mode):
                    for outside in around(layer.facts, step, inside, listens):
                        reached.setdefault(_key(step.mode, outside), []).append(outside)
            states.append({key: hull(found) for key, found in reached.items()})
        states.reverse()
        return states


_Key = tuple[Mode, bool, bool]


def _key(mode: Mode, inside: Inside) -> _Key:
    return mode, inside.pends, inside.on_loop is not None


def plan_handler(stack: Sequence[MiddlewareFacts]) -> HandlerPlan:
    """The plan for ``stack`` (outermost first, as in ``MIDDLEWARE``) under ASGI."""
    layers = [
        PlannedLayer(
            layer.facts, frozenset(part for mode in layer.modes for part in parts_of(layer.facts, mode))
        )
        for layer in simulate(stack, Server.ASGI).layers
    ]
    return HandlerPlan(tuple(layers))


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
