"""The least code that could measure a request, written by hand for one purpose each: what bridgekit.timing is compared with."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from bridgekit.timing.exporters.histogram import BUCKETS

Sink = Callable[[Any], object]
clock = time.perf_counter_ns


class ASGIBare:
    """Status, first byte at the response's start, total at the application's return; nothing else."""

    def __init__(self, app: Any, sink: Sink) -> None:
        self.app, self.sink = app, sink

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started, status, first = clock(), 0, 0

        def measured_send(message: Any) -> Any:
            nonlocal status, first
            if message["type"] == "http.response.start":
                status, first = message["status"], clock()
            return send(message)

        try:
            await self.app(scope, receive, measured_send)
        finally:
            self.sink((status, first - started, clock() - started))


class ASGISameFacts:
    """What a record of ours holds for such a request: status, first body byte, last byte taken, bytes, in flight."""

    header = histogram = False

    def __init__(self, app: Any, sink: Sink) -> None:
        self.app, self.sink, self.active = app, sink, 0
        self.counts = [0] * (len(BUCKETS) + 1)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, first, size, ended = clock(), 0, 0, 0, 0
        self.active += 1

        async def last(message: Any) -> None:
            nonlocal ended
            await send(message)
            ended = clock()

        def measured_send(message: Any) -> Any:
            nonlocal status, first, size
            if message["type"] == "http.response.body":
                first = first or clock()
                size += len(message.get("body", b""))
                return send(message) if message.get("more_body", False) else last(message)
            if message["type"] == "http.response.start":
                status = message["status"]
                if self.header:
                    value = b"app;dur=%.3f" % ((clock() - started) / 1e6)
                    message = {**message, "headers": [*message["headers"], (b"server-timing", value)]}
            return send(message)

        try:
            await self.app(scope, receive, measured_send)
        finally:
            self.active -= 1
            ended = ended or clock()
            if self.histogram:
                self.counts[bisect_left(BUCKETS, (ended - started) / 1e9)] += 1
            self.sink((scope["method"], scope["path"], status, first - started, ended - started, size))


class ASGISameFactsHeader(ASGISameFacts):
    header = histogram = True


class WSGIBare:
    """Status, first byte at ``start_response``, total at ``close()``: no Python code per chunk, so no bytes either."""

    def __init__(self, app: Any, sink: Sink) -> None:
        self.app, self.sink = app, sink

    def __call__(self, environ: Any, start_response: Any) -> Any:
        started, status, first = clock(), "", 0

        def measured_start(given: str, headers: Any, exc_info: Any = None) -> Any:
            nonlocal status, first
            status, first = given, clock()
            return (
                start_response(given, headers)
                if exc_info is None
                else start_response(given, headers, exc_info)
            )

        body = self.app(environ, measured_start)
        return PassThrough(body, lambda: self.sink((status, first - started, clock() - started)))


class PassThrough:
    __slots__ = ("body", "done")

    def __init__(self, body: Any, done: Callable[[], object]) -> None:
        self.body, self.done = body, done

    def __iter__(self) -> Any:
        return iter(self.body)

    def close(self) -> None:
        try:
            if hasattr(self.body, "close"):
                self.body.close()
        finally:
            self.done()


class WSGISameFacts:
    """What a record of ours holds: status, first byte, last byte taken, bytes, lost client, in flight."""

    header = histogram = False

    def __init__(self, app: Any, sink: Sink) -> None:
        self.app, self.sink, self.active = app, sink, 0
        self.counts = [0] * (len(BUCKETS) + 1)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        started, status = clock(), ""
        self.active += 1

        def measured_start(given: str, headers: Any, exc_info: Any = None) -> Any:
            nonlocal status
            status = given
            if self.header:
                headers = [*headers, ("Server-Timing", f"app;dur={(clock() - started) / 1e6:.3f}")]
            return (
                start_response(given, headers)
                if exc_info is None
                else start_response(given, headers, exc_info)
            )

        body = self.app(environ, measured_start)

        def done(first: int, size: int, whole: bool) -> None:
            self.active -= 1
            took = clock() - started
            if self.histogram:
                self.counts[bisect_left(BUCKETS, took / 1e9)] += 1
            method, path = environ["REQUEST_METHOD"], environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"]
            self.sink((method, path, int(status[:3]), first - started, took, size, whole))

        return Counting(body, done)


class WSGISameFactsHeader(WSGISameFacts):
    header = histogram = True


class Counting:
    __slots__ = ("body", "done")

    def __init__(self, body: Any, done: Callable[[int, int, bool], object]) -> None:
        self.body, self.done = body, done

    def __iter__(self) -> Iterator[bytes]:
        first, size, whole = 0, 0, False
        try:
            for chunk in self.body:
                first = first or clock()
                size += len(chunk)
                yield chunk
            whole = True
        finally:
            self.done(first, size, whole)

    def close(self) -> None:
        if hasattr(self.body, "close"):
            self.body.close()
