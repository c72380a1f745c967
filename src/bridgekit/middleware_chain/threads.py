"""The threads that a request keeps while it waits, and while its response streams.

Stock Django under ASGI has one for every request, whatever its stack: `ASGIHandler.__call__` opens a `ThreadSensitiveContext`, the first
`sync_to_async` in it takes a thread (``request_started`` always has sync receivers: django/db/__init__.py), and it is kept until the
last byte has left. Idle it waits for the next hop; blocked it waits in a sync layer for what that wraps.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, MiddlewareFacts
from bridgekit.middleware_chain.handler_plan import Holder, Part, plan_handler
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import ASYNC_VIEW, Server
from bridgekit.middleware_chain.simulate import simulate


class State(StrEnum):
    """What a kept thread does."""

    NONE = "none"
    """There is none."""
    IDLE = "idle"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The threads of one request at one time."""

    threads: Range
    state: State
    layer: MiddlewareFacts | None = None
    """The layer that is why; None where the handler itself is, or nobody."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ThreadUse:
    """What a request keeps while its async view waits, and what it keeps while an async iterator streams."""

    waiting: Keeping
    streaming: Keeping


_NOBODY = Keeping(Range.exactly(0), State.NONE)
_IDLE = Keeping(Range.exactly(1), State.IDLE, why="ThreadSensitiveContext of Django's ASGIHandler")


def stock_threads(stack: Sequence[MiddlewareFacts], server: Server = Server.ASGI) -> ThreadUse:
    """Under Django's own handlers. Under WSGI it is the server's thread."""
    if server is Server.WSGI:
        waits = Keeping(Range.exactly(1), State.BLOCKED, why="the server's own")
        return ThreadUse(waits, waits)
    chain = simulate(stack, server)
    if chain.holds_thread is Answer.NO:
        return ThreadUse(_IDLE, _IDLE)
    state = State.BLOCKED if chain.holds_thread is Answer.YES else State.UNKNOWN
    held = [layer for layer in chain.layers if layer.held is chain.holds_thread]
    # The innermost one that cannot be async is what makes those around it sync.
    causes = [layer for layer in reversed(held) if layer.facts.async_capable.answer is not Answer.YES]
    layer = (causes or held)[0]
    # The layers have returned before a response is sent.
    return ThreadUse(Keeping(Range.exactly(1), state, layer.facts, "it runs sync"), _IDLE)


def handler_threads(stack: Sequence[MiddlewareFacts]) -> ThreadUse:
    """Under `bridgekit.django.get_asgi_application`, which lends a thread only where a layer keeps it.

    That an async view makes a sync call of its own is not in the stack: from then on its request has a thread.
    """
    holders = plan_handler(stack).holders(ASYNC_VIEW)
    if not holders:
        return ThreadUse(_NOBODY, _NOBODY)
    sure = [holder for holder in holders if holder.answer is Answer.YES]
    first = (sure or holders)[0]
    threads = Range.exactly(1) if sure else Range(0, 1)
    blocks = [holder for holder in sure if holder.layer.part is Part.THREAD]
    if blocks:
        first = blocks[0]
    state = State.BLOCKED if blocks else State.IDLE if _all_known(holders) else State.UNKNOWN
    return ThreadUse(Keeping(threads, state, first.layer.facts, first.why), _NOBODY)


def in_the_way(stack: Sequence[MiddlewareFacts]) -> tuple[Holder, ...]:
    """What has to change before a waiting request keeps no thread under our handler: each layer that keeps one, and each that would if those
    did not."""
    found: list[Holder] = []
    left = list(stack)
    while holders := plan_handler(left).holders(ASYNC_VIEW):
        found += holders
        gone = {id(holder.layer.facts) for holder in holders}
        left = [facts for facts in left if id(facts) not in gone]
    order = {id(facts): position for position, facts in enumerate(stack)}
    return tuple(sorted(found, key=lambda holder: order[id(holder.layer.facts)]))


def _all_known(holders: Sequence[Holder]) -> bool:
    return all(holder.answer is Answer.YES and holder.layer.part is Part.HALVES for holder in holders)
