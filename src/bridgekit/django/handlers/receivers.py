"""Who listens to Django's request signals: where it is Django alone, the signals can be sent where it costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

from django.core.cache import CacheHandler, caches, close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.dispatch import Signal, dispatcher

from bridgekit.django.handlers.old_connections import thread_has_none
from bridgekit.django.handlers.unset_locals import never_set, variable_of


def no_cache_used() -> bool:
    """Whether no cache was asked for here; see `thread_has_none`."""
    held = vars(caches)
    return (
        "settings" in held and never_set(variable_of(held["_connections"])) and type(caches) is CacheHandler
    )


_SIGNAL: Any = Signal
_ANY_SENDER = dispatcher.NONE_ID
_HAS_NOTHING_TO_DO: dict[Any, Callable[[], bool] | None] = {
    close_caches: no_cache_used,
    close_old_connections: thread_has_none,
    reset_queries: thread_has_none,
    reset_urlconf: None,
}
"""Django's own, and when one need not be called: to find nothing, it asks for each alias of the settings."""
_DJANGOS = {(id(function), _ANY_SENDER): (function, idle) for function, idle in _HAS_NOTHING_TO_DO.items()}
"""Each looks at what its own thread or context holds: connections, caches, the URLconf. By lookup key (`Signal.connect`)."""


class Listeners:
    """The receivers of one signal, looked at again whenever they are others."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self._known: tuple[list[Any], bool, bool, list[Any]] = ([], False, True, [])

    def _look(self) -> tuple[list[Any], bool, bool, list[Any]]:
        receivers = self.signal.receivers
        known = self._known
        # Threads look at the same time: what one has found is put there as a whole.
        if known[0] != receivers:
            seen = list(receivers)
            functions = [_DJANGOS.get(entry[0]) for entry in seen]
            known = (seen, any(entry[-1] for entry in seen), None not in functions, functions)
            self._known = known
        return known

    @property
    def any_async(self) -> bool:
        """Whether a receiver is a coroutine function: those are awaited on the loop."""
        return self._look()[1]

    @property
    def only_django(self) -> bool:
        """Whether all receivers are Django's own."""
        return self._look()[2]

    @property
    def unobserved(self) -> bool:
        """Whether all receivers are Django's own, and nobody has wrapped what sends to them, so that none would be missed."""
        return self.only_django and _is_djangos(_SIGNAL.send) and _is_djangos(_SIGNAL._live_receivers)

    def send(self, sender: object, **named: Any) -> None:
        """`Signal.send`; where all receivers are Django's, without its search for live ones and without those that have nothing to do."""
        if not self.unobserved:
            self.signal.send(sender, **named)
            return
        for function, has_nothing_to_do in self._look()[3]:
            if has_nothing_to_do is None or not has_nothing_to_do():
                function(signal=self.signal, sender=sender, **named)


def _is_djangos(function: Any) -> bool:
    """Whether nobody has put another function in its place, to see every receiver."""
    return type(function) is FunctionType and function.__globals__ is vars(dispatcher)


on_started = Listeners(request_started)
on_finished = Listeners(request_finished)
