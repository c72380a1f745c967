"""The live record of a request or session that came as an ASGI scope."""

from __future__ import annotations

from typing import Any

from bridgekit.timing._live import LiveTiming, Request

__all__ = ["ASGILive"]


class ASGILive(LiveTiming):
    """Answers the questions of `LiveTiming` from an HTTP or websocket scope."""

    __slots__ = ()

    def request(self) -> Request:
        scope = self.source
        try:
            return "asgi", scope["http_version"], scope["scheme"], scope["method"], scope["path"]
        except KeyError:  # a websocket has no method, and the scheme is optional
            get = scope.get
            return (
                "asgi",
                get("http_version", "1.1"),
                get("scheme", "http"),
                get("method", "GET"),
                scope["path"],
            )

    def header(self, name: str) -> str | None:
        return find(self.source.get("headers", ()), name)

    def client(self) -> str | None:
        client = tuple(self.source.get("client") or ())
        return str(client[0]) if client else None

    def response_header(self, name: str) -> str | None:
        return find(self.response_headers or (), name)


def find(headers: Any, name: str) -> str | None:
    """The first value of a header in a list of pairs of bytes."""
    wanted = name.encode("ascii")
    for key, value in headers:
        if key.lower() == wanted:
            return bytes(value).decode("latin-1")
    return None
