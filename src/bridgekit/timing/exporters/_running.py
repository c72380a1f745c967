"""Requests in progress, by method and scheme."""

from __future__ import annotations

from collections import Counter
from typing import Any

from bridgekit.timing.measuring.current import recorders
from bridgekit.timing.methods import KNOWN_METHODS, OTHER_METHOD


def requests_in_progress(exporter: object, labels: int) -> dict[tuple[str, ...], int]:
    """How many requests run now whose records this exporter will get, by as many of method and scheme as `labels`.

    Nothing is counted while they run: every wrapper knows its requests in any case.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for recorder in tuple(recorders):
        if any(goes_to(other, exporter) for other in recorder.exporters):
            found.update(kind_of(live)[:labels] for live in recorder.in_flight.copy())
    return dict(found)


def goes_to(exporter: object, target: object) -> bool:
    """Whether it is the one that is looked for, or hands records on to that (`SamplingExporter`)."""
    while exporter is not None:
        if exporter is target:
            return True
        exporter = getattr(exporter, "exporter", None)
    return False


def kind_of(live: Any) -> tuple[str, str]:
    """Method and scheme of a request, also of one that ends in another thread meanwhile."""
    source = live.source
    try:
        request = live._request if source is None else live.recorder.request_of(source)
        method, scheme = request[0], request[2]
    except (AttributeError, KeyError):  # a websocket has no method
        method, scheme = "GET", str(source.get("scheme", "http")) if isinstance(source, dict) else "http"
    return (method if method in KNOWN_METHODS else OTHER_METHOD), scheme


class CountedRequests(set[Any]):
    """A wrapper's requests in progress, each counted on a gauge of ``prometheus_client`` that several processes share."""

    def __init__(self, gauge: Any, labels: int) -> None:
        super().__init__()
        self._gauge = gauge
        self._labels = labels

    def add(self, live: Any) -> None:
        super().add(live)
        self._gauge.labels(*kind_of(live)[: self._labels]).inc()

    def remove(self, live: Any) -> None:
        """As a set's: `KeyError` if it is not there."""
        kind = kind_of(live)[: self._labels]
        super().remove(live)
        self._gauge.labels(*kind).dec()
