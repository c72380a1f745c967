"""A running `WSGIToASGI`, several requests at a time, whose server, client and application do what they like in any order.

The server may fail in ``send`` and ``receive``, stall, cancel; the client may leave; the application may read, write, raise and end.
"""

from __future__ import annotations

import asyncio
import importlib.util
import time
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bridgekit import WSGIToASGI
from bridgekit.exceptions import AppProtocolError
from bridgekit.typing import Environ, StartResponse
from tests.adapters.live.wsgi_play import Exchange, Play
from tests.helpers.asgi_driver import TIMEOUT, _own_tasks, http_scope, upload_scope
from tests.helpers.machines import errors_in, for_a_while, logged_by

WHICH = st.sampled_from([0, 0, 0, 1, 1, 2])
"""Few, so that much happens to each."""
TURNS = st.sampled_from([0, 0, 1, 3, 30])
"""How far the others get before the next step."""
PIECES = st.binary(min_size=1, max_size=9)
FAILURES = st.sampled_from([OSError("gone"), RuntimeError("closed"), asyncio.CancelledError()])
FATES = st.sampled_from(["none", "leaves", "cancelled", "send raises", "receive raises"])
"""One for each request: where everything happens to all, the second fault hides what the first has left."""


class OnTheServersLoop(RuleBasedStateMachine):
    loop_of = staticmethod(asyncio.new_event_loop)

    def __init__(self) -> None:
        super().__init__()
        self.loop = self.loop_of()
        self.exchanges: list[Exchange] = []
        self.logging = logged_by("bridgekit.adapters", "bridgekit.concurrency")
        self.records = self.logging.__enter__()

    @initialize(
        workers=st.integers(1, 3),
        queue=st.integers(0, 2),
        window=st.sampled_from([1, 8, 65_536]),
        prebuffer=st.sampled_from([0, 10, 1_000]),
        chunked=st.booleans(),
    )
    def server(self, workers: int, queue: int, window: int, prebuffer: int, chunked: bool) -> None:
        def app(environ: Environ, start_response: StartResponse) -> Any:
            return self.exchanges[int(environ["PATH_INFO"][1:])].play(environ, start_response)

        self.adapter = WSGIToASGI(
            app, max_workers=workers, max_queue=queue, window=window, prebuffer=prebuffer, buffer_chunked=chunked,
            body_timeout=None, queue_timeout=None,
        )  # fmt: skip

    # What the client and the server do

    @rule(
        body=st.one_of(st.none(), st.binary(min_size=4, max_size=30)),
        declared=st.booleans(),
        head=st.booleans(),
        fate=FATES,
        failure=FAILURES,
        turns=TURNS,
    )
    def request(
        self, body: bytes | None, declared: bool, head: bool, fate: str, failure: BaseException, turns: int
    ) -> None:
        number = len(self.exchanges)
        if number > 3:
            return
        path, play = f"/{number}", Play(f"token-{number}-{id(self)}")
        if body is None:
            scope = http_scope(path, method="HEAD" if head else "GET")
        else:
            scope = upload_scope(len(body) if declared else None, path)
        exchange = Exchange(scope, play, body or b"", has_body=body is not None)
        exchange.fate, exchange.failure = fate, failure
        self.exchanges.append(exchange)
        exchange.task = self.loop.create_task(self.adapter(scope, exchange.receive, exchange.send))
        self.turn(turns)

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, size=st.integers(0, 12), last=st.booleans(), turns=TURNS)
    def client_sends(self, which: int, size: int, last: bool, turns: int) -> None:
        self.pick(which).bring_piece(size, last=last)
        self.turn(turns)

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, turns=TURNS)
    def fate_strikes(self, which: int, turns: int) -> None:
        exchange = self.pick(which)
        if exchange.fate == "leaves":
            exchange.leave()
        elif exchange.fate == "cancelled":
            exchange.task.cancel()
        elif exchange.fate == "send raises":
            exchange.break_sending(exchange.failure)
        elif exchange.fate == "receive raises" and not exchange.disturbed:
            exchange.bring(exchange.failure)  # type: ignore[arg-type]  # raised, instead of returned
        exchange.disturbed |= exchange.fate != "none"
        self.turn(turns)

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, stalls=st.booleans(), turns=TURNS)
    def client_reads_or_does_not(self, which: int, stalls: bool, turns: int) -> None:
        exchange = self.pick(which)
        if stalls:
            exchange.stall()
        else:
            exchange.drain()
        self.turn(turns)

    # What the application does

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, declared=st.one_of(st.none(), st.integers(0, 12)), turns=TURNS)
    def application_starts(self, which: int, declared: int | None, turns: int) -> None:
        self.tell(which, "starts", declared, turns=turns)

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, data=PIECES, calls_write=st.booleans(), turns=TURNS)
    def application_gives(self, which: int, data: bytes, calls_write: bool, turns: int) -> None:
        self.tell(which, "writes" if calls_write else "body", data, turns=turns)

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, size=st.sampled_from([1, 5, -1]), turns=TURNS)
    def application_reads(self, which: int, size: int, turns: int) -> None:
        self.tell(which, "reads", size, turns=turns)

    @precondition(lambda self: self.exchanges)
    @rule(which=WHICH, raises=st.booleans(), turns=TURNS)
    def application_ends(self, which: int, raises: bool, turns: int) -> None:
        self.tell(which, "raises" if raises else "returns", turns=turns)

    # Driving it

    def pick(self, which: int) -> Exchange:
        return self.exchanges[which % len(self.exchanges)]

    def tell(self, which: int, *step: Any, turns: int) -> None:
        self.pick(which).play.steps.put(step)
        self.turn(turns)

    def turn(self, turns: int) -> None:
        for _ in range(turns):
            self.loop.run_until_complete(asyncio.sleep(0))
            time.sleep(0)

    def teardown(self) -> None:
        try:
            if hasattr(self, "adapter"):
                self.end()
                for exchange in self.exchanges:
                    self.judge(exchange)
        finally:
            self.logging.__exit__(None, None, None)
            self.loop.close()

    def end(self) -> None:
        """Everybody comes to an end: nothing holds a thread, a task or room afterwards."""
        for exchange in self.exchanges:
            exchange.drain()
            exchange.bring_piece(0, last=True)
            for _ in range(3):  # the call, the iteration, and one that a step in front has taken
                exchange.play.steps.put(("returns",))
        tasks = [exchange.task for exchange in self.exchanges]
        if tasks:
            _, late = self.loop.run_until_complete(asyncio.wait(tasks, timeout=TIMEOUT))
            assert not late, f"requests that never end: {late}"
        deadline = time.monotonic() + TIMEOUT
        while self.adapter.pool.load and time.monotonic() < deadline:
            self.turn(1)
        assert self.adapter.pool.load == 0, "a thread is held"
        self.adapter.pool.shutdown(wait_seconds=TIMEOUT)
        assert self.adapter.pool.threads == 0
        room = self.adapter.room
        assert (room.memory.used, room.disk.used) == (0, 0)
        self.turn(3)
        assert not self.loop.run_until_complete(_tasks()), "a task is left"

    def judge(self, exchange: Exchange) -> None:
        play, task = exchange.play, exchange.task
        assert not exchange.misuse
        assert play.entered <= 1
        assert play.closed == play.returned, "close() once for each iterable (PEP 3333)"
        error = None if task.cancelled() else task.exception()
        assert exchange.whole.startswith(play.read)
        if not play.entered:
            refused = [message for message in exchange.sent if message.get("status") == 503]
            assert refused or exchange.disturbed
            return
        assert play.ended
        wanted = b"" if exchange.scope["method"] == "HEAD" else play.given[: play.declared]
        assert wanted.startswith(exchange.body)
        reported = self.reports(play, error)
        own = isinstance(play.raised, LookupError)
        assert len(reported) == own, f"{reported} of {play.raised!r}"
        if not exchange.disturbed:
            self.judge_undisturbed(exchange, error, wanted)

    def judge_undisturbed(self, exchange: Exchange, error: BaseException | None, wanted: bytes) -> None:
        play = exchange.play
        if isinstance(play.raised, LookupError):
            assert error is play.raised, "it goes to the server"
            return
        short = (
            play.declared is not None
            and len(play.given) < play.declared
            and exchange.scope["method"] != "HEAD"
        )
        if short:
            assert isinstance(error, AppProtocolError)
            assert not exchange.complete
        else:
            assert error is None
            assert exchange.complete
            assert exchange.body == wanted

    def reports(self, play: Play, error: BaseException | None) -> list[str]:
        """By which ways somebody hears of what the application raised."""
        found = [record.exc_info[1] for record in self.records if record.exc_info]
        told = [("log", each) for each in found] + [("server", error)]
        return [
            way
            for way, each in told
            if any(isinstance(one, LookupError) and one.args == (play.token,) for one in errors_in(each))
        ]


async def _tasks() -> list[Any]:
    return _own_tasks()


class OnUvloop(OnTheServersLoop):
    @staticmethod
    def loop_of() -> asyncio.AbstractEventLoop:
        import uvloop

        return uvloop.new_event_loop()


TestOnAsyncio = OnTheServersLoop.TestCase
TestOnAsyncio.settings = for_a_while(10, 40)
if importlib.util.find_spec("uvloop"):
    TestOnUvloop = OnUvloop.TestCase
    TestOnUvloop.settings = for_a_while(5, 40)
