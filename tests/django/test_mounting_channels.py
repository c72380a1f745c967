"""A websocket of Channels beside Django, over real servers."""

from __future__ import annotations

import importlib.util
import urllib.request
from typing import Any

import pytest

from tests.helpers.raw_http import Address
from tests.helpers.server_process import ServerProcess, python_m, run_server

NEEDED = ("channels", "gunicorn", "uvicorn", "websockets", "wsproto")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}")

SITE = "tests.django.channels_site"


def uvicorn(target: str, address: Address) -> list[str]:
    return [*python_m("uvicorn"), "--port", str(address[1]), f"{SITE}:{target}"]


def gunicorn(target: str, address: Address) -> list[str]:
    bind = f"127.0.0.1:{address[1]}"
    return [*python_m("gunicorn"), "--threads", "4", "--bind", bind, f"{SITE}:{target}"]


@pytest.mark.parametrize(
    ("command", "target", "mount"),
    [(uvicorn, "mounted_asgi", "/ws"), (gunicorn, "mounted_wsgi", "/ws"), (uvicorn, "by_protocol", "")],
    ids=["mounted-uvicorn", "mounted-gunicorn", "by-protocol-uvicorn"],
)
def test_a_consumer_knows_its_url_and_djangos_session(command: Any, target: str, mount: str) -> None:
    """The session that a view of Django began is the websocket's; the route is matched below the mount."""
    from websockets.sync.client import connect

    with run_server(lambda address: command(target, address)) as server:
        url = server.url.replace("http", "ws", 1) + f"{mount}/rooms/lobby"
        cookie = {"Cookie": sign_in(server)}
        with connect(url, proxy=None, additional_headers=cookie) as socket:
            for text in ("hello", "grüße"):
                socket.send(text)
                assert socket.recv(timeout=20) == f"Ada in lobby below {mount!r}: {text}"


def sign_in(server: ServerProcess) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{server.url}/sign-in/", timeout=20) as response:
        assert response.read() == b"signed in"
        return str(response.headers["Set-Cookie"]).split(";")[0]
