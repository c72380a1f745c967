"""The ASGI handler beside Django's, both running: pieces of body, a client that leaves, a server that fails or cancels, in any order.

After every step both have sent, called and raised the same, and at the end no thread is kept.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import warnings
from contextlib import ExitStack
from typing import Any

import django
from django.core.signals import request_finished, request_started
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bridgekit.django.handlers.threads import pool
from tests.django.handlers import told_views
from tests.django.handlers.driver import HANDLERS, project, scope_of
from tests.django.handlers.driver import until as comes_to_hold
from tests.django.handlers.told_views import SECONDS, Side
from tests.helpers.machines import for_a_while
from tests.helpers.waiting import until
from tests.middleware_chain.kinds import KINDS, STARTPROJECT

STACKS = {
    "none": [],
    "startproject": list(STARTPROJECT),
    "sync-only last": [*STARTPROJECT, KINDS["SyncOnly"]],
    "async-only between": [*STARTPROJECT[:3], KINDS["AsyncOnly"], *STARTPROJECT[3:]],
    "native first": [KINDS["Both"], *STARTPROJECT],
}
ENDS_TASKS = django.VERSION >= (6, 1)
"""Before, where the server cancelled or failed, Django left the request's own task running, which went on to send."""
TURNS = 20
"""Of the loop, in which a cancellation has arrived wherever no thread is between."""


class BesideDjango(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.around = ExitStack()
        self.around.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "StreamingHttpResponse must consume")
        # Django's own `read_body` leaves its file to the garbage collector where receive() raises.
        warnings.filterwarnings("ignore", "Unclosed file", ResourceWarning)
        self.sides: list[Side] = []
        self.current: dict[type, Side] = {}
        self.whole = self.struck = False

    @initialize(
        stack=st.sampled_from(sorted(STACKS)),
        view=st.sampled_from(["whole", "whole_async", "stream", "stream_async"]),
        has_body=st.booleans(),
    )
    def request(self, stack: str, view: str, has_body: bool) -> None:
        self.around.enter_context(project(told_views.__name__, STACKS[stack]))
        self.view = view
        logging.getLogger("django").disabled = logging.getLogger("django.request").disabled = True
        self.around.callback(setattr, logging.getLogger("django"), "disabled", False)
        self.around.callback(setattr, logging.getLogger("django.request"), "disabled", False)
        for signal in (request_started, request_finished):
            self.around.callback(signal.disconnect, self.signalled)
            signal.connect(self.signalled)
        scope = scope_of(f"/{view}/", "POST" if has_body else "GET")

        async def begin() -> None:
            for make in HANDLERS.values():
                app = make()
                self.sides.append(Side(app, scope))
                self.current[type(app)] = self.sides[-1]

        self.loop.run_until_complete(begin())
        if not has_body:
            self.brings(b"", last=True)

    def signalled(self, sender: Any, signal: Any, **_: Any) -> None:
        self.current[sender].note("started" if signal is request_started else "finished")

    @property
    def may_be_given_up(self) -> bool:
        """Not while sync code waits in a thread: Django holds up its loop then until that has ended (`ThreadSensitiveContext`)."""
        return not self.struck and not (self.whole and not self.view.endswith("async"))

    # What the client and the server do

    @precondition(lambda self: not self.whole)
    @rule(data=st.binary(max_size=9), last=st.booleans())
    def brings(self, data: bytes, last: bool) -> None:
        self.whole = last
        for side in self.sides:
            side.bring({"type": "http.request", "body": data, "more_body": not last})
        self.settle(lambda side: side.taken and (not last or side.entered))

    @precondition(lambda self: self.may_be_given_up)
    @rule()
    def client_leaves(self) -> None:
        self.struck = True
        for side in self.sides:
            side.bring({"type": "http.disconnect"})
        self.settle(lambda side: side.heard, cancels=True)

    @precondition(lambda self: ENDS_TASKS and self.may_be_given_up)
    @rule(error=st.sampled_from([OSError("gone"), RuntimeError("odd")]))
    def receive_raises(self, error: Exception) -> None:
        self.struck = True
        for side in self.sides:
            side.bring(error)
        self.settle(lambda side: side.heard, cancels=True)

    @precondition(lambda self: ENDS_TASKS and self.may_be_given_up)
    @rule()
    def server_cancels(self) -> None:
        self.struck = True
        for side in self.sides:
            side.task.cancel()
        self.settle(lambda side: True, cancels=True)

    @precondition(lambda self: not self.struck)
    @rule(error=st.sampled_from([OSError("gone"), RuntimeError("odd")]))
    def sending_will_raise(self, error: Exception) -> None:
        self.struck = True
        for side in self.sides:
            side.send_error = error

    # What the view does

    @precondition(lambda self: self.whole)
    @rule(step=st.sampled_from(["gives", "gives", "returns", "raises"]))
    def view_goes_on(self, step: str) -> None:
        for side in self.sides:
            side.tell(step)
        self.settle(lambda side: not side.over and side.done == side.told)

    # Driving it

    def settle(self, condition: Any, *, cancels: bool = False) -> None:
        """Let both run until it holds for both and they look the same."""
        waits = cancels and self.view.endswith("async")

        async def both() -> None:
            for _ in range(TURNS):
                await asyncio.sleep(0)
            async with asyncio.timeout(SECONDS):  # or after a million turns
                await comes_to_hold(lambda: all(map(holds, self.sides)) and self.look_the_same())
            for _ in range(TURNS):
                await asyncio.sleep(0)

        def holds(side: Side) -> bool:
            return side.task.done() or (condition(side) and (not waits or side.over or not side.events))

        try:
            self.loop.run_until_complete(both())
        except (TimeoutError, AssertionError):
            stock, pooled = self.sides
            raise AssertionError(f"Django's: {stock.seen()}, ours: {pooled.seen()}") from None

    def look_the_same(self) -> bool:
        return self.sides[0].seen() == self.sides[1].seen()

    def teardown(self) -> None:
        try:
            if self.sides:
                self.end()
        finally:
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()
            self.sides.clear()
            self.current.clear()
            gc.collect()
            self.around.close()

    def end(self) -> None:
        if not self.whole:
            for side in self.sides:
                side.bring({"type": "http.request", "body": b"", "more_body": False})
        for side in self.sides:
            side.tell("returns")
        self.settle(lambda side: side.task.done())
        for side in self.sides:
            if not side.task.cancelled():
                side.task.exception()
        tasks = asyncio.all_tasks(self.loop)
        assert not tasks, "a task is left"
        until(lambda: not pool().load)  # no thread is kept for a request that is over


TestBesideDjango = BesideDjango.TestCase
TestBesideDjango.settings = for_a_while(12, 8)
