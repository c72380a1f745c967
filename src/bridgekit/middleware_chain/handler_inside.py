"""What lies inside a layer, and what it costs: from the view outwards, for one kind of request under bridgekit's handler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.handler_parts import Part, PlannedLayer, all_of, negated, parts_of
from bridgekit.middleware_chain.hops import own_hops
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind
from bridgekit.middleware_chain.simulate import Step

ONE = Range.exactly(1)
NOTHING = Range.exactly(0)


@dataclass(frozen=True, slots=True)
class Inside:
    """What lies inside a layer, for one kind of request: crossings if it is entered on the loop, and in a thread.

    ``pends``: entered in a thread it gives way to something that must be awaited; ``from_thread`` is then what that costs.
    ``on_loop``: what it costs where non-blocking halves around it are run on the loop; None where they are not.
    """

    from_loop: Range
    from_thread: Range
    pends: bool
    on_loop: Range | None = None


def views(kind: RequestKind, layers: Sequence[PlannedLayer], listens: bool) -> Iterator[Inside]:
    """The innermost part as non-blocking halves find it, and as others do; both where facts are missing."""
    view, alone = _view(kind, layers)
    asked = [
        all_of(layer.facts.nonblocking)
        for layer in layers
        if layer.facts.used.answer is not Answer.NO and _may_have(layer.facts, "process_view")
    ]
    blocks = Answer.NO in asked or listens or not view.pends
    if not blocks:
        yield replace(view, from_loop=alone, on_loop=alone)
    if blocks or Answer.UNKNOWN in asked:
        yield view


def _may_have(facts: MiddlewareFacts, name: str) -> bool:
    hook = facts.hooks.get(name)
    return hook is not None and hook.exists.answer is not Answer.NO


def _view(kind: RequestKind, layers: Sequence[PlannedLayer]) -> tuple[Inside, Range]:
    """The innermost part, by itself: the view with what Django calls around it; and what it costs where the view hooks need no thread."""
    if kind.outcome is Outcome.NOT_FOUND:
        return Inside(ONE, NOTHING, False), ONE  # the answer to the exception is made in a thread
    asked = [hook for layer in layers if (hook := layer.facts.hooks.get("process_view")) is not None]
    on_loop = {hook.is_async.answer for hook in asked} - {Answer.NO}
    # Django crosses once to render, and once to ask process_exception (`BaseHandler._get_response_async`).
    more = Range.exactly(int(kind.outcome in (Outcome.TEMPLATE, Outcome.EXCEPTION)))
    if kind.outcome is Outcome.TEMPLATE:
        for layer in layers:
            more += _sync_hook(layer.facts, "process_template_response")
    alone = more + Range.exactly(int(kind.outcome is Outcome.EXCEPTION))
    if kind.view is Mode.SYNC:
        # Hooks that are to be awaited keep the loop busy between the others, and behind the view.
        between = Range(0, len(asked)) + Range(0, alone.high) if on_loop else NOTHING
        return Inside(ONE + between, NOTHING, False), ONE
    hooks = Range(0, len(asked)) if on_loop else _hooks_in_one_go(asked, layers)
    return Inside(alone + hooks, more, True), alone


def _sync_hook(facts: MiddlewareFacts, name: str) -> Range:
    """One crossing for a sync hook that is called on the loop."""
    hook = facts.hooks.get(name)
    if hook is None:
        return NOTHING
    answer = all_of(facts.used, hook.exists, negated(hook.is_async))
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


def around(facts: MiddlewareFacts, step: Step, inside: Inside, listens: bool) -> Iterator[Inside]:
    """A layer with what is inside of it, in every way in which it may be run."""
    if not step.used:
        yield inside
        return
    for part in parts_of(facts, step.mode):
        if part is Part.LOOP:
            whole = own_hops(facts) + inside.from_loop
            yield Inside(whole, whole, True, whole)
        elif part is Part.THREAD:
            yield Inside(ONE + inside.from_thread, inside.from_thread, False)
        else:
            yield from _halves_around(facts, inside, listens)


def _halves_around(facts: MiddlewareFacts, inside: Inside, listens: bool) -> Iterator[Inside]:
    nonblocking = facts.nonblocking.answer
    if nonblocking is not Answer.NO and inside.on_loop is not None and not listens:
        yield Inside(inside.on_loop, inside.from_thread, inside.pends, inside.on_loop)
        if nonblocking is Answer.YES:
            return
    back = Range.exactly(1 + inside.pends)
    yield Inside(back + inside.from_thread, inside.from_thread, inside.pends)


def hull(found: Sequence[Inside]) -> Inside:
    """One that stands for all of ``found``, which pend alike."""
    return Inside(
        Range.hull(inside.from_loop for inside in found),
        Range.hull(inside.from_thread for inside in found),
        found[0].pends,
        on_loop=Range.hull(loops) if (loops := [i.on_loop for i in found if i.on_loop is not None]) else None,
    )
