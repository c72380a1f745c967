"""Which of the extensions that a client offers wsproto is told of (RFC 6455 9.1, RFC 7692 7.1).

wsproto reads numbers with ``int()``, whose `ValueError` would be the application's for what a client has sent, and takes the
settings of one offer and the words of another where there are several: both sides would then unpack with different windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EXTENSIONS = b"sec-websocket-extensions"
NAME = "permessage-deflate"

FLAGS = ("server_no_context_takeover", "client_no_context_takeover")
WINDOWS = ("server_max_window_bits", "client_max_window_bits")
_BITS = re.compile(r'"?(9|1[0-5])"?')
"""Of a window. RFC 7692 has 8, too, with which zlib cannot make such data."""


def one_offer(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """``headers`` with the first offer that can be accepted, or with none."""
    kept, offers = [], []
    for name, value in headers:
        if name == EXTENSIONS:
            offers += value.decode("latin-1").split(",")
        else:
            kept.append((name, value))
    accepted = next(filter(None, map(_as_accepted, offers)), None)
    return kept if accepted is None else [*kept, (EXTENSIONS, accepted.encode())]


def _as_accepted(offer: str) -> str | None:
    """An offer in its plainest form; ``None`` for one that must be declined (RFC 7692 7.1): a parameter that is unknown, there twice,
    or has a value that it must not have.
    """
    name, *parameters = (part.strip() for part in offer.split(";"))
    if name != NAME:
        return None
    found: dict[str, str] = {}
    for parameter in parameters:
        key, equals, value = (part.strip() for part in parameter.partition("="))
        bits = _BITS.fullmatch(value)
        if key in found or not (
            (key in FLAGS and not equals)
            or (key in WINDOWS and bits)
            or (key == "client_max_window_bits" and not equals)
        ):
            return None
        found[key] = f"{key}={bits[1]}" if bits else key
    return "; ".join((name, *found.values()))
