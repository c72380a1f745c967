"""One request over WSGI, while it is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.timing._context import live_in_context
from bridgekit.timing._live import SEVERAL, LiveTiming, Request
from bridgekit.timing.routes import route_at_start
from bridgekit.typing import StartResponse

__all__ = ["VERSIONS", "WSGIExchange", "WSGILive"]

VERSIONS = {
    "HTTP/1.0": "1.0",
    "HTTP/1.1": "1.1",
    "HTTP/2.0": "2",
    "HTTP/2": "2",
    "HTTP/3.0": "3",
    "HTTP/3": "3",
}
"""CGI's spelling of a protocol, and ASGI's."""


class WSGILive(LiveTiming):
    """Answers the questions of `LiveTiming` from an environ."""

    __slots__ = ("around",)

    around: LiveTiming | None
    """The request in the middle of which this one was made, in the same thread."""

    def request(self) -> Request:
        environ = self.source
        # SCRIPT_NAME and PATH_INFO may be left out where they are empty (PEP 3333, "environ Variables").
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if not path.isascii():
            # PEP 3333, "Unicode Issues": bytes that were put into a string as latin-1.
            path = path.encode("latin-1").decode("utf-8", "replace")
        protocol = environ["SERVER_PROTOCOL"]
        version = VERSIONS.get(protocol) or protocol.partition("/")[2]
        return "wsgi", version, environ["wsgi.url_scheme"], environ["REQUEST_METHOD"], path

    def header(self, name: str) -> str | None:
        environ = self.source
        value: str | None = environ.get("HTTP_" + name.upper().replace("-", "_"))
        if value is None and name == "x-request-start":
            # Microseconds, set by mod_wsgi from Apache's time of the request.
            value = environ.get("mod_wsgi.request_start")
        return value

    def client(self) -> str | None:
        address: str | None = self.source.get("REMOTE_ADDR")
        return address or None

    def response_header(self, name: str) -> str | None:
        for key, value in self.response_headers or ():
            if key.lower() == name:
                return str(value)
        return None

    def leave(self) -> None:
        """Give the context back to the request around this one."""
        if self.around is not None:
            live_in_context.set(self.around)
            self.around = None


class WSGIExchange:
    """Stands between the application and the server's ``start_response`` and ``write``.

    Apart from the record, which outlives it: exporters may keep records, and must not keep the server's connection with them.
    """

    __slots__ = ("live", "start_response_of", "write_to")

    write_to: Callable[[bytes], object]

    def __init__(self, live: WSGILive, start_response: StartResponse) -> None:
        self.live = live
        self.start_response_of = start_response

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        """Pass the start of the response on, and see what it says (PEP 3333, "The start_response() Callable")."""
        live = self.live
        try:
            live._status = int(status[:3])
        except ValueError:
            live._status = None
        live.response_headers = headers
        if "werkzeug.request" in live.source:
            live.set_route(route_at_start(live.source))
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
