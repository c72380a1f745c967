"""Prometheus metrics through ``prometheus_client`` (the extra ``prometheus``), also with several worker processes.

With ``PROMETHEUS_MULTIPROC_DIR`` set before the first import, ``prometheus_client`` keeps its values in files of that directory, and `scrape`
sums up those of all workers.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from bridgekit.timing.exporters._fields import BUCKETS, status_label
from bridgekit.timing.exporters._prometheus_series import LibraryMetrics, Metrics, OwnMetrics, Series
from bridgekit.timing.outcome import Kind
from bridgekit.timing.record import RequestTiming

__all__ = ["PrometheusExporter", "scrape"]

UNMATCHED = "<unmatched>"
OTHER = "<other>"
MAX_SERIES = 5000
"""Combinations of labels kept at most; further ones are counted together under the route "<other>"."""


class PrometheusExporter:
    """Observes each request in these metrics, labelled ``method, route, status, outcome``:

    ``http_server_request_duration_seconds``        histogram of plain responses, whose duration is latency
    ``http_server_time_to_first_byte_seconds``      histogram of all responses
    ``http_server_stream_duration_seconds``         histogram of streams, server-sent events and websockets, which last as long as their
                                                    producer and client like; labelled with their ``kind`` as well
    ``http_server_response_body_bytes_total``       counter

    Labels are bounded: routes are templates, what matched nothing is ``<unmatched>``, unknown methods are ``_OTHER``.

    A request costs a few increments of our own histograms, which become metrics at a scrape. With ``PROMETHEUS_MULTIPROC_DIR`` set they are
    ``prometheus_client``'s, whose values the workers share, at three times the cost.

    `exemplars`: give each duration the request's trace id (the middleware needs ``traceparent=True``); shown in the OpenMetrics format only,
    and not with several workers.
    Two exporters cannot share one registry (`ValueError` from ``prometheus_client``): give the second one a `namespace`.
    """

    def __init__(
        self,
        registry: CollectorRegistry = REGISTRY,
        *,
        namespace: str = "",
        buckets: Iterable[float] = BUCKETS,
        exemplars: bool = False,
    ) -> None:
        bounds = tuple(bound for bound in buckets if bound != math.inf)  # that one is always there
        if not bounds or list(bounds) != sorted(set(bounds)):
            raise ValueError(f"bucket bounds must rise: {bounds}")
        make = LibraryMetrics if "PROMETHEUS_MULTIPROC_DIR" in os.environ else OwnMetrics
        self._metrics: Metrics = make(registry, namespace, bounds)
        self._exemplars = exemplars
        self._series: dict[tuple[object, ...], Series] = {}

    def __call__(self, timing: RequestTiming) -> None:
        # As it is: labels are text, but to make that of a status or an outcome costs as much as counting.
        key = (timing.method, timing.route, timing.status, timing.outcome, timing.kind)
        found = self._series[key] if key in self._series else self._new_series(key, timing)
        trace = timing.trace_id if self._exemplars else None
        found.add(timing.duration, timing.time_to_first_byte, timing.bytes_out, trace)

    def _new_series(self, key: tuple[object, ...], timing: RequestTiming) -> Series:
        full = len(self._series) >= MAX_SERIES
        route = OTHER if full else timing.route or UNMATCHED
        labels = (timing.method, route, status_label(timing), timing.outcome.value)
        made = self._metrics.series(labels, None if timing.kind is Kind.PLAIN else timing.kind.value)
        if not full:  # two threads may make the same one twice: both add to the same metrics
            self._series[key] = made
        return made


def scrape(accept: str = "", registry: CollectorRegistry = REGISTRY) -> tuple[bytes, str]:
    """The metrics and their content type, for the ``Accept`` header of a scrape; of all workers, if there are several.

    Reads files with several workers: in an async application, call it in a thread.
    """
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client annotates it partly
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
