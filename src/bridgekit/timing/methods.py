"""Request methods as they are recorded: a bounded set."""

from __future__ import annotations

KNOWN_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"}
)
"""The methods that keep their name: RFC 9110 section 9, RFC 5789 and QUERY, the list of OpenTelemetry's conventions."""

OTHER_METHOD = "_OTHER"
"""What every other method is called, so that a scanner cannot invent label values (OpenTelemetry's name for it)."""
