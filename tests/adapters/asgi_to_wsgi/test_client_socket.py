"""What may be asked of a socket that is the server's own."""

from __future__ import annotations

import socket

import pytest

from bridgekit.adapters.asgi_to_wsgi.client_socket import (
    ENDED,
    client_has_left,
    handed_over_socket,
    has_ended,
)


def test_sockets_are_handed_over_under_two_names() -> None:
    with socket.socket() as sock:
        for key in ("gunicorn.socket", "werkzeug.socket"):
            assert handed_over_socket({key: sock}) is sock
    assert handed_over_socket({}) is None


@pytest.mark.skipif(not ENDED, reason="this system's poll does not tell it")
@pytest.mark.parametrize("blocking", [True, False])
def test_the_end_of_the_peers_sending_is_seen_and_nothing_is_changed(blocking: bool) -> None:
    server, client = socket.socketpair()
    with server, client:
        server.setblocking(blocking)
        client.sendall(b"next")
        assert not has_ended(server)
        client.shutdown(socket.SHUT_WR)
        assert has_ended(server)
        assert server.getblocking() is blocking
        assert server.recv(8) == b"next"


def test_where_nothing_is_known_the_client_is_there() -> None:
    closed = socket.socket()
    closed.close()
    assert not has_ended(closed)
    assert not client_has_left({})
