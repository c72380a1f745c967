"""CPU time of one request's own steps, also where many requests share a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Generator
from typing import Any

from bridgekit.timing.measuring.current import KEY
from bridgekit.timing.measuring.record_in_progress import LiveTiming
from bridgekit.typing import ASGIApp, Receive, Scope, Send


def metered(app: ASGIApp) -> ASGIApp:
    """The application, its steps counted on the live record in its scope.

    A coroutine runs in steps between which other tasks have the thread; the thread's clock at the start and at the end would
    count those too. Tasks and threads that the request starts are not counted.
    """

    async def app_on_meter(scope: Scope, receive: Receive, send: Send) -> None:
        live = scope.get(KEY)
        await _Metered(app(scope, receive, send), live) if live is not None else await app(
            scope, receive, send
        )

    return app_on_meter


class _Metered:
    """Drives an awaitable as ``await`` does, and stops the time of each step."""

    __slots__ = ("_awaitable", "_live")

    def __init__(self, awaitable: Awaitable[None], live: LiveTiming) -> None:
        self._awaitable = awaitable
        self._live = live

    def __await__(self) -> Generator[Any, Any, None]:
        steps = self._awaitable.__await__()
        step, value = steps.send, None
        while True:
            self._live.begin_cpu()
            try:
                yielded = step(value)
            except StopIteration:
                return
            finally:
                self._live.end_cpu()
            try:
                value = yield yielded
                step = steps.send
            except GeneratorExit:
                steps.close()
                raise
            except BaseException as error:
                value, step = error, steps.throw
