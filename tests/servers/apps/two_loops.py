"""`ASGIToWSGI` beside an event loop that runs in a thread already, as of a client of a message broker."""

from __future__ import annotations

import asyncio
import threading

from bridgekit import ASGIToWSGI
from bridgekit.typing import Receive, Scope, Send

ticks = [0]
started = threading.Event()


async def tick() -> None:
    while True:
        ticks[0] += 1
        started.set()
        await asyncio.sleep(0.01)


threading.Thread(target=lambda: asyncio.run(tick()), daemon=True).start()
started.wait()


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer how often the other loop has come by."""
    if scope["type"] != "http":
        raise RuntimeError("http only")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % ticks[0]})


app = ASGIToWSGI(asgi_app)
