"""Prometheus metrics through ``prometheus_client`` (the extra ``prometheus``), also with several worker processes.

With ``PROMETHEUS_MULTIPROC_DIR`` set before the first import, ``prometheus_client`` keeps its values in files of that directory, and `scrape`
sums up those of all workers.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from bridgekit.timing.exporters._fields import BUCKETS, STREAM_BUCKETS, status_label
from bridgekit.timing.outcome import Kind
from bridgekit.timing.record import RequestTiming

__all__ = ["PrometheusExporter", "scrape"]

LABELS = ("method", "route", "status", "outcome")
UNMATCHED = "<unmatched>"
MAX_CHILDREN = 5000


class PrometheusExporter:
    """Observes each request in these metrics, labelled ``method, route, status, outcome``:

    ``http_server_request_duration_seconds``        histogram of plain responses, whose duration is latency
    ``http_server_time_to_first_byte_seconds``      histogram of all responses
    ``http_server_stream_duration_seconds``         histogram of streams, server-sent events and websockets, which last as long as their
                                                    producer and client like; labelled with their ``kind`` as well
    ``http_server_response_body_bytes_total``       counter

    Labels are bounded: routes are templates, what matched nothing is ``<unmatched>``, unknown methods are ``_OTHER``.

    `exemplars`: give each duration the request's trace id (the middleware needs ``traceparent=True``); shown in the OpenMetrics format only.
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
        common: dict[str, Any] = {"registry": registry, "namespace": namespace}
        bounds = tuple(buckets)
        self._duration = Histogram(
            "http_server_request_duration_seconds",
            "Time until the last byte.",
            LABELS,
            buckets=bounds,
            **common,
        )
        self._first_byte = Histogram(
            "http_server_time_to_first_byte_seconds",
            "Time until the first byte.",
            LABELS,
            buckets=bounds,
            **common,
        )
        self._stream = Histogram(
            "http_server_stream_duration_seconds",
            "Length of streams, server-sent events and websocket sessions.",
            (*LABELS, "kind"),
            buckets=STREAM_BUCKETS,
            **common,
        )
        self._bytes = Counter("http_server_response_body_bytes", "Response body bytes.", LABELS, **common)
        self._exemplars = exemplars
        self._children: dict[tuple[str, ...], tuple[Any, Any, Any]] = {}

    def __call__(self, timing: RequestTiming) -> None:
        status = status_label(timing)
        key = (timing.method, timing.route or UNMATCHED, status, timing.outcome.value, timing.kind.value)
        duration, first_byte, sent = self._children.get(key) or self._child(key)
        exemplar = {"trace_id": timing.trace_id} if self._exemplars and timing.trace_id else None
        duration.observe(timing.duration, exemplar)
        if timing.time_to_first_byte is not None:
            first_byte.observe(timing.time_to_first_byte, exemplar)
        if timing.bytes_out:
            sent.inc(timing.bytes_out)

    def _child(self, key: tuple[str, ...]) -> tuple[Any, Any, Any]:
        labels, kind = key[:4], key[4]
        plain = kind == Kind.PLAIN
        duration = self._duration.labels(*labels) if plain else self._stream.labels(*labels, kind)
        made = (duration, self._first_byte.labels(*labels), self._bytes.labels(*labels))
        # Looking children up by their labels costs more than observing; two threads may make the same entry twice.
        if len(self._children) < MAX_CHILDREN:
            self._children[key] = made
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
