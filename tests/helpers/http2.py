"""One HTTP/2 request without TLS ("prior knowledge", RFC 9113, section 3.3), interim responses included."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import h2.config
import h2.connection
import h2.events

from tests.helpers.raw_http import Address

Fields = list[tuple[str, str]]


@dataclass
class HTTP2Response:
    status: int = 0
    headers: Fields = field(default_factory=list)
    body: bytes = b""
    interim: list[tuple[int, Fields]] = field(default_factory=list)
    complete: bool = False


def request_http2(address: Address, path: str, headers: Iterable[tuple[str, str]] = ()) -> HTTP2Response:
    """GET `path`."""
    assert not isinstance(address, str)
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    connection.initiate_connection()
    pseudo = [(":method", "GET"), (":path", path), (":scheme", "http"), (":authority", "localhost")]
    connection.send_headers(1, [*pseudo, *headers], end_stream=True)
    response = HTTP2Response()
    with socket.create_connection(address, timeout=30) as link:
        while not response.complete:
            link.sendall(connection.data_to_send())
            data = link.recv(65536)
            assert data, "the server closed the connection in mid-response"
            for event in connection.receive_data(data):
                take(event, response, connection)
    return response


def take(event: h2.events.Event, response: HTTP2Response, connection: h2.connection.H2Connection) -> None:
    if isinstance(event, h2.events.InformationalResponseReceived):
        response.interim.append(split(event.headers))
    elif isinstance(event, h2.events.ResponseReceived):
        response.status, response.headers = split(event.headers)
    elif isinstance(event, h2.events.DataReceived):
        response.body += event.data
        connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
    elif isinstance(event, h2.events.StreamEnded):
        response.complete = True
    elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
        raise ConnectionError(f"the server gave up: {event}")


def split(headers: Iterable[Any]) -> tuple[int, Fields]:
    """The status, and the fields that the application chose."""
    fields = [(str(name), str(value)) for name, value in headers]
    chosen = [
        (name, value) for name, value in fields if not name.startswith(":") and name not in ("date", "server")
    ]
    return int(dict(fields)[":status"]), chosen
