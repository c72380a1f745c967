"""One request through Django's middleware chain, while it is measured from inside Django."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from bridgekit.timing.drivers.wsgi_exchange import VERSIONS
from bridgekit.timing.measuring.record_in_progress import OPEN, SEVERAL, LiveTiming


class DjangoExchange(LiveTiming):
    """Measures from the middleware until Django closes the response, which it does once the server has taken it."""

    __slots__ = ()

    @property
    def interface(self) -> str:
        """The side that measured."""
        return "django"

    def header(self, name: str) -> str | None:
        value: str | None = self.source.headers.get(name)
        return value

    def client(self) -> str | None:
        address: str | None = self.source.META.get("REMOTE_ADDR")
        return address or None

    def response_header(self, name: str) -> str | None:
        headers = self.response_headers
        value: str | None = None if headers is None else headers.get(name)
        return value

    def follow(self, response: Any) -> None:
        """See the response's body go out, and end with it. The exporters are asked when it is closed: then the server has all of it, and
        Django is in a thread, where one that takes its time keeps no event loop waiting."""
        self._status = response.status_code
        self.response_headers = response.headers
        if not response.streaming:
            self._first_byte = self.recorder.clock()
            self._bytes_out = len(response.content)
        elif getattr(response, "file_to_stream", None) is not None:
            # FileResponse: the server may send the file by itself, and touching its content would prevent that.
            self._first_byte = self.recorder.clock()
            self.set_file_size(response.headers.get("Content-Length"))
        else:
            self.pieces = OPEN
            wrap = self._async_chunks if response.is_async else self._chunks
            response.streaming_content = wrap(response.streaming_content)
        streams = self.pieces == OPEN
        close = response.close

        def finish_and_close() -> None:
            if self.source is not None:
                self.finish(None if streams and not self._ended else True)
            close()

        response.close = finish_and_close

    def _chunks(self, chunks: Any) -> Iterator[Any]:
        try:
            for chunk in chunks:
                self._see(chunk)
                yield chunk
        except Exception as error:
            self.fail(error)
            raise
        self._ended = self.recorder.clock()

    async def _async_chunks(self, chunks: Any) -> AsyncIterator[Any]:
        try:
            async for chunk in chunks:
                self._see(chunk)
                yield chunk
        except Exception as error:
            self.fail(error)
            raise
        self._ended = self.recorder.clock()

    def _see(self, chunk: Any) -> None:
        if chunk:
            if self._first_byte is None:
                self._first_byte = self.recorder.clock()
            elif self._bytes_out:
                self.pieces = SEVERAL
            self._bytes_out += len(chunk)


def request_of_request(request: Any) -> tuple[str, ...]:
    """Method, path, scheme and HTTP version of an `HttpRequest`, as `Recorder.request_of`."""
    scope = getattr(request, "scope", None)
    version = scope.get("http_version", "1.1") if scope is not None else None
    return (
        request.method or "GET",
        request.path,
        request.scheme or "http",
        version or VERSIONS.get(request.META.get("SERVER_PROTOCOL"), "1.1"),
    )


def route_of_request(request: Any) -> str | None:
    """The pattern of the URLconf that matched, below the script name: ``/shop/orders/<int:pk>/``."""
    match = getattr(request, "resolver_match", None)
    if match is None:
        return None
    return f"{mount_of(request).rstrip('/')}/{match.route.lstrip('/')}"


def mount_of(request: Any) -> str:
    """The script name. `HttpRequest.path` is that and path_info in one."""
    mount: str = request.path.removesuffix(request.path_info)
    return mount


def report_route(outer: Any, request: Any) -> None:
    """Tell the record of a wrapper around Django what the URLconf matched, if anything."""
    report = getattr(outer, "set_inner_route", None)
    if report is not None:
        match = getattr(request, "resolver_match", None)
        report(mount_of(request), None if match is None else f"/{match.route.lstrip('/')}")
