"""The exporters that ``BRIDGEKIT_TIMING_EXPORTERS`` names: each is made once in a process.

System checks, the WSGI handler and the ASGI handler each read the setting, and an exporter may own what there can be one of: metrics of a
registry, a file, a connection. They share what the first of them made, until a test overrides the setting.
"""

from __future__ import annotations

import logging
import threading
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from bridgekit.django._imported import imported
from bridgekit.timing.measuring.export import Exporter, checked_exporter

logger = logging.getLogger("bridgekit.timing")

_made: dict[str | type, Exporter] = {}
"""By the dotted path or the class that the setting names."""

_lock = threading.RLock()  # two handlers may be made in two threads; an exporter's module may make one


def exporters_of(setting: str, items: list[Any]) -> list[Exporter]:
    """The exporters for a list of dotted paths, classes and callables.

    Raises `ImproperlyConfigured`, which names the setting, for one that cannot be used.
    """
    for number, item in enumerate(items):
        if any(item is other or (isinstance(item, str) and item == other) for other in items[:number]):
            raise ImproperlyConfigured(f"{setting} names {item!r} twice: it would count each request twice")
    return [_exporter(setting, item) for item in items]


def _exporter(setting: str, item: Any) -> Exporter:
    if not isinstance(item, str | type):
        return _checked(setting, item, item)
    with _lock:
        if item not in _made:
            found = imported(setting, item) if isinstance(item, str) else item
            exporter = _checked(setting, item, found)
            if not isinstance(found, type):
                return exporter  # the project's own object, of which there is one
            _made[item] = exporter
        return _made[item]


def _checked(setting: str, item: Any, found: Any) -> Exporter:
    try:
        return checked_exporter(found, repr(item))
    except Exception as error:  # any constructor may raise anything
        raise ImproperlyConfigured(f"{setting}: {error}") from error


def _forget(*, setting: str, **kwargs: Any) -> None:
    """A test overrides the setting, or takes that back: exporters are made anew, and what they own is free by then."""
    if setting != "BRIDGEKIT_TIMING_EXPORTERS":
        return
    with _lock:
        made = list(_made.values())
        _made.clear()
    for exporter in made:
        close = getattr(exporter, "close", None)
        if close is not None:
            try:
                close()
            except Exception:
                logger.exception("%r could not be closed", exporter)


setting_changed.connect(_forget, dispatch_uid="bridgekit.django._exporters")
