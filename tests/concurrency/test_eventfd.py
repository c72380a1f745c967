from __future__ import annotations

import errno
import os
import select

import pytest

from bridgekit.concurrency.eventfd import EventFD

pytestmark = pytest.mark.skipif(not EventFD.available, reason="eventfd(2) is Linux's")


def watching(wakeup: EventFD) -> select.epoll:
    epoll = select.epoll()
    epoll.register(wakeup.number, select.EPOLLIN)
    return epoll


def test_it_is_readable_until_it_is_cleared() -> None:
    wakeup = EventFD()
    with watching(wakeup) as epoll:
        assert epoll.poll(0) == []
        wakeup.set()
        wakeup.set()
        assert epoll.poll(0) == epoll.poll(0) == [(wakeup.number, select.EPOLLIN)]
        wakeup.clear()
        assert epoll.poll(0) == []


def test_each_set_is_told_once_where_that_is_asked_for() -> None:
    """epoll(7), EPOLLET. One that was set before it was asked for is told, too."""
    wakeup = EventFD()
    with watching(wakeup) as epoll:
        wakeup.set()
        wakeup.be_edge_triggered(epoll.fileno())
        for _ in range(3):
            assert epoll.poll(0) == [(wakeup.number, select.EPOLLIN)]
            assert epoll.poll(0) == []
            wakeup.set()


def test_the_epoll_instance_stays_open() -> None:
    wakeup = EventFD()
    with watching(wakeup) as epoll:
        wakeup.be_edge_triggered(epoll.fileno())
        wakeup.set()
        assert epoll.poll(0)


def test_where_no_file_descriptor_is_left_it_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the error alone: there is nothing to close afterwards."""

    def none_left(*arguments: int) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "eventfd", none_left)
    with pytest.raises(OSError, match="Too many open files"):
        EventFD()
