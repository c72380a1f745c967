"""What only some requests have: spans, waits, sizes of request bodies; and how nanoseconds become seconds."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias


class SpanTiming(NamedTuple):
    """All blocks of one name inside one request."""

    name: str
    """As `span` was given it."""
    seconds: float
    """Sum over all of them; blocks that ran at the same time count each."""
    calls: int = 1
    """How many blocks."""
    description: str = ""
    """For people; empty where none was given."""


NANO = 1e9

Spans: TypeAlias = tuple[SpanTiming, ...]


class Extras:
    """What most requests never have: kept apart, so that those do not pay for it. Times in nanoseconds."""

    __slots__ = (
        "bytes_in",
        "cpu",
        "cpu_since",
        "inner_route",
        "layers",
        "loop_wait",
        "queue",
        "receive",
        "route",
        "send",
        "size_unknown",
        "spans",
        "thread_wait",
        "traceparent",
    )

    def __init__(self) -> None:
        self.bytes_in = 0
        self.receive = 0
        self.send: int | None = None
        self.cpu: int | None = None
        self.cpu_since: tuple[int, int] | None = None
        self.thread_wait: int | None = None
        self.loop_wait: int | None = None
        self.queue: int | None = None
        self.route: str | None = None
        self.inner_route: tuple[str, str | None] | None = None
        self.spans: dict[str, list[Any]] = {}
        self.layers: Spans = ()
        self.size_unknown = False
        self.traceparent: str | None = None


NO_EXTRAS = Extras()


def seconds(value: int | None) -> float | None:
    return None if value is None else value / NANO


def nanoseconds(value: float | None) -> int | None:
    return None if value is None else round(value * NANO)


def span_timings(spans: dict[str, list[Any]]) -> Spans:
    if not spans:
        return ()
    return tuple(
        SpanTiming(name, spent / NANO, calls, text) for name, (spent, calls, text) in list(spans.items())
    )
