"""The iterable that a measured WSGI application gives to its server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from bridgekit.timing.drivers.wsgi_exchange import WSGIExchange, WSGILive
from bridgekit.timing.measuring.record_in_progress import ONE, OPEN, SEVERAL


class Body:
    """Passes chunks on and ends the record with the last one.

    It has no ``__len__``: servers take a length of 1 as leave to compute Content-Length from the first chunk.

    Not the exchange itself: the application's iterable may hold ``start_response``, so the two would hold each other.
    """

    __slots__ = ("_body", "_exchange", "_live")

    def __init__(self, exchange: WSGIExchange, body: Any) -> None:
        self._live = exchange.live
        self._exchange = exchange
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        live = self._live
        recorder = live.recorder
        if live.pieces == ONE:
            live.pieces = OPEN
        chunks = self._chunks()
        return measured_chunks(live, chunks) if recorder.send_time or recorder.cpu_time else chunks

    def _chunks(self) -> Iterator[bytes]:
        # A generator, and not __next__: half the cost per chunk.
        live, chunks = self._live, iter(self._body)
        try:
            for chunk in chunks:
                # PEP 3333, "Handling the Content-Length Header": headers go out with the first non-empty chunk.
                if chunk:
                    if live._first_byte is None:
                        live._first_byte = live.recorder.clock()
                    elif live._bytes_out:
                        live.pieces = SEVERAL
                    live._bytes_out += len(chunk)
                yield chunk
                if live.pieces == SEVERAL:
                    break
            for chunk in chunks:  # nothing more to find out
                live._bytes_out += len(chunk)
                yield chunk
        except GeneratorExit:
            raise  # the server has had enough: close() knows what that means
        except BaseException as error:
            live.fail(error)
            raise
        live.finish(live._status is not None)

    def close(self) -> None:
        """The server is done, or the client has gone (PEP 3333: called once, at the end or before it)."""
        live = self._live
        if live.source is not None:
            live.end_early()
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._exchange.leave()

    def __del__(self) -> None:
        # A server that neither reads to the end nor calls close() breaks PEP 3333; the request ended all the same.
        live = self._live
        if live.source is not None:
            live.end_early()


class SizedBody(Body):
    """A body whose number of chunks the server may know, because the application's own one has a length."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(self._body)


class MeasuredListBody:
    """An exchange that is a list's body (see `WSGIExchange`), with ``send_time=True``."""

    __slots__ = ("_exchange",)

    def __init__(self, exchange: WSGIExchange) -> None:
        self._exchange = exchange

    def __len__(self) -> int:
        return len(self._exchange)

    def __iter__(self) -> Iterator[bytes]:
        return measured_chunks(self._exchange.live, iter(self._exchange))

    def close(self) -> None:
        """The server is done."""
        self._exchange.close()


def measured_chunks(live: WSGILive, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, with the time that producing them (CPU) and sending them takes."""
    clock, with_cpu, with_send = live.recorder.clock, live.recorder.cpu_time, live.recorder.send_time
    while True:
        if with_cpu:
            live.begin_cpu()
        try:
            chunk = next(chunks)
        except StopIteration:
            return
        finally:
            if with_cpu:
                live.end_cpu()
        started = clock()
        try:
            yield chunk
        finally:
            if with_send:
                live.add_send(clock() - started)


def measured_body(exchange: WSGIExchange, body: Any) -> Any:
    """What to give to the server in place of the application's iterable."""
    kind = type(body)
    if kind is list or kind is tuple:
        exchange.body = body
        return exchange if not exchange.live.recorder.send_time else MeasuredListBody(exchange)
    wrapper = exchange.live.source.get("wsgi.file_wrapper")
    if isinstance(wrapper, type) and isinstance(body, wrapper):
        return hook_file(exchange.live, body)
    return SizedBody(exchange, body) if hasattr(kind, "__len__") else Body(exchange, body)


def hook_file(live: WSGILive, body: Any) -> Any:
    """The server's own file wrapper, as it is: only so does the server send the file by itself.

    PEP 3333, "Optional Platform-Specific File Handling". The end is seen at its ``close``; where the class does not
    let it be replaced, the record ends here.
    """
    live._first_byte = live.recorder.clock()
    live.set_file_size(live.response_header("content-length"))
    close = getattr(body, "close", None)

    def finish_and_close() -> None:
        live.finish(live._status is not None)
        if close is not None:
            close()

    with contextlib.suppress(AttributeError, TypeError):
        body.close = finish_and_close
        return body
    live.finish(live._status is not None)
    return body
