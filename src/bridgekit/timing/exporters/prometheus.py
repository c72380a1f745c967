"""Prometheus metrics through ``prometheus_client`` (the extra ``prometheus``), also with several worker processes.

With ``PROMETHEUS_MULTIPROC_DIR`` set before the first import, ``prometheus_client`` keeps its values in files of that directory, and `scrape`
sums up those of all workers.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Literal

from bridgekit.timing.exporters._missing import missing

try:
    from prometheus_client import CollectorRegistry
except ImportError as error:
    raise missing(error, __name__, "prometheus") from None
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

from bridgekit._arguments import check_flag, check_text, shown
from bridgekit.timing.exporters._buckets import checked_bounds
from bridgekit.timing.exporters._fields import BUCKETS
from bridgekit.timing.exporters._labels import LABELS, OTHER
from bridgekit.timing.exporters._prometheus_series import LibraryMetrics, Metrics, OwnMetrics, Series
from bridgekit.timing.exporters._running import CountedRequests, requests_in_progress
from bridgekit.timing.outcome import Kind
from bridgekit.timing.record import RequestTiming

__all__ = ["PrometheusExporter", "scrape"]

MAX_SERIES = 5000
"""Combinations of labels kept at most; further ones are counted together under the route "<other>"."""


class PrometheusExporter:
    """Observes each request in these metrics, labelled ``method, route, status, outcome``:

    - ``http_server_request_duration_seconds``: histogram of plain responses, whose duration is latency;
    - ``http_server_time_to_first_byte_seconds``: histogram of all responses;
    - ``http_server_stream_duration_seconds``: histogram of streams, server-sent events and websockets, which last as long as their
      producer and client like; labelled with their ``kind`` as well;
    - ``http_server_response_body_bytes_total``: counter;
    - ``http_server_active_requests``: gauge of what is in progress; labelled with the ``method``.

    Labels are bounded: routes are templates, what matched nothing is ``<unmatched>``, unknown methods are ``_OTHER``.

    A request costs a few increments of our own histograms, which become metrics at a scrape. With ``PROMETHEUS_MULTIPROC_DIR`` set they are
    ``prometheus_client``'s, whose values the workers share, at three times the cost.

    Two exporters cannot share one registry: give both wrappers the same one, or the second one a ``namespace``.
    """

    def __init__(
        self,
        registry: CollectorRegistry = REGISTRY,
        *,
        namespace: str = "",
        buckets: Iterable[float] = BUCKETS,
        exemplars: bool = False,
        labels: Literal["short", "opentelemetry"] = "short",
    ) -> None:
        """
        :param registry: of ``prometheus_client``.
        :param namespace: what the metrics' names begin with.
        :param buckets: upper bounds in seconds, rising.
        :param exemplars: give each duration the request's trace id (the middleware needs ``traceparent=True``); shown in the OpenMetrics
            format only, and not with several workers.
        :param labels: "opentelemetry" names them as collectors write OpenTelemetry's attributes to Prometheus (``http_request_method``,
            ``http_route``, ``http_response_status_code``, ``error_type``, ``url_scheme``, ``network_protocol_version``), for dashboards
            that are made for those.
        :raises TypeError: for an argument of another type.
        :raises ValueError: for a registry that has such metrics already, and for what no name or bucket can be.
        """
        if not isinstance(registry, CollectorRegistry):
            raise TypeError(
                f"registry must be a CollectorRegistry of prometheus_client, not {shown(registry)}"
            )
        check_text("namespace", namespace)
        if namespace and not re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", namespace, re.ASCII):
            raise ValueError(
                f"namespace begins the metrics' names: letters, digits and underscores, not {namespace!r}"
            )
        check_flag("exemplars", exemplars)
        if labels not in LABELS:
            raise ValueError(f"labels must be one of {', '.join(map(repr, LABELS))}, not {labels!r}")
        bounds = checked_bounds("buckets", buckets)
        self._names = LABELS[labels]
        self._more = self._names.more
        make = LibraryMetrics if "PROMETHEUS_MULTIPROC_DIR" in os.environ else OwnMetrics
        try:
            self._metrics: Metrics = make(registry, namespace, bounds, self._names, self._in_progress)
        except ValueError as error:
            raise ValueError(
                f"{error}. Is there a PrometheusExporter with this registry already? Give that one to all wrappers, or this one a namespace"
            ) from error
        self._exemplars = exemplars
        self._series: dict[tuple[object, ...], Series] = {}

    def __call__(self, timing: RequestTiming) -> None:
        # As it is: labels are text, but to make that of a status or an outcome costs as much as counting. The shorter one stands here, as a
        # call costs as much again.
        key: tuple[object, ...] = (timing.method, timing.route, timing.status, timing.outcome, timing.kind)
        if self._more is not None:
            key += self._more(timing)
        found = self._series[key] if key in self._series else self._new_series(key, timing)
        trace = timing.trace_id if self._exemplars else None
        found.add(timing.duration, timing.time_to_first_byte, timing.bytes_out, trace)

    def close(self) -> None:
        """Take the metrics out of the registry, which can then have others of their names. Records still count, where nobody sees them."""
        self._metrics.close()

    def requests_of(self, recorder: Any) -> set[Any] | None:
        """What a wrapper is to keep its requests in progress in; None for its own set. Asked when the wrapper is made.

        One process can be asked at a scrape what it is doing; several have to count as they go.
        """
        if not isinstance(self._metrics, LibraryMetrics):
            return None
        return CountedRequests(self._metrics.active, len(self._names.in_progress))

    def _in_progress(self) -> dict[tuple[str, ...], int]:
        return requests_in_progress(self, len(self._names.in_progress))

    def _new_series(self, key: tuple[object, ...], timing: RequestTiming) -> Series:
        full = len(self._series) >= MAX_SERIES
        labels = self._names.values(timing)
        if full:
            labels = (*labels[: self._names.route], OTHER, *labels[self._names.route + 1 :])
        made = self._metrics.series(labels, None if timing.kind is Kind.PLAIN else timing.kind.value)
        if not full:  # two threads may make the same one twice: both add to the same metrics
            self._series[key] = made
        return made


def scrape(accept: str = "", registry: CollectorRegistry = REGISTRY) -> tuple[bytes, str]:
    """The metrics and their content type, for the ``Accept`` header of a scrape; of all workers, if there are several.

    Reads files with several workers: in an async application, call it in a thread. `bridgekit.timing.exporters.metrics_page` has it as an
    application.

    :param accept: the header's value, which chooses between Prometheus' formats; empty for its text format.
    :param registry: what is scraped where there is one process alone.
    """
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client annotates it partly
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
