"""Drives an ASGI application's lifespan (ASGI specification, "Lifespan Protocol")."""

from __future__ import annotations

import contextvars
import logging
import threading
from typing import Any, Literal, TypeAlias

from bridgekit.concurrency.own_loop.loops import Cancellable, OwnedLoop, Waiter
from bridgekit.exceptions import AppProtocolError, LifespanFailed
from bridgekit.typing import ASGIApp, Message

logger = logging.getLogger("bridgekit.adapters")

LifespanMode: TypeAlias = Literal["auto", "on", "off"]


class LifespanRunner:
    """One lifespan of one application on one loop.

    :param mode: ``"auto"`` tolerates an application that knows no lifespan, ``"on"`` does not.
    """

    def __init__(self, app: ASGIApp, mode: LifespanMode, loop: OwnedLoop) -> None:
        self._app = app
        self._mode = mode
        self._loop = loop
        self.state: dict[str, Any] = {}
        self.failure: LifespanFailed | None = None
        self.settled = threading.Event()
        self._task: Cancellable | None = None
        self._received = 0
        self._supported = False
        self._over = False
        self._stopping = self._cancelled = self._taken_for_a_request = False
        self._shutdown_waiters: list[Waiter] = []
        self._over_waiter: Waiter | None = None

    def begin(self) -> None:
        """On the loop: send the startup event. `settled` is set when the application has answered, or has ended."""
        self._task = self._loop.spawn(self._run, contextvars.Context())

    def stop(self) -> None:
        """The loop has ended, and the application with it."""
        if not self._over:
            self._ended(None)

    async def shutdown(self, seconds: float) -> None:
        """On the loop: send the shutdown event and wait for the answer; cancel the application after ``seconds``."""
        if self._task is None or self._over:
            return
        if self._supported:
            self._stopping = True
            for waiter in self._shutdown_waiters:
                waiter.wake()
            await self._wait_over(seconds)
        if not self._over:
            if self._supported:
                logger.error("lifespan shutdown took longer than %g seconds; cancelled", seconds)
            self._cancelled = True
            self._task.cancel()
            await self._wait_over(seconds)

    async def _wait_over(self, seconds: float) -> None:
        if not self._over:
            waiter = self._over_waiter = self._loop.waiter()
            timer = self._loop.later(seconds, waiter.wake)
            await waiter
            timer.cancel()

    async def _run(self) -> None:
        scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        failure: BaseException | None = None
        try:
            await self._app(scope, self._receive, self._send)
        except BaseException as error:  # SystemExit, too: it must not end the loop
            failure = error
        self._ended(failure)

    def _ended(self, failure: BaseException | None) -> None:
        self._over = True
        if not self.settled.is_set():
            self._unanswered(failure)
            self.settled.set()
        elif self.failure is not None:
            self.failure.__cause__ = failure
        elif failure is not None and not self._cancelled and not self._taken_for_a_request:
            logger.error("the application's lifespan failed", exc_info=failure)
        if self._over_waiter is not None:
            self._over_waiter.wake()

    def _unanswered(self, failure: BaseException | None) -> None:
        """The application ended its lifespan without an answer to the startup event."""
        if self._mode == "on":
            self.failure = LifespanFailed("the application did not answer lifespan.startup")
            self.failure.__cause__ = failure
            logger.error("lifespan startup failed", exc_info=failure)
        else:
            logger.info("the application does not support lifespan")
            logger.debug("what it answered lifespan.startup with", exc_info=failure)

    async def _receive(self) -> Message:
        self._received += 1
        if self._received == 1:
            return {"type": "lifespan.startup"}
        while not self._stopping:
            waiter = self._loop.waiter()
            self._shutdown_waiters.append(waiter)
            await waiter
        if self._received > 2:
            raise AppProtocolError("receive() was called after lifespan.shutdown")
        return {"type": "lifespan.shutdown"}

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            self._supported = True
            self.settled.set()
        elif kind == "lifespan.startup.failed":
            text = message.get("message", "") or "no message was given"
            self.failure = LifespanFailed(f"the application's startup failed: {text}")
            logger.error("lifespan startup failed: %s", text)
            self.settled.set()
        elif kind == "lifespan.shutdown.failed":
            logger.error("lifespan shutdown failed: %s", message.get("message", ""))
        elif kind != "lifespan.shutdown.complete":
            error = AppProtocolError(f"{kind!r} is not a lifespan event")
            if not self.settled.is_set():
                # It takes the lifespan for a request, and may go on to wait for ever. With "auto" that is its right: what
                # this raises in it is no news.
                self._taken_for_a_request = self._mode == "auto"
                self._unanswered(error)
                self.settled.set()
            raise error
