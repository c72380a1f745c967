"""How long a client may take to send its body."""

from __future__ import annotations

import time
from types import TracebackType

from bridgekit.concurrency.backends import Backend
from bridgekit.exceptions import RequestTimeout

__all__ = ["Pace", "Patience"]


class Pace:
    """Whether bytes come fast enough: in each ``seconds`` at least ``seconds`` times ``rate`` of them.

    Neither a client that falls silent nor one that sends a byte now and then holds on for ever, and what came fast before buys
    no time. No clock is read for each piece: `late` is asked every now and then.

    :param seconds: ``None`` for a client that may take all the time in the world.
    :param rate: bytes a second.
    """

    __slots__ = ("_came", "_quota", "_seconds", "_since")

    def __init__(self, seconds: float | None, rate: float) -> None:
        self._seconds = seconds
        self._quota = 1.0 if seconds is None else max(1.0, seconds * rate)
        self._came = 0
        self._since: float | None = None

    def came(self, size: int) -> None:
        """So many bytes have come."""
        self._came += size
        if self._came >= self._quota:
            self.restart()

    def restart(self) -> None:
        """Count from now on: what was before was not the client's fault."""
        self._came = 0
        self._since = None

    def late(self) -> bool:
        """Whether the client is too slow, as of now."""
        if self._seconds is None:
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since >= self._seconds

    def error(self) -> RequestTimeout:
        return RequestTimeout(
            f"the request's body came too slowly: less than {self._quota:.0f} bytes in {self._seconds} seconds"
        )


class Patience:
    """A context that is left with `RequestTimeout` when the client keeps the wrong `pace`."""

    __slots__ = ("_backend", "_interruption", "busy", "pace")

    def __init__(self, backend: Backend, pace: Pace) -> None:
        self._backend = backend
        self._interruption = backend.interruption()
        self.pace = pace
        self.busy = False  # what is waited for is not the client

    def __enter__(self) -> Patience:
        self._interruption.__enter__()
        self._backend.enlist(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._backend.discharge(self)
        if self._interruption.__exit__(kind, error, traceback):
            raise self.pace.error()

    def tick(self) -> None:
        if self.busy:
            self.pace.restart()
        elif self.pace.late():
            self._interruption.interrupt()
