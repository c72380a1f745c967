"""Log lines for what comes in floods: the first one at once, then one in a while that counts the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS = 10.0
"""Between two log lines. A server that is full answers thousands of requests a second, and its log fills a disk."""


class RateLimitedLog:
    """Counts one kind of event and says when to log it.

    :param clock: seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._logged: float | None = None
        self._count = 0

    def note(self) -> int:
        """Note one event; how many there were since the last line if one is due, else 0."""
        with self._lock:
            now = self._clock()
            self._count += 1
            if self._logged is not None and now - self._logged < SECONDS:
                return 0
            self._logged = now
            count, self._count = self._count, 0
            return count
