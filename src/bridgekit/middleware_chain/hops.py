"""What one request costs in a chain: how often it crosses to a thread and how often back to the loop.

Counted are the `SyncToAsync` and `AsyncToSync` calls that Django makes, in the chain (django/core/handlers/base.py and
exception.py, utils/deprecation.py) and around it (handlers/asgi.py, http/response.py, dispatch/dispatcher.py). Calls made by a view
or by a signal receiver of its own are not Django's and not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridgekit._dataclass import dataclass
from bridgekit.middleware_chain.facts import Answer, Claim, HookFacts, MiddlewareFacts
from bridgekit.middleware_chain.ranges import Range
from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from bridgekit.middleware_chain.simulate import Crossing, Step, crossing_between, possible_steps

__all__ = [
    "Cost",
    "around",
    "count_hops",
    "layer_hops",
    "outside_cost",
    "own_hops",
    "step_cost",
    "top_cost",
]

_NOTHING = Range.exactly(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """Crossings of one request: ``to_thread`` (`sync_to_async`) and ``to_loop`` (`async_to_sync`)."""

    to_thread: Range = _NOTHING
    to_loop: Range = _NOTHING

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.to_thread + other.to_thread, self.to_loop + other.to_loop)

    @classmethod
    def of_crossing(cls, crossing: Crossing) -> Cost:
        """What one adapter between two layers costs."""
        return cls(
            Range.exactly(int(crossing is Crossing.TO_THREAD)),
            Range.exactly(int(crossing is Crossing.TO_LOOP)),
        )

    @classmethod
    def hull(cls, costs: Sequence[Cost]) -> Cost:
        """The smallest cost that holds every one of ``costs``."""
        return cls(Range.hull(cost.to_thread for cost in costs), Range.hull(cost.to_loop for cost in costs))

    def hops(self, server: Server) -> Range:
        """The crossings out of the server's own world: into threads under ASGI, into a loop under WSGI."""
        return self.to_thread if server is Server.ASGI else self.to_loop


def own_hops(facts: MiddlewareFacts) -> Range:
    """The thread hops that this middleware makes of its own when it runs async and lets the request pass.

    ``MiddlewareMixin.__acall__`` calls ``process_request`` and ``process_response`` each through `sync_to_async`,
    whether or not they are coroutine functions.
    """
    total = Range(facts.own_hops.low, facts.own_hops.high)
    for name in ("process_request", "process_response"):
        hook = facts.hooks.get(name)
        if hook is not None:
            total += _if_all(facts.mixin_acall, hook.exists)
    return total


def layer_hops(facts: MiddlewareFacts, mode: Mode, server: Server, kind: RequestKind) -> Cost:
    """What one used middleware adds in ``mode``, beside the crossings between layers: own hops and hooks."""
    cost = Cost(to_thread=own_hops(facts)) if mode is Mode.ASYNC else Cost()
    if kind.outcome is not Outcome.NOT_FOUND:
        cost += _hook_cost(facts, "process_view", server.mode)
    if kind.outcome is Outcome.TEMPLATE:
        cost += _hook_cost(facts, "process_template_response", server.mode)
    if kind.outcome is Outcome.EXCEPTION:
        # "The exception-handling stack is still always synchronous for now" (BaseHandler.load_middleware).
        cost += _hook_cost(facts, "process_exception", Mode.SYNC)
    return cost


def count_hops(stack: Sequence[MiddlewareFacts], server: Server, kind: RequestKind) -> Cost:
    """The crossings of one request of this kind through ``stack`` (outermost first), bounds included."""
    totals: Mapping[Mode, Cost] = {server.mode: Cost()}
    for facts in reversed(stack):
        totals = around(totals, facts, server, kind)
    tops = [total + top_cost(server, mode) for mode, total in totals.items()]
    return Cost.hull(tops) + outside_cost(server, kind)


def around(
    totals: Mapping[Mode, Cost], facts: MiddlewareFacts, server: Server, kind: RequestKind
) -> dict[Mode, Cost]:
    """From what it costs to reach each mode inside ``facts`` to what it costs to reach each mode with it."""
    reached: dict[Mode, list[Cost]] = {}
    for inner, total in totals.items():
        for step in possible_steps(facts, inner):
            reached.setdefault(step.mode, []).append(total + step_cost(facts, step, server, kind))
    return {mode: Cost.hull(costs) for mode, costs in reached.items()}


def top_cost(server: Server, mode: Mode) -> Cost:
    """The adapter between the server's handler and an outermost layer of ``mode``."""
    return Cost.of_crossing(crossing_between(server.mode, mode))


def step_cost(facts: MiddlewareFacts, step: Step, server: Server, kind: RequestKind) -> Cost:
    """What one middleware adds when it was loaded as ``step`` says."""
    if not step.used:
        return Cost()
    return Cost.of_crossing(crossing_between(step.mode, step.inner)) + layer_hops(
        facts, step.mode, server, kind
    )


def outside_cost(server: Server, kind: RequestKind) -> Cost:
    """What a request costs with no middleware at all."""
    if server is Server.WSGI:
        runs_async_view = kind.view is Mode.ASYNC and kind.outcome is not Outcome.NOT_FOUND
        to_loop = int(runs_async_view) + int(kind.outcome is Outcome.ASYNC_STREAM)
        return Cost(to_loop=Range.exactly(to_loop))
    # request_started goes to its sync receivers (django.db always has one) in one thread call;
    # response.close() runs in a thread.
    to_thread = 2
    to_thread += int(kind.view is Mode.SYNC and kind.outcome is not Outcome.NOT_FOUND)
    to_thread += _OUTCOME_HOPS_ASGI[kind.outcome]
    return Cost(to_thread=Range.exactly(to_thread))


_OUTCOME_HOPS_ASGI = {
    Outcome.PLAIN: 0,
    Outcome.ERROR_STATUS: 1,  # log_response
    Outcome.TEMPLATE: 1,  # render
    Outcome.EXCEPTION: 3,  # process_exception_by_middleware, response_for_exception, log_response
    Outcome.NOT_FOUND: 2,  # response_for_exception, log_response
    Outcome.SYNC_STREAM: 1,  # StreamingHttpResponse.__aiter__ reads a plain iterator in one thread call
    Outcome.ASYNC_STREAM: 0,
}


def _hook_cost(facts: MiddlewareFacts, name: str, mode: Mode) -> Cost:
    """A hook is adapted to ``mode``, whatever the mode of its middleware."""
    hook = facts.hooks.get(name)
    if hook is None:
        return Cost()
    if mode is Mode.ASYNC:
        return Cost(to_thread=_if_all(hook.exists, _negated(hook)))
    return Cost(to_loop=_if_all(hook.exists, hook.is_async))


def _negated(hook: HookFacts) -> Claim:
    """Whether the hook is sync."""
    flipped = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}
    return Claim(flipped[hook.is_async.answer])


def _if_all(*claims: Claim) -> Range:
    """One if every claim holds, zero if one does not, between if that is not known."""
    answers = {claim.answer for claim in claims}
    if Answer.NO in answers:
        return Range.exactly(0)
    return Range(0, 1) if Answer.UNKNOWN in answers else Range.exactly(1)
