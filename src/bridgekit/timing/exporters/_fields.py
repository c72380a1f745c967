"""What several exporters make of a record."""

from __future__ import annotations

from typing import Any

from bridgekit.timing.outcome import Kind, Outcome
from bridgekit.timing.record import RequestTiming

FAILURES = frozenset({Outcome.SERVER_ERROR, Outcome.EXCEPTION, Outcome.STREAM_EXCEPTION, Outcome.INCOMPLETE})
"""The outcomes that are the application's fault."""

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper bounds in seconds, the advice of OpenTelemetry's conventions for ``http.server.request.duration``."""

STREAM_BUCKETS = (0.1, 1.0, 10.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)
"""Upper bounds in seconds for what lasts as long as somebody listens: up to a day."""


def latency(timing: RequestTiming) -> float:
    """What the client waited for: everything, or the first byte of what goes on and on."""
    if timing.kind is Kind.PLAIN or timing.time_to_first_byte is None:
        return timing.duration
    return timing.time_to_first_byte


def printable(text: str) -> str:
    """A text on one line, whatever is in it: names of spans may come from data, and paths do."""
    return repr(text)[1:-1]


def status_label(timing: RequestTiming) -> str:
    """The status as a label; "none" where the application gave none."""
    return "none" if timing.status is None else str(timing.status)


def as_dict(timing: RequestTiming) -> dict[str, Any]:
    """The record in types that JSON has; fields that were not measured are left out."""
    fields = {name: value for name, value in timing._asdict().items() if value is not None}
    fields["outcome"], fields["kind"] = timing.outcome.value, timing.kind.value
    for name in ("spans", "layers"):
        fields[name] = [span._asdict() for span in fields[name]]
    return fields
