"""A small HTTP/1.1 client at socket level, for what polite clients cannot do.

Half-sent bodies, chunked uploads in pieces, targets that are not UTF-8, leaving in the middle of a response with a
FIN or an RST, interim responses (100, 103) kept in order. It decodes framing strictly (RFC 9112, sections 6 and 7): a
body that ends early raises `TruncatedBody`, never looks complete.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeAlias

Address: TypeAlias = tuple[str, int] | str
"""Host and port, or the path of a unix socket."""

RawHeaders: TypeAlias = Iterable[tuple[str | bytes, str | bytes]]

READ_SIZE = 64 * 1024


class TruncatedBody(Exception):
    """The connection ended before the framing said that the body was complete."""


@dataclass(frozen=True)
class Head:
    """A response's status line and fields, names lower-cased, values as latin-1 text."""

    version: str
    status: int
    reason: str
    headers: list[tuple[str, str]]

    def get(self, name: str) -> str | None:
        """The first field of that (lower-case) name."""
        return next((value for key, value in self.headers if key == name), None)

    def get_all(self, name: str) -> list[str]:
        """Every field of that (lower-case) name, in order."""
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True)
class Response:
    """A complete response, and the interim ones that came before it."""

    head: Head
    body: bytes
    interim: list[Head] = field(default_factory=list)

    @property
    def status(self) -> int:
        return self.head.status

    @property
    def text(self) -> str:
        return self.body.decode()


class RawClient:
    """One connection. Every blocking call is bounded by `timeout` seconds (`TimeoutError`)."""

    def __init__(self, address: Address, *, timeout: float = 30.0) -> None:
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout=timeout)
        self.interim: list[Head] = []
        self._buffer = b""
        self._method = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- out

    def send_head(
        self, method: str, target: str | bytes = "/", headers: RawHeaders = (), *, version: str = "HTTP/1.1"
    ) -> None:
        """Send a request line and fields; a Host field is added where there is none."""
        fields = [(as_bytes(name), as_bytes(value)) for name, value in headers]
        if not any(name.lower() == b"host" for name, _ in fields):
            fields.insert(0, (b"Host", b"localhost"))
        lines = [b" ".join((as_bytes(method), as_bytes(target), as_bytes(version)))]
        lines += [name + b": " + value for name, value in fields]
        self._method = method
        self.send(b"\r\n".join(lines) + b"\r\n\r\n")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_chunk(self, data: bytes) -> None:
        """One piece of a chunked body (RFC 9112, section 7.1); `b""` ends the body."""
        self.send(b"%x\r\n%b\r\n" % (len(data), data))

    def half_close(self) -> None:
        """Say that nothing more will be sent, and go on reading."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Leave with an RST, as a crashed client or a dropped mobile link does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    # -- in

    def read_head(self) -> Head:
        """The next final response head; interim responses go to `interim`."""
        while True:
            head = self._read_one_head()
            if head.status >= 200 or head.status == 101:
                return head
            self.interim.append(head)

    def read_interim(self) -> Head:
        """The next head, which must be an interim one (1xx)."""
        head = self._read_one_head()
        assert 100 <= head.status < 200, f"expected an interim response, got {head.status}"
        self.interim.append(head)
        return head

    def read_body(self, head: Head) -> bytes:
        return b"".join(self.iter_body(head))

    def read_response(self) -> Response:
        head = self.read_head()
        return Response(head, self.read_body(head), list(self.interim))

    def iter_body(self, head: Head) -> Iterator[bytes]:
        """The decoded body in pieces as they arrive."""
        if self._method == "HEAD" or head.status in (204, 304):
            return iter(())
        if (head.get("transfer-encoding") or "").lower() == "chunked":
            return self._iter_chunks()
        length = head.get("content-length")
        return self._iter_until_eof() if length is None else self._iter_exactly(int(length))

    def at_eof(self) -> bool:
        """Whether the server has closed its side with nothing left unread."""
        return not self._buffer and not self._more()

    def read_line(self) -> bytes:
        """One line without its CRLF."""
        while b"\r\n" not in self._buffer:
            if not self._more():
                raise TruncatedBody(f"connection ended inside a line: {self._buffer!r}")
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line

    def _read_one_head(self) -> Head:
        version, _, rest = self.read_line().decode("latin-1").partition(" ")
        status, _, reason = rest.partition(" ")
        headers = []
        while line := self.read_line():
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name.strip().lower(), value.strip()))
        return Head(version, int(status), reason, headers)

    def _iter_chunks(self) -> Iterator[bytes]:
        while size := int(self.read_line().partition(b";")[0], 16):
            yield from self._iter_exactly(size)
            assert self.read_line() == b"", "a chunk is longer than it said"
        while self.read_line():  # trailer fields
            pass

    def _iter_exactly(self, length: int) -> Iterator[bytes]:
        while length:
            if not self._buffer and not self._more():
                raise TruncatedBody(f"{length} bytes are missing")
            piece, self._buffer = self._buffer[:length], self._buffer[length:]
            length -= len(piece)
            yield piece

    def _iter_until_eof(self) -> Iterator[bytes]:
        while self._buffer or self._more():
            piece, self._buffer = self._buffer, b""
            yield piece

    def _more(self) -> bool:
        data = self.socket.recv(READ_SIZE)
        self._buffer += data
        return bool(data)


def request(
    address: Address,
    method: str = "GET",
    target: str | bytes = "/",
    headers: RawHeaders = (),
    body: bytes = b"",
    *,
    timeout: float = 30.0,
) -> Response:
    """One request on its own connection; Content-Length is added where there is a body."""
    fields = [*headers, ("Connection", "close")]
    if body:
        fields.append(("Content-Length", str(len(body))))
    with RawClient(address, timeout=timeout) as client:
        client.send_head(method, target, fields)
        if body:  # on a unix socket even nothing is a broken pipe once the server has answered and closed
            client.send(body)
        return client.read_response()


def as_bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
