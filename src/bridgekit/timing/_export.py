"""How a finished record reaches the exporters: each once, and none of them able to hurt a request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from operator import attrgetter
from types import MethodType
from typing import TypeAlias

from bridgekit.timing.record import RequestTiming

__all__ = ["Exporter", "checked_exporters", "log_lost", "one_for_all"]

Exporter: TypeAlias = Callable[[RequestTiming], object]
"""Takes a finished record. Called in the request's own thread or task: it must be quick, and may raise."""

logger = logging.getLogger("bridgekit.timing")


def checked_exporters(exporters: Iterable[Exporter]) -> tuple[Exporter, ...]:
    """The exporters, each of which can be called."""
    if callable(exporters):
        raise TypeError("exporters is a list of exporters: write exporters=[exporter]")
    chosen = tuple(exporters)
    for exporter in chosen:
        if not callable(exporter):
            raise TypeError(
                f"an exporter is called with each RequestTiming, but {exporter!r} cannot be called"
            )
    return chosen


def one_for_all(exporters: tuple[Exporter, ...]) -> Exporter:
    """What hands a record to all of them; the only one itself, which saves a call for every request."""
    if len(exporters) == 1:
        return exporters[0]

    # Calling an object costs more than calling its method.
    calls = tuple((bound(exporter), exporter) for exporter in exporters)

    def export(timing: RequestTiming) -> None:
        for call, exporter in calls:
            try:
                call(timing)
            except Exception:
                log_lost(exporter, timing)

    return export


what_runs = attrgetter("__call__")


def bound(exporter: Exporter) -> Exporter:
    """The method that runs when an object is called; for a function that is itself."""
    method: object = what_runs(exporter)
    return method if isinstance(method, MethodType) else exporter


def log_lost(exporter: Exporter, timing: RequestTiming) -> None:
    """Say which exporter failed: the request and the other exporters must not notice. For use where it is caught."""
    logger.exception("The exporter %r failed; %s %s is lost to it", exporter, timing.method, timing.path)
