"""What some servers offer beyond the ASGI core, used where it is offered."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.http2 import request_http2
from tests.helpers.raw_http import request
from tests.helpers.server_process import ServerProcess, serving


def extensions_of(server: ServerProcess) -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(request(server.address, "GET", "/extensions").body)
    return found


def test_early_hints_are_offered_where_the_server_takes_them(probe: ServerProcess) -> None:
    shown = extensions_of(probe)
    assert ("wsgi.early_hints" in shown["passed"]) == ("http.response.early_hint" in shown["offered"])
    assert "wsgi.file_wrapper" in shown["passed"]


def test_granian_is_given_the_file_that_was_opened(probe_file: Path) -> None:
    """It offers "Path Send", and opens the path some time after its `send` has returned: a file that was put in the
    other's place meanwhile would be sent under the first one's length.
    """
    with serving("granian", "tests.servers.apps.probe:spied", env={"PROBE_FILE": str(probe_file)}) as server:
        assert "http.response.pathsend" in extensions_of(server)["offered"]
        for offset in (0, 5):
            assert (
                request(server.address, "GET", f"/file?offset={offset}").body
                == probe_file.read_bytes()[offset:]
            )
        assert "event http.response.pathsend" not in server.log()


@pytest.mark.parametrize("name", ["hypercorn", "hypercorn-trio"])
def test_hypercorn_sends_early_hints_over_http2(name: str) -> None:
    """RFC 8297, through the ASGI extension "HTTP Early Hints"."""
    with serving(name, "tests.servers.apps.probe:app") as server:
        response = request_http2(server.address, "/hints")
    assert response.interim == [(103, [("link", "</style.css>; rel=preload")])]
    assert (response.status, response.body) == (200, b"hinted")


@pytest.mark.parametrize("name", ["hypercorn", "hypercorn-trio", "granian"])
def test_http2_reaches_the_application(name: str) -> None:
    with serving(name, "tests.servers.apps.probe:app") as server:
        response = request_http2(server.address, "/environ", [("cookie", "a=1"), ("cookie", "b=2")])
    environ = json.loads(response.body)
    assert environ["SERVER_PROTOCOL"] in ("HTTP/2", "HTTP/2.0")
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_HOST"] == "localhost"
