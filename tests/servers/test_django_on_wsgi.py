"""`bridgekit.django.get_wsgi_application` on WSGI servers, forked before and after it was imported."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.helpers.server_process import ServerProcess
from tests.helpers.wsgi_servers import browser, serving_wsgi

TARGET = "tests.servers.apps.django_wsgi_app:app"
WORKERS = 2


@pytest.fixture(scope="module")
def server(host: str) -> Iterator[ServerProcess]:
    options = ("-c", "tests/servers/gunicorn_gevent_preload.py") if host == "gunicorn-gevent-preload" else ()
    workers = WORKERS if host.startswith(("gunicorn", "uwsgi")) else 1
    with serving_wsgi(host, TARGET, needs=("django", "httpx"), options=options, workers=workers) as running:
        yield running


def all_at_once(server: ServerProcess, host: str, path: str, times: int) -> list[httpx.Response]:
    def get(number: int) -> httpx.Response:
        with browser(server, host) as client:
            return client.get(path, params={"tag": f"request {number}"})

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(get, range(times)))


def test_an_async_client_of_the_module_keeps_its_connections(server: ServerProcess, host: str) -> None:
    """Under Django's own handler the second request fails: the first one's loop is closed."""
    answers: list[Any] = [answer.json() for answer in all_at_once(server, host, "/upstream", 40)]
    assert {answer["text"] for answer in answers} == {"hi"}
    # One connection serves many requests: never one for each.
    made = {answer["process"]: 0 for answer in answers}
    for answer in answers:
        made[answer["process"]] = max(made[answer["process"]], answer["connections"])
    assert sum(made.values()) < len(answers)


def test_queries_of_an_async_view_share_one_thread(server: ServerProcess, host: str) -> None:
    for answer in all_at_once(server, host, "/query", 8):
        assert answer.json() == {"answers": [42] * 5, "threads": 1}


def test_streams_at_the_same_time_are_whole_and_their_own(server: ServerProcess, host: str) -> None:
    for number, answer in enumerate(all_at_once(server, host, "/stream", 8)):
        assert answer.text == "".join(f"{line} request {number}\n" for line in range(200))


def test_a_failing_view_is_answered_and_the_next_one_is_served(client: httpx.Client) -> None:
    assert client.get("/fail").status_code == 500
    assert client.get("/query").status_code == 200
