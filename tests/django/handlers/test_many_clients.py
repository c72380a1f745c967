"""A thousand clients that wait, on uvicorn: how many threads that takes, and that the next request waits for none of them."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.descriptors import allow_many
from tests.helpers.server_process import ServerProcess, python_m, run_server

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("uvicorn") is None, reason="needs uvicorn"),
    pytest.mark.skipif(not hasattr(os, "eventfd"), reason="counts threads in /proc"),
]

CLIENTS = 1000
MOST_THREADS = 64


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with run_server(
        lambda address: [
            *python_m("uvicorn"), "--factory", "--port", str(address[1]), "--backlog", "2048", "--log-level", "warning",
            "--timeout-keep-alive", "120", f"{__package__}.waiting_site:make_application",
        ],
    ) as running:  # fmt: skip
        yield running


class Client:
    """One connection; answers are read as they come."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def ask(self, target: str) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        await self.writer.drain()

    async def until(self, text: str) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(text.encode()), 60)

    async def rest(self) -> bytes:
        try:
            return await asyncio.wait_for(self.reader.read(), 60)
        finally:
            self.writer.close()


async def get(port: int, target: str) -> bytes:
    """The body. A thread that is not free makes a request wait for ever here: TimeoutError."""
    client = Client(port)
    await client.ask(target)
    answer = await client.rest()
    return answer.partition(b"\r\n\r\n")[2]


async def look(port: int) -> dict[str, int]:
    return json.loads(await get(port, "/ordinary/"))


async def all_wait(port: int) -> None:
    """Return when each of the clients has been let in."""
    while (await look(port))["waiting"] < CLIENTS:
        pass


async def scene(port: int, kind: str) -> dict[str, Any]:
    before = await look(port)
    clients = [Client(port) for _ in range(CLIENTS)]
    for start in range(0, CLIENTS, 50):
        await asyncio.gather(
            *(clients[number].ask(f"/{kind}/t{number}/") for number in range(start, start + 50))
        )
    if kind == "events":
        for number, client in enumerate(clients):
            assert b"200 OK" in await client.until(f"data: first t{number}\n\n")
    await asyncio.wait_for(all_wait(port), 60)
    looks = [await look(port) for _ in range(20)]
    await get(port, "/release/")
    ends = await asyncio.gather(*(client.rest() for client in clients))
    for number, end in enumerate(ends):
        assert (f"data: last t{number}\n\n" if kind == "events" else f"\r\nt{number}").encode() in end
    after = await look(port)
    return {
        "before": before,
        "waiting": {found["waiting"] for found in looks},
        "threads": max(found["threads"] for found in looks),
        "after": after,
    }


@pytest.mark.parametrize("kind", ["events", "poll"])
def test_a_thousand_wait_and_the_next_request_is_answered_while_they_do(
    server: ServerProcess, kind: str
) -> None:
    """Through startproject's stack, each with a token of its own that it gets back."""
    allow_many()
    seen = asyncio.run(asyncio.wait_for(scene(server.port, kind), 150))
    print(kind, seen)  # noqa: T201  # shown with -s
    assert seen["waiting"] == {CLIENTS}
    assert seen["threads"] <= MOST_THREADS
    assert seen["after"]["waiting"] == 0
    # When all of them end at once the pool may be full, beside the threads that are not the pool's.
    assert seen["after"]["threads"] <= MOST_THREADS + seen["before"]["threads"]
