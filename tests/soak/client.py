"""Clients that ask, leave, dawdle, and look whether what comes back is theirs."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from typing import Any

PLAIN = (
    "sync_view",
    "sync_query",
    "async_view",
    "async_query",
    "leaves_a_task",
    "stream",
    "sync_stream",
    "echo",
)
KINDS = (*PLAIN * 3, "fails", "fails_async", "excused", "large", "slow", "gone", "gone_early")
"""One of them by chance for each request: about a third are no plain ones."""
BRIDGED = (
    *("view", "echo", "upload", "chunked", "stream") * 9,
    *("fails", "large", "slow") * 4,
    "gone",
    "gone_early",
    "gone_upload",
)
"""For the applications behind the adapters: five in a hundred leave."""
ON_WSGI = tuple("gone_early" if kind == "gone" else kind for kind in BRIDGED)
"""A WSGI server learns that a client has left when it writes, so no client leaves a view that gives nothing."""
MISBEHAVING = ("gone", "gone_early", "gone_upload", "slow")
"""Clients that leave in the middle, or send a large request in hundreds of pieces."""
SECONDS = 60.0
PARTS = {"stream": 3, "sync_stream": 3, "large": 20_000, "slow": 20_000, "upload": 5_000, "chunked": 5_000}


SENT = ("echo", "upload", "chunked")
"""Kinds whose body is the token, so many times."""


def request_of(view: str, query: str, body: str) -> str:
    """A request as it is sent."""
    head = f"{'POST' if body else 'GET'} /{view}/?{query} HTTP/1.1\r\nHost: localhost\r\n"
    if view == "chunked":
        pieces = [body[start : start + 7_000] for start in range(0, len(body), 7_000)]
        chunks = "".join(f"{len(piece):x}\r\n{piece}\r\n" for piece in pieces)
        return f"{head}Transfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"


class Connection:
    """HTTP/1.1 with keep-alive; one answer at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.writer: asyncio.StreamWriter | None = None

    async def send(self, data: bytes) -> None:
        if self.writer is None or self.writer.is_closing():
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], str]:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readexactly(2)
        else:
            body = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, body.decode()

    def leave(self) -> None:
        if self.writer is not None:
            self.writer.transport.abort()
        self.writer = None


class Soaking:
    """All clients of one server; `counts` has what was asked, `wrong` what did not come back as it should."""

    def __init__(self, port: int, requests: int, seed: int, kinds: tuple[str, ...] = KINDS) -> None:
        self.port = port
        self.kinds = kinds
        self.left = requests
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.tasks = 0

    async def run(self, clients: int, seconds: float) -> None:
        """Ask all of it; what cannot be asked in so many seconds is lost."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.gather(*(self._client(number) for number in range(clients)))
        except TimeoutError:
            self.wrong.append(f"{self.left} requests were not asked in {seconds} s")

    async def _client(self, number: int) -> None:
        connection = Connection(self.port)
        while self.left > 0:
            self.left -= 1
            kind = self.random.choice(self.kinds)
            token = f"<{number}-{self.left}>"
            self.counts[kind] += 1
            try:
                await asyncio.wait_for(self._ask(connection, kind, token), SECONDS)
            except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
                self.wrong.append(f"{kind} {token} lost: {error!r}")
                connection.leave()
        connection.leave()

    async def _ask(self, connection: Connection, kind: str, token: str) -> None:
        if kind.startswith("gone"):
            await self._leave(connection, kind, token)
            return
        view = {"excused": "fails_async", "slow": "large"}.get(kind, kind)
        query = f"token={token}&excuse=1" if kind == "excused" else f"token={token}"
        request = request_of(view, query, token * PARTS.get(kind, 1) if kind in SENT else "")
        if kind == "slow":
            for position in range(0, len(request), 40):
                await connection.send(request[position : position + 40].encode())
                await asyncio.sleep(0)
        else:
            await connection.send(request.encode())
        status, headers, body = await connection.answer()
        if headers.get("connection") == "close":
            connection.leave()
        self._judge(kind, token, status, headers, body)

    async def _leave(self, connection: Connection, kind: str, token: str) -> None:
        """In the middle of a view, of an upload, or of a stream: after its first part has come."""
        if kind == "gone_upload":
            await connection.send(request_of("upload", f"token={token}", token * 5_000)[:10_000].encode())
            connection.leave()
            return
        view = "waits" if kind == "gone" else "endless"
        await connection.send(f"GET /{view}/?token={token} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        if kind == "gone_early":
            found = await connection.reader.readuntil(b">")
            if token.encode() not in found:
                self.wrong.append(f"{kind} {token}: {found!r}")
        connection.leave()

    def _judge(self, kind: str, token: str, status: int, headers: dict[str, str], body: str) -> None:
        if kind in ("fails", "fails_async"):
            right = status == 500 and "Server Error" in body
        elif kind == "excused" and "x-token" not in headers:
            right = status == 500  # nobody excuses it in this stack
        else:
            right = (status, body) == (200, token * PARTS.get(kind, 1))
        if headers.get("x-token", token) != token or not right:
            self.wrong.append(f"{kind} {token}: {status} {headers.get('x-token')} {body[:80]}")
        self.tasks += kind == "leaves_a_task"


async def look(port: int) -> dict[str, Any]:
    """The state of the server's process."""
    connection = Connection(port)
    async with asyncio.timeout(SECONDS):
        await connection.send(b"GET /state/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _, _, body = await connection.answer()
    connection.leave()
    found: dict[str, Any] = json.loads(body)
    return found
