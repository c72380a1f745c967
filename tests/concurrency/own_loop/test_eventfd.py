from __future__ import annotations

import select

import pytest

from bridgekit.concurrency.own_loop.eventfd import EventFD

pytestmark = pytest.mark.skipif(not EventFD.available, reason="eventfd(2) is Linux's")


def watching(bell: EventFD) -> select.epoll:
    epoll = select.epoll()
    epoll.register(bell.number, select.EPOLLIN)
    return epoll


def test_it_is_readable_until_it_is_cleared() -> None:
    bell = EventFD()
    with watching(bell) as epoll:
        assert epoll.poll(0) == []
        bell.set()
        bell.set()
        assert epoll.poll(0) == epoll.poll(0) == [(bell.number, select.EPOLLIN)]
        bell.clear()
        assert epoll.poll(0) == []


def test_each_set_is_told_once_where_that_is_asked_for() -> None:
    """epoll(7), EPOLLET. One that was set before it was asked for is told, too."""
    bell = EventFD()
    with watching(bell) as epoll:
        bell.set()
        bell.tell_once(epoll.fileno())
        for _ in range(3):
            assert epoll.poll(0) == [(bell.number, select.EPOLLIN)]
            assert epoll.poll(0) == []
            bell.set()


def test_the_epoll_instance_stays_open() -> None:
    bell = EventFD()
    with watching(bell) as epoll:
        bell.tell_once(epoll.fileno())
        bell.set()
        assert epoll.poll(0)
