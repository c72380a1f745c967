"""Packages that tell code far from the request whose it is: never another one's, with many users at once on a real server."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path

import pytest

from tests.helpers.server_process import python_m, run_server
from tests.soak.client import Connection

NEEDED = ("crum", "django_currentuser", "simple_history", "threadlocals", "uvicorn")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
if MISSING:
    pytest.skip(f"needs {', '.join(MISSING)}", allow_module_level=True)

STACKS = ("crum", "currentuser", "simple-history", "threadlocals", "all of them")
USERS = 56
VISITORS = 8
"""Who has not signed in."""
VIEWS = ("sync", "an_async", "writes", "writes_async")
SECONDS = 120.0


class Person:
    """A client with a session, or without one: ``name`` is empty then."""

    def __init__(self, port: int, number: int) -> None:
        self.name = f"user{number}" if number < USERS else ""
        self.number = number
        self.connection = Connection(port)
        self.cookies: str = ""
        self.wrong: list[str] = []

    async def get(self, url: str) -> tuple[int, dict[str, str], str]:
        lines = [f"GET {url} HTTP/1.1", "Host: localhost", f"Cookie: {self.cookies}"]
        await self.connection.send("\r\n".join([*lines, "", ""]).encode())
        return await asyncio.wait_for(self.connection.answer(), SECONDS)

    async def sign_in(self) -> None:
        if self.name:
            status, headers, _ = await self.get(f"/sign-in/?name={self.name}")
            assert status == 200
            self.cookies = headers["set-cookie"].split(";")[0]

    async def visit(self, times: int) -> None:
        for time in range(times):
            token = f"{self.number}-{time}"
            view = VIEWS[(self.number + time) % len(VIEWS)]
            status, _, body = await self.get(f"/{view}/?token={token}")
            if status != 200 or not self._is_mine(json.loads(body), token):
                self.wrong.append(f"{view} {token} of {self.name!r}: {status} {body[:300]}")

    def _is_mine(self, found: dict[str, str], token: str) -> bool:
        tokens = {"token", "text", "crum's request", "threadlocals' request"}
        return len(found) >= 2 and all(
            value == (token if name in tokens else self.name) for name, value in found.items()
        )


async def visited(port: int, requests: int) -> list[str]:
    """What was not the asking user's."""
    people = [Person(port, number) for number in range(USERS + VISITORS)]
    for person in people:
        await person.sign_in()
    await asyncio.gather(*(person.visit(-(-requests // len(people))) for person in people))
    for person in people:
        person.connection.leave()
    return [line for person in people for line in person.wrong]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize(("handler", "requests"), [("django", 320), ("bridgekit", 2400)])
def test_every_user_is_told_of_himself(stack: str, handler: str, requests: int, tmp_path: Path) -> None:
    """64 at once, sync and async views, reading and writing."""
    env = {
        "USERS_STACK": stack,
        "USERS_HANDLER": handler,
        "USERS_DATABASE": str(tmp_path / "users.sqlite3"),
    }
    with run_server(
        lambda address: [
            *python_m("uvicorn"), "--factory", "--port", str(address[1]), "--log-level", "error",
            "tests.django.third_party.user_site:make_application",
        ],
        env=env,
    ) as server:  # fmt: skip
        wrong = asyncio.run(visited(server.port, requests))
        assert not wrong, "\n".join([f"{len(wrong)} wrong", *wrong[:10], server.log()[-3000:]])
        assert "Traceback" not in server.log()
