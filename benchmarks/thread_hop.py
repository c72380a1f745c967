"""The least that an application in another thread can cost: handed over and back, with nothing done there.

What no adapter with an event loop in a thread of its own can be faster than.
"""

from __future__ import annotations

import collections
import os
import select
import threading
from typing import Any


class ThreadHop:
    """A WSGI application that answers hello after a thread has been woken and has woken it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._waiting: collections.deque[threading.Lock] = collections.deque()
        self._scheduled = False

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        if self._thread is None:
            self._start()
        wakeup = threading.Lock()
        wakeup.acquire()
        self._waiting.append(wakeup)
        if not self._scheduled:
            self._scheduled = True
            os.eventfd_write(self._event, 1)
        wakeup.acquire()
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
        return [b"hello"]

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._event = os.eventfd(0)
                self._poll = select.epoll()
                self._poll.register(self._event, select.EPOLLIN)
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            self._poll.poll()
            os.eventfd_read(self._event)
            self._scheduled = False
            while self._waiting:
                self._waiting.popleft().release()
