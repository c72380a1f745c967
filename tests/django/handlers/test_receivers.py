"""Who listens to the request signals, and that everybody who does is called."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished
from django.db import close_old_connections, reset_queries
from django.dispatch import Signal
from django.urls import get_urlconf, set_urlconf

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
