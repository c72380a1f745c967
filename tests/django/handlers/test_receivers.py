"""Who listens to the request signals, and that everybody who does is called."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import CacheHandler, caches, close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished
from django.db import close_old_connections, connections, reset_queries
from django.db.utils import ConnectionHandler
from django.dispatch import Signal
from django.urls import get_urlconf, set_urlconf

from bridgekit.django.handlers.old_connections import put_away_old_connections
from bridgekit.django.handlers.receivers import Listeners, on_finished, on_started
from tests.django.handlers import receivers_site
from tests.helpers.own_process import answers_of


async def awaited(**named: Any) -> None:
    """A receiver that runs on the loop."""


@pytest.fixture
def signal() -> Signal:
    """One with Django's own receivers."""
    signal = Signal()
    for function in (reset_queries, close_old_connections, close_caches, reset_urlconf):
        signal.connect(function)
    return signal


def test_django_s_signals_have_django_s_receivers() -> None:
    assert on_started.only_django
    assert on_finished.only_django
    assert not on_started.any_async


def test_receivers_that_come_and_go_are_noticed(signal: Signal) -> None:
    calls: list[dict[str, Any]] = []

    def listener(**named: Any) -> None:
        calls.append(named)

    listeners = Listeners(signal)
    assert listeners.only_django
    listeners.send(Listeners, scope="before")
    signal.connect(listener)
    assert not listeners.only_django
    assert not listeners.any_async
    listeners.send(Listeners, scope="here")
    assert calls == [{"signal": signal, "sender": Listeners, "scope": "here"}]
    signal.connect(awaited)
    assert listeners.any_async
    signal.disconnect(awaited)
    signal.disconnect(listener)
    assert listeners.only_django
    assert not listeners.any_async


def test_django_s_own_for_one_sender_is_not_for_all() -> None:
    signal = Signal()
    signal.connect(reset_urlconf, sender=Listeners)
    listeners = Listeners(signal)
    assert not listeners.only_django
    set_urlconf("some.urls")
    try:
        listeners.send(Signal)
        assert get_urlconf() == "some.urls"
        listeners.send(Listeners)
        assert get_urlconf() is None
    finally:
        set_urlconf(None)


def test_django_s_receivers_do_their_work() -> None:
    set_urlconf("some.urls")
    try:
        on_finished.send(Listeners)
        assert get_urlconf() is None
    finally:
        set_urlconf(None)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The handlers that Django's receivers have asked for what is there."""
    found: list[str] = []
    original = ConnectionHandler.all

    def asks(self: Any, initialized_only: bool = False) -> Any:
        found.append(type(self).__name__)
        return original(self, initialized_only)

    monkeypatch.setattr(ConnectionHandler, "all", asks)
    monkeypatch.setattr(CacheHandler, "all", asks)
    return found


@pytest.fixture
def in_thread() -> Iterator[Callable[..., Any]]:
    """Calls in a thread that has no connection and no cache yet."""
    assert connections.settings
    assert caches.settings
    with ThreadPoolExecutor(1) as pool:
        yield lambda function, *args: pool.submit(function, *args).result()
        pool.submit(connections.close_all).result()


def both_ends() -> None:
    on_started.send(Listeners, scope={})
    on_finished.send(Listeners)


def test_a_thread_without_connections_and_caches_is_asked_for_none(
    in_thread: Callable[..., Any], asked: list[str]
) -> None:
    in_thread(both_ends)
    in_thread(put_away_old_connections)
    assert asked == []


def test_connections_of_the_thread_are_looked_at_though_none_is_open(
    in_thread: Callable[..., Any], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[Any] = []
    connection = in_thread(lambda: connections["default"])
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: looked_at.append(connection))
    connection.queries_log.append({"sql": "", "time": ""})
    in_thread(on_started.send, Listeners)
    assert (len(looked_at), len(connection.queries_log)) == (1, 0)
    in_thread(on_finished.send, Listeners)
    in_thread(put_away_old_connections)
    assert len(looked_at) == 3
    assert "ConnectionHandler" in asked
    assert "CacheHandler" not in asked


def test_a_cache_that_was_used_is_closed(
    in_thread: Callable[..., Any], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Any] = []
    monkeypatch.setattr(type(caches["default"]), "close", lambda self, **named: closed.append(self))

    def uses() -> Any:
        cache = caches["default"]
        on_finished.send(Listeners)
        return cache

    assert in_thread(uses) in closed
    assert asked == ["CacheHandler"]


def test_a_connection_on_a_loop_of_the_thread_is_looked_at(
    in_thread: Callable[..., Any], asked: list[str]
) -> None:
    async def on_loop() -> None:
        assert connections["default"] is not None
        on_finished.send(Listeners)

    in_thread(asyncio.run, on_loop())
    assert "ConnectionHandler" in asked


def test_settings_that_were_not_read_are_read_by_django(
    in_thread: Callable[..., Any], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may refuse them, and does that at every request."""
    monkeypatch.delitem(vars(connections), "settings")
    monkeypatch.delitem(vars(caches), "settings")
    in_thread(on_finished.send, Listeners)
    assert set(asked) == {"ConnectionHandler", "CacheHandler"}


def test_who_has_handlers_of_a_class_of_his_own_is_asked(
    in_thread: Callable[..., Any], asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Own(ConnectionHandler):
        pass

    class OwnCaches(CacheHandler):
        pass

    monkeypatch.setattr(connections, "__class__", Own)
    monkeypatch.setattr(caches, "__class__", OwnCaches)
    in_thread(on_finished.send, Listeners)
    assert set(asked) == {"Own", "OwnCaches"}


def test_who_wraps_the_receivers_sees_django_s_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    original = Signal._live_receivers  # type: ignore[attr-defined]  # not in the stubs

    def live(self: Signal, sender: Any) -> Any:
        found = original(self, sender)
        seen.extend(found[0])
        return found

    monkeypatch.setattr(Signal, "_live_receivers", live)
    on_finished.send(Listeners)
    assert seen == [receiver() for _, receiver, *_ in request_finished.receivers]


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
def test_receivers_of_applications_are_called_behind_django_s_own_as_under_django(interface: str) -> None:
    """Those are connected by imports, and the functions of `bridgekit.django` import late."""
    stock, pooled = (
        answers_of(receivers_site.__name__, interface, handler) for handler in ("stock", "pooled")
    )
    assert stock == pooled
    assert [names[-1] for names in pooled] == [receivers_site.receiver_of_an_application.__name__] * 2
