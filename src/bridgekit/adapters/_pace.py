"""How long a client may take to send its body."""

from __future__ import annotations

import time

from bridgekit.exceptions import RequestTimeout

__all__ = ["Pace"]


class Pace:
    """Whether bytes come fast enough: in each ``seconds`` at least ``seconds`` times ``rate`` of them.

    Neither a client that falls silent nor one that sends a byte now and then holds on for ever, and what came fast before buys
    no time. No clock is read for each piece: `late` is asked every now and then.

    :param rate: bytes a second.
    """

    busy = False
    """What is waited for is not the client."""

    _came = 0
    _since: float | None = None

    def __init__(self, seconds: float, rate: float) -> None:
        self._seconds = seconds
        self._rate = rate

    def came(self, size: int) -> None:
        """So many bytes have come."""
        self._came += size
        if size and self._came >= self._seconds * self._rate:
            self.restart()

    def restart(self) -> None:
        """Count from now on: what was before was not the client's fault."""
        self._came = 0
        self._since = None

    def late(self) -> bool:
        """Whether the client is too slow, as of now."""
        if self.busy:
            self.restart()
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
        return now - self._since >= self._seconds

    def error(self) -> RequestTimeout:
        return RequestTimeout(
            f"the request's body came too slowly: less than {self._rate} bytes a second in {self._seconds} seconds"
        )
