"""A WebSocket client on one end of a socket pair; the other end is what a WSGI server hands over."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, BytesMessage, CloseConnection, Event, Request, TextMessage

from tests.helpers.wsgi_client import environ_of

WAIT = 20.0


class WebSocketClient:
    """Begins with the handshake's request, whose environ a server would have made: `environ`."""

    def __init__(
        self, path: str = "/", subprotocols: Iterable[str] = (), extensions: Iterable[Any] = ()
    ) -> None:
        self.socket, self.handed_over = socket.socketpair()
        self.socket.settimeout(WAIT)
        self._ws = WSConnection(ConnectionType.CLIENT)
        asked = Request("testserver", path, subprotocols=list(subprotocols), extensions=list(extensions))
        request = self._ws.send(asked)
        self.fields = [line.split(": ", 1) for line in request.decode().split("\r\n")[1:] if line]
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def environ(self, key: str = "gunicorn.socket", **extra: Any) -> dict[str, Any]:
        """The request as a server that hands over its socket under ``key`` puts it."""
        variables: dict[str, Any] = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.fields
        }
        path, _, query = self._path.partition("?")
        variables |= {"QUERY_STRING": query, key: self.handed_over, **extra}
        return environ_of("GET", path, **variables)

    def headers(self) -> list[tuple[bytes, bytes]]:
        return [(name.lower().encode(), value.encode()) for name, value in self.fields]

    def close(self) -> None:
        """Leave without a word."""
        self.socket.close()
        self.handed_over.close()

    def encode(self, event: Event) -> bytes:
        return self._ws.send(event)

    def send(self, *events: Event) -> None:
        for event in events:
            self.socket.sendall(self.encode(event))

    def text(self, *words: str) -> None:
        self.send(*(TextMessage(data=word) for word in words))

    def accepted(self) -> AcceptConnection:
        event = self.receive()
        assert isinstance(event, AcceptConnection), event
        return event

    def receive(self) -> Event:
        """The next event, messages put together."""
        parts: list[Any] = []
        while True:
            event = self._next()
            if not isinstance(event, TextMessage | BytesMessage):
                return event
            parts.append(event.data)
            if event.message_finished:
                if isinstance(event, TextMessage):
                    return TextMessage(data="".join(parts))
                return BytesMessage(data=b"".join(parts))

    def closed(self) -> tuple[int, str | None]:
        """Code and reason of the close frame that comes now; it is answered."""
        event = self.receive()
        assert isinstance(event, CloseConnection), event
        self.send(event.response())
        return int(event.code), event.reason

    def close_code(self) -> int:
        """Of the close frame that comes now, from a server that does not wait for an answer."""
        event = self.receive()
        assert isinstance(event, CloseConnection), event
        return int(event.code)

    def ended(self) -> bool:
        """Whether the server ends the connection now."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _next(self) -> Event:
        while True:
            for event in self._ws.events():
                return event
            data = self.socket.recv(65536)
            assert data, "the server ended the connection"
            self._ws.receive_data(data)
