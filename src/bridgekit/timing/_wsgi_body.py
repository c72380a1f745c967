"""The iterable that a measured WSGI application gives to its server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sized
from typing import Any, cast

from bridgekit.timing._live import ONE, OPEN, SEVERAL
from bridgekit.timing._wsgi_exchange import WSGILive

__all__ = ["Body", "ListBody", "SizedBody", "hook_file", "measured_body"]


class Body:
    """Passes chunks on and ends the record with the last one.

    It has no ``__len__``: servers take a length of 1 as leave to compute Content-Length from the first chunk.
    """

    __slots__ = ("_body", "_live")

    def __init__(self, live: WSGILive, body: Iterable[bytes]) -> None:
        self._live = live
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        live = self._live
        recorder = live.recorder
        if live.pieces == ONE:
            live.pieces = OPEN
        if recorder.send_time or recorder.cpu_time:
            return self._measured_chunks()
        return self._chunks()

    def _chunks(self) -> Iterator[bytes]:
        # A generator, and not __next__: half the cost per chunk.
        live = self._live
        try:
            for chunk in self._body:
                # PEP 3333, "Handling the Content-Length Header": headers go out with the first non-empty chunk.
                if chunk:
                    if live._first_byte is None:
                        live._first_byte = live.recorder.clock()
                    elif live._bytes_out:
                        live.pieces = SEVERAL
                    live._bytes_out += len(chunk)
                yield chunk
        except GeneratorExit:
            raise  # the server has had enough: close() knows what that means
        except BaseException as error:
            live.fail(error)
            raise
        live.finish(complete=live._status is not None)

    def _measured_chunks(self) -> Iterator[bytes]:
        live = self._live
        clock, with_cpu = live.recorder.clock, live.recorder.cpu_time
        taken = self._chunks()
        while True:
            if with_cpu:
                live.begin_cpu()
            try:
                chunk = next(taken)
            except StopIteration:
                return
            finally:
                if with_cpu:
                    live.end_cpu()
            started = clock()
            try:
                yield chunk
            finally:
                if live.recorder.send_time:
                    live.add_send(clock() - started)

    def close(self) -> None:
        """The server is done, or the client has gone (PEP 3333: called once, at the end or before it)."""
        live = self._live
        if not live.finished:
            live.end_early()
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            live.leave()

    def __del__(self) -> None:
        # A server that neither reads to the end nor calls close() breaks PEP 3333; the request ended all the same.
        live = self._live
        if not live.finished:
            live.end_early()


class SizedBody(Body):
    """A body whose number of chunks the server may know, because the application's own one tells it."""

    __slots__ = ()

    def __len__(self) -> int:
        return len(cast("Sized", self._body))


class ListBody(SizedBody):
    """A list or tuple of chunks: all there at once, and nothing can go wrong in between."""

    __slots__ = ()

    def __iter__(self) -> Iterator[bytes]:
        live = self._live
        if live._first_byte is None:
            live._first_byte = live.recorder.clock()
        return self._measured_chunks() if live.recorder.send_time else self._chunks()

    def _chunks(self) -> Iterator[bytes]:
        live = self._live
        for chunk in self._body:
            live._bytes_out += len(chunk)
            yield chunk
        live.finish(complete=live._status is not None)

    def close(self) -> None:
        """The server is done; a list has nothing to close."""
        live = self._live
        if not live.finished:
            live.end_early()
        if live.around is not None:
            live.leave()


def measured_body(live: WSGILive, body: Any) -> Any:
    """What to give to the server in place of the application's iterable."""
    kind = type(body)
    if kind is list or kind is tuple:
        return ListBody(live, body)
    wrapper = live.source.get("wsgi.file_wrapper")
    if isinstance(wrapper, type) and isinstance(body, wrapper):
        return hook_file(live, body)
    return SizedBody(live, body) if hasattr(kind, "__len__") else Body(live, body)


def hook_file(live: WSGILive, body: Any) -> Any:
    """The server's own file wrapper, as it is: only so does the server send the file by itself.

    PEP 3333, "Optional Platform-Specific File Handling". The end is seen at its ``close``; where the class does not
    let it be replaced, the record ends here.
    """
    live._first_byte = live.recorder.clock()
    live.set_file_size(live.response_header("content-length"))
    close = getattr(body, "close", None)

    def finish_and_close() -> None:
        live.finish(complete=live._status is not None)
        if close is not None:
            close()

    with contextlib.suppress(AttributeError, TypeError):
        body.close = finish_and_close
        return body
    live.finish(complete=live._status is not None)
    return body
