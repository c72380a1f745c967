"""A port that a client has chosen (some servers take SERVER_PORT from ``Host``) is a port or none."""

from __future__ import annotations

import pytest

from bridgekit.adapters.asgi_to_wsgi.scope import build_scope
from bridgekit.adapters.shared.ports import is_port
from bridgekit.adapters.wsgi_to_asgi.environ import build_environ
from tests.helpers.asgi_driver import http_scope
from tests.helpers.wsgi_client import environ_of

NONE = ["", "abc", "-1", " 80", "8_0", "\u0663", "\xb2", "9" * 5000]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_port_is_none(text: str) -> None:
    assert not is_port(text)
    scope = build_scope(environ_of(SERVER_PORT=text, REMOTE_ADDR="192.0.2.1", REMOTE_PORT=text))
    assert (scope["server"], scope["client"]) == (("127.0.0.1", 80), ("192.0.2.1", 0))
    environ = build_environ(http_scope(server=("testserver", text), client=("192.0.2.1", text)))
    assert (environ["SERVER_PORT"], environ.get("REMOTE_PORT")) == ("80", None)


def test_on_a_unix_socket_the_port_of_an_odd_host_is_the_schemes() -> None:
    scope = http_scope(server=None)
    scope["headers"] = [(b"host", b"one.example:" + b"9" * 5000)]
    assert build_environ(scope)["SERVER_PORT"] == "80"


def test_a_port_is_one() -> None:
    assert is_port("8000")
    assert build_scope(environ_of(SERVER_PORT="8000"))["server"] == ("127.0.0.1", 8000)
