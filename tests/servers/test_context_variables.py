"""No request of a real server has anything of another one in its context, and nothing of it stays.

Every server, with connections that are kept and threads that are used again, in both directions and doubled.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx
import pytest

from tests.helpers.raw_http import RawClient
from tests.helpers.server_process import ServerProcess, serving, wait_until
from tests.helpers.wsgi_servers import WSGI_COMMANDS, serving_wsgi
from tests.servers.apps.context_app import ENDS
from tests.servers.conftest import ASGI_SERVERS

pytest.importorskip("structlog")
pytest.importorskip("opentelemetry")

APP = "tests.servers.apps.context_app:"
NEEDS = ("opentelemetry-api", "structlog")
ROUNDS = 3

ONE_THREAD = {"waitress": ("--threads", "1")}
"""Whatever a server's threads keep, the next request finds."""


def ends_on(name: str) -> list[str]:
    """How requests may end. daphne never ends a response whose application has failed, and keeps what was raised."""
    return [end for end in ENDS if name != "daphne" or end not in ("crash", "crash-later", "after")]


def requests_of_all_kinds(server: ServerProcess, ends: list[str]) -> list[Any]:
    """What requests of nobody found, each after one of somebody, on one kept connection and on fresh ones."""
    seen: list[Any] = []
    # A body of unknown length ends with the connection on some servers, an error on most; the client connects again.
    with httpx.Client(base_url=server.url, timeout=20) as kept:
        for _ in range(ROUNDS):
            for end in ends:
                for method in ("GET", "HEAD", "POST"):
                    if end == "endless":
                        leave_in_the_middle(server)
                    else:
                        with contextlib.suppress(httpx.HTTPError):
                            kept.request(method, f"/{end}?user=alice")
                    seen.append(json.loads(ask(kept, "/whole").text))
    seen.append(json.loads(httpx.get(server.url + "/stream").text))
    return seen


def ask(client: httpx.Client, path: str) -> httpx.Response:
    """A server may close a kept connection after an error, or always (uWSGI); then the client asks again on another."""
    with contextlib.suppress(httpx.TransportError):
        return client.get(path)
    return client.get(path)


def leave_in_the_middle(server: ServerProcess) -> None:
    with RawClient(server.address) as client:
        client.send_head("GET", "/endless?user=alice")
        client.read_head()


def check(server: ServerProcess, name: str) -> None:
    ends = ends_on(name)
    seen = requests_of_all_kinds(server, ends)
    leaks = [each for each in seen if set(each) != {"nobody"}]
    assert (len(leaks), leaks[:1]) == (0, [])
    report: dict[str, Any] = {}

    def nothing_stays() -> bool:
        report.update(json.loads(httpx.get(server.url + "/report").text))
        return not report["alive"]

    wait_until(nothing_stays, 20, lambda: f"{report['alive']} of {report['made']} things stay")
    assert report["outside"] == []
    assert report["made"] >= ROUNDS * len(ends)
    assert report["requests"] > len(seen)


@pytest.mark.parametrize("target", ["wsgi", "wsgi_doubled"])
@pytest.mark.parametrize("name", WSGI_COMMANDS)
def test_nothing_of_a_request_is_in_the_next_one_on_a_wsgi_server(name: str, target: str) -> None:
    options = ONE_THREAD.get(name, ())
    with serving_wsgi(name, APP + target, options=options, needs=NEEDS) as server:
        check(server, name)


@pytest.mark.parametrize("target", ["asgi", "asgi_doubled"])
@pytest.mark.parametrize("name", ASGI_SERVERS)
def test_nothing_of_a_request_is_in_the_next_one_on_an_asgi_server(name: str, target: str) -> None:
    with serving(name, APP + target) as server:
        check(server, name)
