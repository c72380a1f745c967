"""What the parts of timing know of one another, so that none has to import the other: the recorder and the record in progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

Clock: TypeAlias = Callable[[], int]
"""Tells a time in nanoseconds."""

RouteOf: TypeAlias = Callable[[Any], str | None]
"""Tells the route template from a scope or an environ after the application ran; None if nothing matched."""

RequestOf: TypeAlias = Callable[[Any], tuple[str, ...]]
"""Tells method, path, scheme and HTTP version from a scope or an environ, as they stand there; `KeyError` if one is left out."""


class Shared(Protocol):
    """What a record in progress and its driver ask of the recorder that all requests of one wrapper share."""

    @property
    def clock(self) -> Clock: ...
    @property
    def wall_clock(self) -> Clock: ...
    @property
    def request_of(self) -> RequestOf: ...
    @property
    def route_of(self) -> RouteOf: ...
    @property
    def route_is_given(self) -> bool:
        """Whether `route_of` is the project's: its answer goes before what frameworks report."""

    @property
    def exporters(self) -> tuple[Callable[[Any], object], ...]: ...
    @property
    def export(self) -> Callable[[Any], object]: ...
    @property
    def in_flight(self) -> set[Any]: ...
    @property
    def plain(self) -> bool:
        """Whether a record needs nothing from the request's headers."""

    @property
    def server_timing(self) -> object | None: ...
    @property
    def queue_time(self) -> bool: ...
    @property
    def traceparent(self) -> bool: ...
    @property
    def send_time(self) -> bool: ...
    @property
    def cpu_time(self) -> bool: ...

    def headers_for(self, live: Any, /) -> list[tuple[str, str]]:
        """The headers to add to the response that starts."""

    def queue_of(self, live: Any, /) -> int | None:
        """Nanoseconds from the front server's stamp to the start."""

    def log_no_route(self) -> None:
        """Say that `route_of` failed."""


class InProgress(Protocol):
    """What the header asks of a request that is still running."""

    recorder: Shared
    source: Any
    _extras: Any
    _request: tuple[str, ...]
    _started: int

    @property
    def path(self) -> str: ...
    @property
    def scheme(self) -> str: ...

    def note_request(self) -> None:
        """Read what the request asked for."""

    def header(self, name: str) -> str | None:
        """A request header."""

    def response_header(self, name: str) -> str | None:
        """A response header."""

    def client(self) -> str | None:
        """The client's address."""

    def known_so_far(self) -> list[tuple[str, float, str]]:
        """Name, seconds and description of everything besides the total."""
