"""One request over WSGI, while it is measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.timing._context import live_in_context
from bridgekit.timing._live import SEVERAL, LiveTiming, Request
from bridgekit.timing.routes import route_at_start
from bridgekit.typing import StartResponse

__all__ = ["VERSIONS", "WSGIExchange"]

VERSIONS = {
    "HTTP/1.0": "1.0",
    "HTTP/1.1": "1.1",
    "HTTP/2.0": "2",
    "HTTP/2": "2",
    "HTTP/3.0": "3",
    "HTTP/3": "3",
}
"""CGI's spelling of a protocol, and ASGI's."""


class WSGIExchange(LiveTiming):
    """Stands between the application and the server's ``start_response`` and ``write``."""

    __slots__ = ("around", "start_response_of", "write_to")

    around: LiveTiming | None
    start_response_of: StartResponse
    write_to: Callable[[bytes], object]

    def start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
        """Pass the start of the response on, and see what it says (PEP 3333, "The start_response() Callable")."""
        digits = status[:3]
        self.status = int(digits) if digits.isdecimal() else None
        self.response_headers = headers
        recorder = self.recorder
        if "werkzeug.request" in self.source:
            self.set_route(route_at_start(self.source))
        if recorder.server_timing is not None:
            # A new list: applications pass constants. Each call replaces the headers of the one before, and ours.
            headers = [*headers, *(titled(name, value) for name, value in recorder.headers_for(self))]
        if exc_info is None:
            self.write_to = self.start_response_of(status, headers)
        else:
            try:
                self.note_error(exc_info[1])
                self.write_to = self.start_response_of(status, headers, exc_info)
            finally:
                exc_info = None  # PEP 3333: "should ensure that the traceback does not create a cycle"
        return self.write

    def write(self, data: bytes) -> object:
        """The deprecated way out (PEP 3333, "The write() Callable")."""
        clock = self.recorder.clock
        started = clock()
        if self.first_byte is None:
            self.first_byte = started
        elif self.bytes_out and data:
            self.pieces = SEVERAL
        try:
            return self.write_to(data)
        finally:
            self.bytes_out += len(data)
            if self.recorder.send_time:
                self.add_send(clock() - started)

    def leave(self) -> None:
        """Give the context back to a request in the middle of which this one was made, in the same thread."""
        if self.around is not None:
            live_in_context.set(self.around)

    def fail(self, error: BaseException) -> None:
        super().fail(error)
        self.leave()

    # -- the questions of LiveTiming

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
            value = environ.get(
                "mod_wsgi.request_start"
            )  # microseconds, set by mod_wsgi from Apache's request time
        return value

    def client(self) -> str | None:
        address: str | None = self.source.get("REMOTE_ADDR")
        return address or None

    def response_header(self, name: str) -> str | None:
        for key, value in self.response_headers or ():
            if key.lower() == name:
                return str(value)
        return None


def titled(name: str, value: str) -> tuple[str, str]:
    return name.title(), value
