"""How a finished record reaches the exporters: each once, and none of them able to hurt a request."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from types import MethodType
from typing import Any, TypeAlias

from bridgekit._arguments import check_function, shown
from bridgekit.timing.record import RequestTiming

Exporter: TypeAlias = Callable[[RequestTiming], object]
"""Takes a finished record. Called in the request's own thread or task: it must be quick, and may raise."""

logger = logging.getLogger("bridgekit.timing")


def checked_exporters(exporters: Iterable[Exporter]) -> tuple[Exporter, ...]:
    """The exporters, each of which can take a record. Raises `TypeError` for what is none."""
    given: object = exporters
    if callable(given):
        raise TypeError("exporters is a list of exporters: write exporters=[exporter]")
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise TypeError(f"exporters must be a list of exporters, not {shown(exporters)}")
    return tuple(checked_exporter(exporter) for exporter in exporters)


def checked_exporter(exporter: Any, name: str = "an exporter") -> Exporter:
    """The exporter itself, or the one that its class makes without arguments: calling the class with each record would make an
    object of it, and record nothing. Raises `TypeError` for what cannot take a record.
    """
    if isinstance(exporter, type):
        try:
            exporter = exporter()
        except TypeError as error:
            raise TypeError(
                f"{name} is the class {exporter.__qualname__}, which cannot be made without arguments ({error}): make it yourself"
            ) from error
    check_function(name, exporter, arguments=1, called_with="a RequestTiming")
    return exporter  # type: ignore[no-any-return]  # as far as is known


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
    # The client chooses both, and what is no text of one line must not become one of the log.
    logger.exception("The exporter %r failed; %r is lost to it", exporter, f"{timing.method} {timing.path}")
