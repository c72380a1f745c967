"""Clients that leave: the application stops, `close()` runs, the thread is free for the next request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.raw_http import RawClient, request
from tests.helpers.server_process import ServerProcess, serving

LEAVERS = 12
PATIENCE = 20.0
"""Seconds. What waits for a stuck thread waits for ever: no stopwatch is needed to tell it."""

Leave = str
how = pytest.mark.parametrize("leave", ["close", "reset"])


@pytest.fixture(scope="module")
def four_threads(server_name: str, probe_file: Path) -> Iterator[ServerProcess]:
    """A third as many threads as clients leave: one thread that stays behind with each would be an outage."""
    with serving(server_name, "tests.servers.apps.probe:four_threads") as server:
        yield server


def begin(client: RawClient, name: str, *, path: str = "/endless") -> None:
    """Read the first piece of an endless stream."""
    client.send_head("GET", f"{path}?name={name}")
    assert next(client.iter_body(client.read_head()))


def says_hello(server: ServerProcess) -> bool:
    """Whether the next request is answered."""
    return request(server.address, timeout=PATIENCE).text == "hello"


@how
def test_twelve_leavers_one_after_another_hold_no_thread(four_threads: ServerProcess, leave: Leave) -> None:
    for number in range(LEAVERS):
        with RawClient(four_threads.address) as client:
            begin(client, f"{leave}-{number}")
            getattr(client, leave)()
    assert says_hello(four_threads)
    for number in range(LEAVERS):
        four_threads.wait_for_log(f"endless {leave}-{number} closed")


@how
def test_twelve_leaving_at_once_hold_no_thread(probe: ServerProcess, leave: Leave) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(RawClient(probe.address)) for _ in range(LEAVERS)]
        for number, client in enumerate(clients):
            begin(client, f"at-once-{leave}-{number}")
        for client in clients:
            getattr(client, leave)()
        assert says_hello(probe)
    for number in range(LEAVERS):
        probe.wait_for_log(f"endless at-once-{leave}-{number} closed")


def test_close_is_called_once_for_each(probe: ServerProcess) -> None:
    with RawClient(probe.address) as client:
        begin(client, "only-one")
    probe.wait_for_log("endless only-one closed")
    request(probe.address)
    assert probe.log().count("endless only-one closed") == 1


def test_an_application_that_waits_with_empty_pieces_hears_of_it(probe: ServerProcess) -> None:
    """PEP 3333, "Middleware Handling of Block Boundaries": an empty piece says that there is nothing yet."""
    with RawClient(probe.address) as client:
        begin(client, "waiting", path="/waiting")
    probe.wait_for_log("endless waiting closed")


def test_a_stalled_reader_costs_no_memory_and_blocks_nobody(server_name: str, probe: ServerProcess) -> None:
    """Backpressure: the application is not asked for more than the client takes."""
    if server_name == "daphne":
        pytest.skip("daphne buffers without bound what an application sends, a native ASGI one's too")
    with ExitStack() as stack:
        with probe.memory_growth() as growth:
            for number in range(LEAVERS):
                client = stack.enter_context(RawClient(probe.address))
                begin(client, f"stalled-{number}")
            for _ in range(20):
                assert says_hello(probe)
            assert growth() < 20 << 20
    for number in range(LEAVERS):
        probe.wait_for_log(f"endless stalled-{number} closed")


def test_slow_uploads_hold_no_thread(four_threads: ServerProcess) -> None:
    """Small bodies are received before a thread is taken."""
    with ExitStack() as stack:
        clients = [stack.enter_context(RawClient(four_threads.address)) for _ in range(LEAVERS)]
        for client in clients:
            client.send_head("POST", "/upload", [("Content-Length", "1000")])
            client.send(b"x" * 500)
        assert says_hello(four_threads)
        for client in clients:
            client.send(b"x" * 500)
        for client in clients:
            assert client.read_response().text.startswith("1000 ")


def test_the_server_stops_while_clients_listen(server_name: str, probe_file: Path) -> None:
    """A stream without end must not keep the process alive for ever: the server's own grace time ends it."""
    if server_name.startswith("hypercorn"):
        pytest.skip("hypercorn waits for a client that does not read, with a native ASGI application too")
    grace = {
        "uvicorn": ["--timeout-graceful-shutdown", "1"],
        "granian": ["--workers-kill-timeout", "2"],
        "daphne": [],
        "gunicorn": ["--graceful-timeout", "1"],
    }[server_name.partition("-")[0]]
    with serving(server_name, "tests.servers.apps.probe:app", options=grace) as server:
        with RawClient(server.address) as client:
            begin(client, "until-the-end")
            server.stop()
