"""Time in the queues before the server, from the stamp that a front server leaves in a request header."""

from __future__ import annotations

import re
from collections.abc import Callable

QUEUE_HEADERS = ("x-request-start", "x-queue-start")
"""The headers that are looked at, the first credible one counts."""

MAX_QUEUE_SECONDS = 3600.0
"""A stamp older than that is a broken clock: no front server keeps a request for an hour."""

MAX_DIGITS = 24

# "t=" is Heroku's, New Relic's and Apache's prefix; a unit is guessed from the size, because none is ever given:
# Heroku sends whole milliseconds, nginx "t=${msec}" seconds with three decimals, Apache's %t microseconds,
# Render nanoseconds. Between two units lie three digits, so the guess is right from 2001 to 2286.
STAMP = re.compile(r"(?:t=)?([0-9]+)(?:\.([0-9]+))?", re.ASCII)
UNITS = ((10**9, 10**9), (10**12, 10**6), (10**15, 10**3), (10**18, 1))


def stamp_nanoseconds(value: str) -> int | None:
    """The moment that a header names, in nanoseconds of Unix time; None if it is not a plain positive number.

    Exact: no floating point on the way, in which nanoseconds of today do not fit.
    """
    match = STAMP.fullmatch(value.strip())
    if match is None or len(value) > MAX_DIGITS + 8:
        return None
    whole, decimals = match[1], match[2] or ""
    number = int(whole)
    for smallest, nanoseconds in reversed(UNITS):
        if number >= smallest:
            fraction = int((decimals + "0" * 9)[:9])
            return number * nanoseconds + fraction * nanoseconds // 10**9
    return None


def queue_nanoseconds(header: Callable[[str], str | None], arrived: int) -> int | None:
    """Nanoseconds between the stamp in the request's headers and `arrived` (nanoseconds of Unix time).

    A stamp from the future (the clocks of two machines differ) or from more than `MAX_QUEUE_SECONDS` ago is no stamp.
    """
    for name in QUEUE_HEADERS:
        value = header(name)
        if value is None:
            continue
        stamped = stamp_nanoseconds(value)
        if stamped is not None and 0 <= arrived - stamped <= MAX_QUEUE_SECONDS * 1e9:
            return arrived - stamped
    return None
