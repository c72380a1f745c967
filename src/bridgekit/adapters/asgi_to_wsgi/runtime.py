"""An ASGI application in one process: its share of the loop thread, its lifespan, its requests under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from bridgekit.adapters.asgi_to_wsgi.lifespan import LifespanMode, LifespanRunner
from bridgekit.concurrency.callbacks import LoopGone
from bridgekit.concurrency.own_loop.loop_thread import BackendName, borrow
from bridgekit.concurrency.own_loop.loops import Waiter
from bridgekit.typing import ASGIApp


class Responder(Protocol):
    """One request under way."""

    def start(self) -> None:
        """On the loop."""

    def cancel(self) -> None: ...

    def stop(self) -> None: ...


class ASGIRuntime:
    """What `ASGIToWSGI` needs again in every process that a server forks.

    :param shutdown_timeout: seconds that requests and background work under way are given, and lifespan shutdown after
        them.
    :raises RuntimeError: when the loop cannot run here.
    """

    def __init__(
        self, app: ASGIApp, backend: BackendName, mode: LifespanMode, shutdown_timeout: float
    ) -> None:
        self._shutdown_timeout = shutdown_timeout
        self._live: set[Responder] = set()
        self._idle: Waiter | None = None
        self._borrow = borrow(backend, self._closing)
        self.thread = self._borrow.thread
        self.loop = self.thread.loop
        self.lifespan = None if mode == "off" else LifespanRunner(app, mode, self.loop)
        self.thread.sessions.add(self)

    def start(self) -> None:
        """Run lifespan startup to its answer. What went wrong is in ``lifespan.failure``."""
        if self.lifespan is not None:
            self.loop.post(self.lifespan.begin)
            self.lifespan.settled.wait()

    def state(self) -> dict[str, Any]:
        """``scope["state"]`` of one request: a shallow copy (ASGI specification, "Lifespan State")."""
        return {} if self.lifespan is None else self.lifespan.state.copy()

    def admit(self, responder: Responder) -> bool:
        """Begin a request; false when the loop has ended."""
        try:
            # Before it is handed over: should the loop end in between, `stop` must find it.
            self._live.add(responder)
            self.loop.post(responder.start)
        except BaseException as error:
            # A signal's, too, in a thread that is the main one: shutdown must not wait for what never began.
            self._live.discard(responder)
            if isinstance(error, LoopGone):
                return False
            raise
        return True

    def done(self, responder: Responder) -> None:
        """On the loop: a request's application has ended."""
        self._live.discard(responder)
        if self._idle is not None and not self._live:
            self._idle.wake()

    def stop(self) -> None:
        """The loop has ended."""
        for responder in list(self._live):
            responder.stop()
        if self.lifespan is not None:
            self.lifespan.stop()

    def release(self) -> Callable[[float], bool]:
        """Give up the share of the loop thread; never blocks. The returned function waits for the end."""
        self._borrow.give_back()
        return self._borrow.ended.wait

    async def _closing(self) -> None:
        if self._live:
            self._idle = self.loop.waiter()
            timer = self.loop.later(self._shutdown_timeout, self._idle.wake)
            await self._idle
            timer.cancel()
            for responder in list(self._live):
                responder.cancel()
        if self.lifespan is not None:
            await self.lifespan.shutdown(self._shutdown_timeout)
        self.thread.sessions.discard(self)
