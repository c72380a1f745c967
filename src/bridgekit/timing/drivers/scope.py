"""The live record of a request or session that came as an ASGI scope."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from bridgekit.timing.measuring.record_in_progress import LiveTiming

request_of_scope = itemgetter("method", "path", "scheme", "http_version")
"""As `Recorder.request_of`."""


class ASGILive(LiveTiming):
    """Answers the questions of `LiveTiming` from an HTTP or websocket scope."""

    __slots__ = ()

    @property
    def interface(self) -> str:
        """The side that measured."""
        return "asgi"

    def sparse_request(self) -> tuple[str, ...]:
        """A websocket has no method, and the scheme is optional (ASGI HTTP, "Connection Scope")."""
        get = self.source.get
        return get("method", "GET"), get("path", ""), get("scheme", "http"), get("http_version", "1.1")

    def header(self, name: str) -> str | None:
        return find(self.source.get("headers", ()), name)

    def client(self) -> str | None:
        client = tuple(self.source.get("client") or ())
        return str(client[0]) if client else None

    def response_header(self, name: str) -> str | None:
        return find(self.response_headers or (), name)


def find(headers: Any, name: str) -> str | None:
    """The first value of a header in a list of pairs of bytes."""
    encoded = name.encode("ascii")
    for key, value in headers:
        if key.lower() == encoded:
            return bytes(value).decode("latin-1")
    return None
