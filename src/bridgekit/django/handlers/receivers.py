"""Who listens to Django's request signals: where it is Django alone, the signals can be sent where it costs nothing."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.dispatch import Signal, dispatcher

_SIGNAL: Any = Signal
_ANY_SENDER = dispatcher.NONE_ID
_DJANGOS: dict[tuple[int, int], Any] = {
    (id(function), _ANY_SENDER): function
    for function in (close_caches, close_old_connections, reset_queries, reset_urlconf)
}
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

    def send(self, sender: object, **named: Any) -> None:
        """`Signal.send`; without its search for live receivers where all are Django's, which live as long as it does."""
        _, _, only_django, functions = self._look()
        if not (only_django and _is_djangos(_SIGNAL.send) and _is_djangos(_SIGNAL._live_receivers)):
            self.signal.send(sender, **named)
            return
        for function in functions:
            function(signal=self.signal, sender=sender, **named)


def _is_djangos(function: Any) -> bool:
    """Whether nobody has put another function in its place, to see every receiver."""
    return type(function) is FunctionType and function.__globals__ is vars(dispatcher)


on_started = Listeners(request_started)
on_finished = Listeners(request_finished)
