"""Which of a client's offers is told to wsproto."""

from __future__ import annotations

import pytest

from bridgekit.adapters.asgi_to_wsgi.websocket_offers import one_offer

HOST = (b"host", b"shop.example")


def told(*values: bytes) -> list[bytes]:
    first, *rest = one_offer([HOST, *((b"sec-websocket-extensions", value) for value in values)])
    assert first == HOST
    return [value for _, value in rest]


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b",;=",
        b"x-webkit-deflate-frame",
        b"permessage-deflate; client_max_window_bits=x",
        b"permessage-deflate; server_max_window_bits",
        b"permessage-deflate; server_max_window_bits=",
        b"permessage-deflate; server_max_window_bits=010",
        b"permessage-deflate; server_max_window_bits=8",
        b"permessage-deflate; server_max_window_bits=16",
        b"permessage-deflate; server_max_window_bits=1_0",
        "permessage-deflate; server_max_window_bits=\u00b9\u00b9".encode("latin-1"),
        b"permessage-deflate; server_no_context_takeover=1",
        b"permessage-deflate; client_max_window_bits=10; client_max_window_bits=11",
        b"permessage-deflate; with_something_new",
        b"permessage-deflate;",
    ],
)
def test_what_must_be_declined_is_left_out(value: bytes) -> None:
    """RFC 7692 7.1: unknown parameters, illegal values, the same one twice."""
    assert told(value) == []


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (b"permessage-deflate", b"permessage-deflate"),
        (
            b"permessage-deflate; client_max_window_bits",
            b"permessage-deflate; client_max_window_bits",
        ),
        (
            b'permessage-deflate;server_max_window_bits = "10" ; client_no_context_takeover',
            b"permessage-deflate; server_max_window_bits=10; client_no_context_takeover",
        ),
    ],
)
def test_what_can_be_accepted_is_told(value: bytes, kept: bytes) -> None:
    assert told(value) == [kept]


def test_the_first_of_several_is_told() -> None:
    """RFC 7692 5: in the order of the client's preference."""
    assert told(
        b"x-other, permessage-deflate; client_max_window_bits=99",
        b"permessage-deflate; client_max_window_bits=9, permessage-deflate",
    ) == [b"permessage-deflate; client_max_window_bits=9"]
