"""One request over WSGI, while it is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from bridgekit.timing.measuring.current import leave
from bridgekit.timing.measuring.record_in_progress import SEVERAL, LiveTiming
from bridgekit.timing.measuring.reported import ReportedTiming
from bridgekit.timing.routing.routes import report_flask_rule
from bridgekit.typing import StartResponse

VERSIONS = {
    "HTTP/1.0": "1.0",
    "HTTP/1.1": "1.1",
    "HTTP/2.0": "2",
    "HTTP/2": "2",
    "HTTP/3.0": "3",
    "HTTP/3": "3",
}
"""CGI's spelling of a protocol, and ASGI's."""

MAX_STATUSES = 1000

MOD_WSGI_STAMPS = {"x-request-start": "mod_wsgi.request_start", "x-queue-start": "mod_wsgi.queue_start"}
"""Microseconds from mod_wsgi: Apache's time of the request, and when it was handed to a daemon process."""

request_of_environ = itemgetter(
    "REQUEST_METHOD", "PATH_INFO", "wsgi.url_scheme", "SERVER_PROTOCOL", "SCRIPT_NAME"
)
"""As `Recorder.request_of`; path and version are made of it when they are asked for."""

LEFT_OUT = {
    "REQUEST_METHOD": "GET",
    "PATH_INFO": "",
    "wsgi.url_scheme": "http",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "SCRIPT_NAME": "",
}

_codes: dict[str, int] = {}  # reading a number out of "200 OK" costs 0.4 us; there are few different ones


class WSGILive(LiveTiming):
    """Answers the questions of `LiveTiming` from an environ."""

    __slots__ = ()

    @property
    def interface(self) -> str:
        """The side that measured."""
        return "wsgi"

    @property
    def path(self) -> str:
        """The decoded path as the client asked for it, mount points included; unbounded, so for logs only."""
        path = self._request[4] + self._request[1]
        if path.isascii():
            return path
        # PEP 3333, "Unicode Issues": bytes that were put into a string as latin-1.
        return path.encode("latin-1").decode("utf-8", "replace")

    @property
    def http_version(self) -> str:
        """``1.0``, ``1.1``, ``2`` or ``3``."""
        protocol = self._request[3]
        return VERSIONS.get(protocol) or protocol.partition("/")[2]

    def sparse_request(self) -> tuple[str, ...]:
        """SCRIPT_NAME and PATH_INFO may be left out where they are empty (PEP 3333, "environ Variables"), others by mistake."""
        request: tuple[str, ...] = request_of_environ(LEFT_OUT | self.source)
        return request

    def header(self, name: str) -> str | None:
        environ = self.source
        value: str | None = environ.get("HTTP_" + name.upper().replace("-", "_"))
        if value is None and name in MOD_WSGI_STAMPS:
            value = environ.get(MOD_WSGI_STAMPS[name])
        return value

    def client(self) -> str | None:
        address: str | None = self.source.get("REMOTE_ADDR")
        return address or None

    def response_header(self, name: str) -> str | None:
        for key, value in self.response_headers or ():
            if key.lower() == name:
                return str(value)
        return None


class WSGIExchange:
    """Stands between the application and the server's ``start_response`` and ``write``; and is the body where that is a list.

    Another object for each of the commonest responses would cost a tenth of the measuring. A list's chunks are all there at
    once, and nothing can go wrong in between. What is no list is wrapped (`bridgekit.timing.drivers.wsgi_body`): the
    application's iterable may hold ``start_response``, so the two would hold each other.

    Apart from the record, which outlives it: exporters may keep records, and must not keep the server's connection with them.
    """

    __slots__ = ("around", "body", "live", "start_response_of", "write_to")

    around: ReportedTiming | None
    """The request in the middle of which this one was made, in the same thread."""
    body: Any
    """The list or tuple that the application returned; not set where it returned something else."""
    live: WSGILive
    start_response_of: StartResponse
    write_to: Callable[[bytes], object]

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        """Pass the start of the response on, and see what it says (PEP 3333, "The start_response() Callable")."""
        live = self.live
        environ = live.source
        if environ is not None:
            live._status = _codes[status] if status in _codes else code_of(status)
            live.response_headers = headers
            if "werkzeug.request" in environ:
                report_flask_rule(live, environ)
            if live.recorder.server_timing is not None:
                # A new list: applications pass constants. Each call replaces the headers of the one before, and ours.
                headers = [*headers, *live.recorder.headers_for(live)]
        if exc_info is None:
            self.write_to = self.start_response_of(status, headers)
        else:
            try:
                live.note_error(exc_info[1])
                self.write_to = self.start_response_of(status, headers, exc_info)
            finally:
                exc_info = None  # PEP 3333: "should ensure that the traceback does not create a cycle"
        return self.write

    def write(self, data: bytes) -> object:
        """The deprecated way out (PEP 3333, "The write() Callable")."""
        live = self.live
        if live.source is None:
            return self.write_to(data)
        clock = live.recorder.clock
        started = clock()
        if live._first_byte is None:
            live._first_byte = started
        elif live._bytes_out and data:
            live.pieces = SEVERAL
        try:
            return self.write_to(data)
        finally:
            live._bytes_out += len(data)
            if live.recorder.send_time:
                live.add_send(clock() - started)

    def __len__(self) -> int:
        return len(self.body)

    def __iter__(self) -> Iterator[bytes]:
        live = self.live
        if live._first_byte is None:
            live._first_byte = live.recorder.clock()
        for chunk in self.body:
            live._bytes_out += len(chunk)
            yield chunk
        live.finish(live._status is not None)

    def close(self) -> None:
        """The server is done; a list has nothing to close."""
        live = self.live
        if live.source is not None:
            live.end_early()
        if self.around is not None:
            self.leave()

    def __del__(self) -> None:
        # As in `Body`. Where the body is no list, it goes on without the exchange.
        live = self.live
        if live.source is not None and hasattr(self, "body"):
            live.end_early()

    def leave(self) -> None:
        """Give the context back to the request around this one."""
        if self.around is not None:
            leave(self.around)
            self.around = None


def code_of(status: str) -> int | None:
    """The number of a status line; None if there is none."""
    try:
        code = int(status[:3])
    except ValueError:
        return None
    if len(_codes) < MAX_STATUSES:  # an application could make up a new reason for each response
        _codes[status] = code
    return code
