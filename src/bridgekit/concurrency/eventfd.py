"""A counter of the kernel's as a wakeup for an event loop (eventfd(2), Linux)."""

from __future__ import annotations

import os
import select
from functools import partial
from typing import ClassVar


class EventFD:
    """A file descriptor that is readable after `set`, which any thread may call, until `clear`.

    It is closed when nobody refers to it any more, and not before: a late `set` of another thread would otherwise write into
    whatever file has got the number since.
    """

    available: ClassVar[bool] = hasattr(os, "eventfd")
    number = -1

    def __init__(self) -> None:
        self.number = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.set = partial(os.eventfd_write, self.number, 1)
        self.clear = partial(os.eventfd_read, self.number)

    def be_edge_triggered(self, epoll: int) -> None:
        """Have the epoll instance of this number, which watches this already, tell of each `set` once.

        Edge-triggered (epoll(7)): `clear` need never be called.
        """
        with select.epoll.fromfd(os.dup(epoll)) as instance:  # it closes what it was given
            instance.modify(self.number, select.EPOLLIN | select.EPOLLET)

    def __del__(self) -> None:
        if self.number >= 0:  # or there was none to be had
            os.close(self.number)
