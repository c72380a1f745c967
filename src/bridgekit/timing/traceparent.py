"""The ``traceparent`` request header (W3C Trace Context, section 3.2)."""

from __future__ import annotations

import re

# Lower-case hex only; a version beyond 00 may have further fields, which stay out.
FIELDS = re.compile(r"([0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2})(-.*)?", re.ASCII)


def valid_traceparent(value: str | None) -> str | None:
    """The four fields of a valid header; None for none, and for one that must be ignored."""
    match = FIELDS.fullmatch((value or "").strip())
    if match is None:
        return None
    fields, trace, parent, more = match.groups()
    version = fields[:2]
    if version == "ff" or (version == "00" and more) or not trace.strip("0") or not parent.strip("0"):
        return None
    return fields
