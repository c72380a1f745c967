"""The labels of `PrometheusExporter`: short names of our own, or those that OpenTelemetry's attributes have in Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bridgekit.timing.exporters._conventions import attributes_of
from bridgekit.timing.exporters._fields import status_label
from bridgekit.timing.record import RequestTiming

UNMATCHED = "<unmatched>"
OTHER = "<other>"
"""The route of what goes beyond the limit of series."""


class LabelNames(NamedTuple):
    """One way to name them, and to read them from a record."""

    of_requests: tuple[str, ...]
    kind: str
    """The one that streams have besides."""
    in_progress: tuple[str, ...]
    """Of the gauge: as many of method and scheme as it names."""
    values: Callable[[RequestTiming], tuple[str, ...]]
    more: Callable[[RequestTiming], tuple[object, ...]] | None
    """What `values` depends on besides method, route, status, outcome and kind."""
    route: int
    """Where the route stands in `values`."""


def short_values(timing: RequestTiming) -> tuple[str, ...]:
    return (timing.method, timing.route or UNMATCHED, status_label(timing), timing.outcome.value)


ATTRIBUTES = (
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "error.type",
    "url.scheme",
    "network.protocol.version",
)
"""Of ``http.server.request.duration`` in the stable conventions. Collectors write them to Prometheus with "_" for "."."""


def conventional_values(timing: RequestTiming) -> tuple[str, ...]:
    # An attribute that is not there is an empty label, which to Prometheus is the same.
    attributes = attributes_of(timing)
    return tuple(str(attributes.get(name, "")) for name in ATTRIBUTES)


def conventional_more(timing: RequestTiming) -> tuple[object, ...]:
    return (timing.error_type, timing.scheme, timing.http_version)


LABELS = {
    "short": LabelNames(
        ("method", "route", "status", "outcome"), "kind", ("method",), short_values, None, route=1
    ),
    "opentelemetry": LabelNames(
        tuple(name.replace(".", "_") for name in ATTRIBUTES),
        "bridgekit_kind",
        ("http_request_method", "url_scheme"),
        conventional_values,
        conventional_more,
        route=1,
    ),
}
