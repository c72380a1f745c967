"""A system that starts no thread: out of memory, or at a limit of processes (RLIMIT_NPROC, a container's pids)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


@contextmanager
def no_threads(prefix: str) -> Iterator[None]:
    """No thread whose name begins so can be started; others of the same process can, those of other tests among them."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(prefix):
            raise RuntimeError("can't start new thread")
        start(thread)

    with patch.object(threading.Thread, "start", refuse):
        yield
