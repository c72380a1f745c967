"""A running `ASGIToWSGI`, several requests at a time, whose server, client and application do what they like in any order.

The server may refuse the response, close or drop it at any moment; the client may stop sending, leave, break its upload; the application
may cancel its own ``receive``, not hear of a disconnect, raise before, in and behind its response.
"""

from __future__ import annotations

import importlib.util
import threading
import time
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bridgekit import ASGIToWSGI
from bridgekit.adapters.asgi_to_wsgi import request_body
from bridgekit.adapters.asgi_to_wsgi.request_body import Reader
from bridgekit.concurrency.own_loop.loop_thread import BackendName
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Receive, Scope, Send
from tests.adapters.live.asgi_play import Caller, Play, SlowInput
from tests.helpers.asgi_driver import TIMEOUT
from tests.helpers.machines import errors_in, for_a_while, logged_by
from tests.helpers.waiting import until

WHICH = st.sampled_from([0, 0, 0, 1, 1, 2])
"""Few, so that much happens to each."""
TURNS = st.sampled_from([0, 0, 1, 20, 200])
"""How far the others get before the next step."""
PIECES = st.binary(min_size=1, max_size=9)
FATES = st.sampled_from(["none", "refuses", "closes", "drops", "upload ends", "upload raises"])
"""One for each request: where everything happens to all, the second fault hides what the first has left."""
GRACE = 0.02
"""Seconds until an application that has not heard of its client's leaving is cancelled."""


class OnALoopOfOurs(RuleBasedStateMachine):
    backend: BackendName = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[tuple[Play, Caller]] = []
        self.logging = logged_by("bridgekit.adapters", "bridgekit.concurrency")
        self.records = self.logging.__enter__()
        who = request_body._who_reads
        self.readers = patch.object(
            request_body, "_who_reads", lambda stream: getattr(stream, "reader", None) or who(stream)
        )
        self.readers.start()

    @initialize(window=st.sampled_from([1, 8, 65_536]), read_size=st.sampled_from([1, 5, 65_536]))
    def server(self, window: int, read_size: int) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.plays[int(scope["path"][1:])](scope, receive, send)

        self.plays: list[Play] = []
        self.adapter = ASGIToWSGI(
            app, backend=self.backend, lifespan="off", window=window, read_size=read_size, disconnect_grace=GRACE,
        )  # fmt: skip

    # What the client and the server do

    @rule(
        body=st.one_of(st.none(), st.binary(min_size=4, max_size=30)),
        reader=st.sampled_from([Reader.HELPER, Reader.REQUEST]),
        head=st.booleans(),
        fate=FATES,
        turns=TURNS,
    )
    def request(self, body: bytes | None, reader: Reader, head: bool, fate: str, turns: int) -> None:
        number = len(self.requests)
        if number > 3:
            return
        self.plays.append(play := Play(f"token-{number}-{id(self)}"))
        stream = None if body is None else SlowInput(body, reader)
        method = ("HEAD" if head else "GET") if body is None else "POST"
        self.requests.append((play, Caller(self.adapter, f"/{number}", method, stream, fate)))
        self.turn(turns)

    @precondition(lambda self: self.requests)
    @rule(which=WHICH, size=st.integers(1, 12), turns=TURNS)
    def client_sends(self, which: int, size: int, turns: int) -> None:
        stream = self.pick(which)[1].stream
        if stream is not None:
            stream.bring(size)
        self.turn(turns)

    @precondition(lambda self: self.requests)
    @rule(which=WHICH, error=st.sampled_from([OSError("reset"), ValueError("a bad chunk")]), turns=TURNS)
    def fate_strikes(self, which: int, error: Exception, turns: int) -> None:
        caller = self.pick(which)[1]
        if caller.fate in ("closes", "drops"):
            caller.strike()
        elif caller.fate.startswith("upload") and caller.stream is not None and not caller.stream.complete:
            caller.stream.end(error if caller.fate == "upload raises" else None)
        self.turn(turns)

    @precondition(lambda self: self.requests)
    @rule(which=WHICH, turns=TURNS)
    def server_asks_for_a_piece(self, which: int, turns: int) -> None:
        self.pick(which)[1].steps.put("next")
        self.turn(turns)

    # What the application does

    @precondition(lambda self: self.requests)
    @rule(which=WHICH, declared=st.one_of(st.none(), st.integers(0, 12)), turns=TURNS)
    def application_starts(self, which: int, declared: int | None, turns: int) -> None:
        self.tell(which, "starts", declared, turns=turns)

    @precondition(lambda self: self.requests)
    @rule(which=WHICH, data=PIECES, turns=TURNS)
    def application_gives(self, which: int, data: bytes, turns: int) -> None:
        self.tell(which, "gives", data, turns=turns)

    @precondition(lambda self: self.requests)
    @rule(
        which=WHICH,
        kind=st.sampled_from(["receives", "gives up receiving", "receives to the end"]),
        turns=TURNS,
    )
    def application_receives(self, which: int, kind: str, turns: int) -> None:
        self.tell(which, kind, turns=turns)

    @precondition(lambda self: self.requests)
    @rule(
        which=WHICH, kind=st.sampled_from(["completes", "returns", "raises", "hears of nothing"]), turns=TURNS
    )
    def application_ends(self, which: int, kind: str, turns: int) -> None:
        play, caller = self.pick(which)
        if kind == "hears of nothing":
            if caller.fate not in ("closes", "drops"):
                return
            caller.strike()  # or nobody would end it; with a piece for a server that waits for one
            play.tell("gives", b"x")
        self.tell(which, kind, turns=turns)

    # Driving it

    def pick(self, which: int) -> tuple[Play, Caller]:
        return self.requests[which % len(self.requests)]

    def tell(self, which: int, *step: Any, turns: int) -> None:
        self.pick(which)[0].tell(*step)
        self.turn(turns)

    def turn(self, turns: int) -> None:
        for _ in range(turns):
            time.sleep(0)

    def teardown(self) -> None:
        try:
            if hasattr(self, "adapter"):
                self.end()
                for play, caller in self.requests:
                    self.judge(play, caller)
        finally:
            self.logging.__exit__(None, None, None)
            self.readers.stop()

    def end(self) -> None:
        """Everybody comes to an end: no thread waits and no application runs afterwards."""
        for play, caller in self.requests:
            if caller.stream is not None:
                caller.stream.bring(None)
            play.tell("receives to the end")
            play.tell("completes")
            play.tell("returns")
            for _ in range(100):
                caller.steps.put("next")
        for play, caller in self.requests:
            caller.thread.join(TIMEOUT)
            assert not caller.thread.is_alive(), f"a thread of the server waits for ever: {play} {caller}"
        until(lambda: all(play.ended == play.entered for play, _ in self.requests))
        for slot in self.adapter._slots.values():
            runtime = slot.runtime
            assert runtime is not None
            until(lambda live=runtime._live: not live)  # type: ignore[misc]
        self.adapter.shutdown()
        until(lambda: not _helpers_at_work())

    def judge(self, play: Play, caller: Caller) -> None:
        stream = caller.stream
        assert play.entered <= 1
        assert stream is None or stream.misuse == ""
        assert (b"" if stream is None else stream.whole).startswith(play.received)
        if play.whole_received and stream is not None:
            assert play.received == stream.whole
        wanted = b"" if caller.method == "HEAD" else play.given[: play.declared]
        if caller.status.startswith("400"):
            assert caller.fate.startswith("upload"), "a page of the adapter's own"
        else:
            assert wanted.startswith(caller.got)
        assert caller.starts <= 1
        reported = self.reports(play, caller)
        assert len(reported) == isinstance(play.raised, LookupError), f"{reported} of {play.raised!r}"
        if caller.disturbed:
            return
        if isinstance(play.raised, LookupError) and reported == ["server"]:
            return
        enough = caller.method == "HEAD" or (play.declared is not None and len(play.given) >= play.declared)
        if (play.complete and play.declared is None) or (enough and play.given):
            assert (caller.error, caller.at_end, caller.got) == (None, True, wanted)
        elif not enough:
            assert isinstance(caller.error, AppProtocolError)

    def reports(self, play: Play, caller: Caller) -> list[str]:
        """By which ways somebody hears of what the application raised."""
        found = [record.exc_info[1] for record in self.records if record.exc_info]
        told = [("log", each) for each in found] + [("server", caller.error)]
        return [
            way
            for way, each in told
            if any(isinstance(one, LookupError) and one.args == (play.token,) for one in errors_in(each))
        ]


def _helpers_at_work() -> list[str]:
    """Threads that still read for a request."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("bridgekit-read")]


class OnUvloop(OnALoopOfOurs):
    backend = "uvloop"


TestOnAsyncio = OnALoopOfOurs.TestCase
TestOnAsyncio.settings = for_a_while(10, 40)
if importlib.util.find_spec("uvloop"):
    TestOnUvloop = OnUvloop.TestCase
    TestOnUvloop.settings = for_a_while(5, 40)
