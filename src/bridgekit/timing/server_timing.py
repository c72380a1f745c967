"""The ``Server-Timing`` response header (W3C Server Timing), which browsers show in their network panel.

Only what is known when the response starts can be in it: browsers do not read it from a trailer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, NamedTuple

from bridgekit._arguments import check_count, check_flag, check_function, check_text, shown
from bridgekit.timing.interface import InProgress
from bridgekit.timing.traceparent import valid_traceparent

__all__ = [
    "READY_MADE",
    "Entry",
    "RequestView",
    "ServerTiming",
    "everyone",
    "format_entries",
    "loopback",
    "shown_to",
]

MIN_BYTES = 128
"""A header smaller than that could not name what was left out."""

DEFAULT_BYTES = 2048
"""Proxies limit all headers together, nginx to 4 or 8 KiB (``proxy_buffer_size``), AWS's load balancer to 16 KiB."""

# What RFC 9110, section 5.6.2, does not allow in a token. A browser cuts a name off there without a word.
NOT_TOKEN = re.compile(r"[^!#$%&'*+\-.^_`|~0-9A-Za-z]")
# What a quoted-string cannot hold on every way: browsers differ about anything that is not ASCII.
NOT_PRINTABLE = re.compile(r"[^ -~]")


DECIMALS = tuple(f".{thousandths:03d}" for thousandths in range(1000))


class Entry(NamedTuple):
    """One metric of the header."""

    name: str
    seconds: float | None = None
    description: str = ""


class RequestView:
    """What a predicate may ask about the request that wants the header; the same on both protocols."""

    __slots__ = ("_live",)

    def __init__(self, live: InProgress) -> None:
        self._live = live
        live.note_request()

    @property
    def source(self) -> Any:
        """The scope, the environ or Django's `HttpRequest` itself."""
        return self._live.source

    @property
    def method(self) -> str:
        """As the client sent it, whatever it is."""
        return self._live._request[0]

    @property
    def path(self) -> str:
        """The decoded path, mount points included."""
        return self._live.path

    @property
    def scheme(self) -> str:
        """``http``, ``https``, ``ws`` or ``wss``."""
        return self._live.scheme

    @property
    def client(self) -> str | None:
        """The client's address as the server gives it: behind a proxy that is the proxy's."""
        return self._live.client()

    def header(self, name: str) -> str | None:
        """The value of a request header, or None."""
        return self._live.header(name.lower())


def everyone(request: RequestView) -> bool:
    """Show the header to all clients. Durations reveal things to outsiders (whether an account exists, what is cached)."""
    return True


def loopback(request: RequestView) -> bool:
    """Show the header to clients on this machine (behind a proxy on this machine: to everybody)."""
    try:
        return ip_address(request.client or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTiming:
    """Who sees the header ``Server-Timing`` (W3C Server Timing, section 3), and how much of it.

    :param allow: says of a request whether its response has the header. It has no default, because a default of yes would show
        every visitor what happens inside; it is asked once per response, and one that raises counts as no (and is logged).
    :param timing_allow_origin: the value of ``Timing-Allow-Origin`` (W3C Resource Timing) to send along ("*", or one origin, or several
        separated by commas), without which pages of other origins see nothing. One that the application sends stays.
    :param max_bytes: bytes that the header may take, 128 at least; entries that do not fit are left out whole, and counted in a last
        one, ``dropped``.
    :param traceparent: also send the request's ``traceparent`` as an entry of that name, from which scripts that monitor real
        users link a page to its trace.
    :raises TypeError: for an ``allow`` that cannot be called with the request, and for an option of another type.
    :raises ValueError: for a ``max_bytes`` below 128, and an origin that no header may hold.
    """

    allow: Callable[[RequestView], bool]
    timing_allow_origin: str | None = None
    max_bytes: int = DEFAULT_BYTES
    traceparent: bool = False

    def __post_init__(self) -> None:
        """Raises `TypeError` or `ValueError` for what cannot work, or would say yes to everybody without meaning to."""
        if isinstance(self.allow, type):  # its objects count as yes
            raise TypeError(f"allow must be a function of the request, not {shown(self.allow)}")
        check_function("allow", self.allow, arguments=1, called_with="the request")
        check_count("max_bytes", self.max_bytes, least=MIN_BYTES)  # below that no entry would fit
        check_flag("traceparent", self.traceparent)
        origin = self.timing_allow_origin
        if origin is not None:
            check_text("timing_allow_origin", origin)
            if not origin or NOT_PRINTABLE.search(origin):
                raise ValueError(f"timing_allow_origin is {origin!r}: a header value is visible ASCII")

    def value(self, live: InProgress) -> str | None:
        """The header's value for the response that starts now; None for whom it is not. May raise what `allow` raises."""
        if self.allow is not everyone and not self.allow(RequestView(live)):
            return None
        if live._extras is None and live.recorder.plain and not self.traceparent:
            # Most responses have one entry, which needs no care, and formatting a float costs as much as all the rest.
            micros = (live.recorder.clock() - live._started) // 1000
            return f"app;dur={micros // 1000}{DECIMALS[micros % 1000]}"
        return format_entries(self._entries(live), self.max_bytes)

    def origin(self, live: InProgress) -> str | None:
        """The value of ``Timing-Allow-Origin`` beside it; None if nobody asks for one or the application sent its own."""
        if self.timing_allow_origin is None or live.response_header("timing-allow-origin") is not None:
            return None
        return self.timing_allow_origin

    def _entries(self, live: InProgress) -> Iterable[Entry]:
        """The most telling first, because the last ones go if there is no room."""
        # "app" and not "total": what follows the start of the response cannot be in a header.
        entries = [Entry("app", (live.recorder.clock() - live._started) / 1e9)]
        if live.recorder.queue_time and (queued := live.recorder.queue_of(live)) is not None:
            entries.append(Entry("queue", queued / 1e9))
        entries += [Entry(name, seconds, text) for name, seconds, text in live.known_so_far()]
        if self.traceparent and (trace := valid_traceparent(live.header("traceparent"))) is not None:
            entries.append(Entry("traceparent", None, trace))
        return entries


READY_MADE = {"everyone": everyone, "loopback": loopback}
"""The predicates of this module by their names, for settings."""


def shown_to(server_timing: object) -> ServerTiming | None:
    """What the argument ``server_timing`` stands for: who sees the header, or None for nobody.

    A function of the request is short for a `ServerTiming` that asks it. True says nothing about who, and is a `TypeError`.
    """
    if server_timing is None or server_timing is False:
        return None
    if isinstance(server_timing, ServerTiming):
        return server_timing
    if server_timing is True:
        raise TypeError(
            "server_timing does not say who sees the header: use everyone or loopback of bridgekit.timing.server_timing, or a "
            "function of the request"
        )
    if not callable(server_timing):
        raise TypeError(
            f"server_timing must be a ServerTiming or a function of the request, not {shown(server_timing)}"
        )
    return ServerTiming(allow=server_timing)


def format_entries(entries: Iterable[Entry], max_bytes: int = DEFAULT_BYTES) -> str:
    """The header's value: ASCII, at most `max_bytes` long, never an empty element.

    An empty element ends the parsing in browsers, so what comes after it would be lost.
    """
    done: list[str] = []
    size, dropped = 0, 0
    room = max_bytes - len(', dropped;desc="9999999999"')
    for entry in entries:
        text = format_entry(entry)
        if size + len(text) + 2 > room:
            dropped += 1
            continue
        done.append(text)
        size += len(text) + 2
    if dropped:
        done.append(f'dropped;desc="{dropped}"')
    return ", ".join(done)


def format_entry(entry: Entry) -> str:
    """``name;dur=milliseconds;desc="text"``; a name that is no token is mended and shown as it was in the description."""
    name = NOT_TOKEN.sub("_", entry.name) or "_"
    description = entry.description or (entry.name if name != entry.name else "")
    text = name
    if entry.seconds is not None:
        # Fixed point: an exponent or a locale's comma would be read as something else.
        text += f";dur={max(entry.seconds, 0.0) * 1000:.3f}"
    if description:
        text += f';desc="{quote(description)}"'
    return text


def quote(text: str) -> str:
    """The inside of a quoted-string (RFC 9110, section 5.6.4)."""
    return NOT_PRINTABLE.sub("?", text).replace("\\", "\\\\").replace('"', '\\"')
