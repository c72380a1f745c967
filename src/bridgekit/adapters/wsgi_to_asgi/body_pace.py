"""How long a client may take to send its body."""

from __future__ import annotations

import time

from bridgekit._plural import plural
from bridgekit.exceptions import RequestTimeout


class Pace:
    """Whether bytes come fast enough: in each ``seconds`` at least ``seconds`` times ``rate`` of them.

    Neither a client that falls silent nor one that sends a byte now and then holds on for ever, and what came fast before buys
    no time. No clock is read for each piece: `late` is asked every now and then.

    :param rate: bytes a second.
    """

    busy = False
    """What is waited for is not the client."""

    received = 0
    """Bytes that have come. Set by who receives them: a call for each piece would cost more."""

    _counted = 0
    _since: float | None = None

    def __init__(self, seconds: float, rate: float) -> None:
        self._seconds = seconds
        self._rate = rate

    def late(self) -> bool:
        """Whether the client is too slow, as of now."""
        now = time.monotonic()
        came = self.received - self._counted
        if self._since is None or self.busy or (came and came >= self._seconds * self._rate):
            self._counted = self.received
            self._since = now
        return now - self._since >= self._seconds

    def error(self) -> RequestTimeout:
        return RequestTimeout(
            f"the request's body came too slowly: less than {plural(f'{self._rate:g}', 'byte')} a second in {plural(f'{self._seconds:g}', 'second')}"
        )
