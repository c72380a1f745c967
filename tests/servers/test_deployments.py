"""The page on deployment as it stands there: the systemd unit's command and the container's, behind nginx with its server blocks.

Only places are replaced (paths, ports, the shop's module), and grace times are shortened.
"""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.manual import block_with, blocks
from tests.helpers.raw_http import Address, RawClient, request
from tests.helpers.server_process import ServerProcess, run_server

pytest.importorskip("uvicorn")
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="needs nginx (Debian: apt-get install nginx-light)")

PAGE = "docs/guides/deploy.md"
WSGI, ASGI = "tests.servers.apps.shop:application", "tests.servers.apps.shop:with_socket"
SOCKET = "/run/shop/shop.sock"
HOST = [("Host", "shop.example")]


def with_places(text: str, **places: str) -> str:
    """The text with each place of the manual, which has to stand in it, replaced by one of this machine."""
    for old, new in places.items():
        assert old in text, f"{old!r} is not in {text!r}"
        text = text.replace(old, new)
    return text


def of_systemd() -> list[str]:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the names of systemd have capitals
    unit.read_string(block_with(PAGE, "ini", "[Unit]"))
    return shlex.split(unit["Service"]["ExecStart"])


def of_sub_path() -> list[str]:
    return shlex.split(block_with(PAGE, "console", "--root-path").removeprefix("$ "))


def of_docker() -> list[str]:
    lines = block_with(PAGE, "dockerfile", "CMD").splitlines()
    (command,) = (line.removeprefix("CMD ") for line in lines if line.startswith("CMD "))
    words: list[str] = json.loads(command)
    return words


@contextlib.contextmanager
def shop(
    words: list[str],
    places: Mapping[str, str],
    *,
    unix_socket: bool = True,
    port: str = "8000",
    target: str = WSGI,
    env: Mapping[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """The command runs; the file that it names is `bridgekit`, which need not be on PATH."""
    assert Path(words[0]).name == "bridgekit"

    def command(address: Address) -> list[str]:
        here = {SOCKET: address} if isinstance(address, str) else {port: str(address[1])}
        replaced = {**places, **here, "shop.wsgi:application": target}
        assert set(replaced) <= set(words)
        # A worker that a busy machine keeps from answering for 5 seconds would be killed.
        patience = (
            ["--timeout-worker-healthcheck", "60"]
            if "--workers" in words and not {"hypercorn", "granian", "gunicorn"} & set(words)
            else []
        )
        return [
            sys.executable,
            "-m",
            "bridgekit",
            *(replaced.get(word, word) for word in words[1:]),
            *patience,
        ]

    with run_server(command, env=env, unix_socket=unix_socket) as running:
        yield running


@contextlib.contextmanager
def behind_nginx(http: str, folder: Path) -> Iterator[ServerProcess]:
    """What stands in nginx's block ``http`` runs, listening where PORT stands; nginx judges it first, as ``nginx -t`` does."""
    assert NGINX is not None
    file = folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # A worker of another user would not reach the socket in a folder of ours.
    user = "user root;\n" if os.geteuid() == 0 else ""

    def command(address: Address) -> list[str]:
        assert not isinstance(address, str)
        served = http.replace("PORT", str(address[1]))
        file.write_text(
            f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr;\nevents {{}}\n"
            f"http {{\naccess_log off;\n{temporary}{served}}}\n"
        )
        return [NGINX, "-e", "stderr", "-p", str(folder), "-c", str(file)]

    with run_server(command) as running:
        yield running


def server_block(upstream: str) -> str:
    return with_places(
        block_with(PAGE, "nginx", "upstream"), **{SOCKET: upstream, "listen 80;": "listen 127.0.0.1:PORT;"}
    )


def facts(server: ServerProcess, path: str, headers: Mapping[str, str] = {}) -> dict[str, Any]:
    answer = request(server.address, "GET", path, [*HOST, *headers.items()])
    assert answer.status == 200, answer.text
    told: dict[str, Any] = json.loads(answer.body)
    return told


def lines_of_serve() -> list[str]:
    """Every command line of the README and the guides that serves the shop, but those with a unix socket."""
    pages = ("README.md", PAGE, "docs/guides/wrap_wsgi.md")
    return sorted(
        {
            line.removeprefix("$ ")
            for place, language, text in blocks()
            if place.startswith(pages) and language in ("console", "sh")
            for line in text.splitlines()
            if "bridgekit serve shop.wsgi:application" in line and "--uds" not in line
        }
    )


FORWARDED = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
HEEDED = {
    "uvicorn": ("203.0.113.9", "https"),
    "gunicorn": ("127.0.0.1", "https"),
    "daphne": ("127.0.0.1", "http"),
    "hypercorn": ("127.0.0.1", "http"),
    "granian": ("127.0.0.1", "http"),
}


@pytest.mark.parametrize("line", lines_of_serve())
def test_a_line_of_the_manual_serves(line: str) -> None:
    """And heeds a proxy's headers as the page says of each server."""
    words = shlex.split(line)
    if "--server" in words:
        pytest.importorskip(words[words.index("--server") + 1])
    port = "8080" if "8080" in words else "8000"
    if port not in words:
        target = words.index("shop.wsgi:application")
        words[target + 1 : target + 1] = ["--port", port]
    with shop(words, {}, unix_socket=False, port=port) as server:
        told = facts(server, "/cart", FORWARDED)
    assert told["PATH_INFO"] == "/cart"
    heeded = HEEDED[words[words.index("--server") + 1] if "--server" in words else "uvicorn"]
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"]) == heeded


@needs_nginx
def test_the_units_command_behind_nginx(tmp_path: Path) -> None:
    """Host, client and scheme are those that nginx knows, a stream comes as it is made, and SIGTERM ends all workers."""
    events = tmp_path / "events"
    os.mkfifo(events)
    with shop(of_systemd(), {"20": "1"}, env={"EVENTS": str(events)}) as server:
        assert isinstance(server.address, str)
        with behind_nginx(server_block(server.address), tmp_path) as nginx:
            told = facts(nginx, "/cart")
            assert told.pop("HTTP_X_REQUEST_START").startswith("t=1")
            assert told == {
                "SCRIPT_NAME": "",
                "PATH_INFO": "/cart",
                "HTTP_HOST": "shop.example",
                "REMOTE_ADDR": "127.0.0.1",
                "wsgi.url_scheme": "http",
                "HTTP_CONNECTION": None,
            }
            with RawClient(nginx.address) as client:
                client.send_head("GET", "/events", HOST)
                body = client.iter_body(client.read_head())
                assert next(body) == b"one\n"
                with events.open("wb"):
                    assert b"".join(body) == b"two\n"
        assert server.stop() == 0


@needs_nginx
def test_a_websocket_through_nginx(tmp_path: Path) -> None:
    client = pytest.importorskip("websockets.sync.client")
    with shop(of_systemd(), {"4": "1"}, target=ASGI) as server:
        assert isinstance(server.address, str)
        with (
            behind_nginx(server_block(server.address), tmp_path) as nginx,
            client.connect(f"ws://127.0.0.1:{nginx.port}/socket") as opened,
        ):
            opened.send("hello")
            assert opened.recv(timeout=20) == "/socket hello"


@needs_nginx
def test_a_sub_path_through_nginx(tmp_path: Path) -> None:
    """nginx takes the path off, and the server gives it as SCRIPT_NAME."""
    with shop(of_sub_path(), {}) as server:
        assert isinstance(server.address, str)
        upstream = f"upstream shop {{ server unix:{server.address}; }}\n"
        location = block_with(PAGE, "nginx", "location /shop/")
        with behind_nginx(f"{upstream}server {{\nlisten 127.0.0.1:PORT;\n{location}}}\n", tmp_path) as nginx:
            told = facts(nginx, "/shop/cart/")
            assert (told["SCRIPT_NAME"], told["PATH_INFO"]) == ("/shop", "/cart/")


def test_the_containers_command_ends_with_a_stream_open(tmp_path: Path) -> None:
    """The process that gets SIGTERM is the server, which ends after its grace, though a client waits for more."""
    events = tmp_path / "events"
    os.mkfifo(events)
    with (
        shop(
            of_docker(),
            {"0.0.0.0": "127.0.0.1", "20": "1"},
            unix_socket=False,
            env={"EVENTS": str(events)},
        ) as server,
        RawClient(server.address) as client,
    ):
        client.send_head("GET", "/events", HOST)
        assert next(client.iter_body(client.read_head())) == b"one\n"
        server.process.terminate()
        server.wait_for_log("Cancel 1 running task(s), timeout graceful shutdown exceeded")
        with events.open("wb"):  # else the thread of the application waits for ever
            # uvicorn raises the signal that it was sent again, which a container's first process does not die of.
            assert server.process.wait(15) in (0, -signal.SIGTERM)
