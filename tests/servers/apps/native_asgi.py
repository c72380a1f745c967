"""A plain ASGI application, to test the test tools: what it does is done by the server alone."""

from __future__ import annotations

from bridgekit.typing import Receive, Scope, Send


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """``/echo`` sends the body back, ``/upload`` counts it, ``/gibibyte`` sends one, ``/grow`` holds 32 MiB for a moment."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    body = b"hello"
    if scope["path"] == "/echo":
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message.get("more_body", False)
    elif scope["path"] == "/upload":
        length, more = 0, True
        while more:
            message = await receive()
            length += len(message["body"])
            more = message.get("more_body", False)
        body = b"%d" % length
    elif scope["path"] == "/grow":
        body = b"%d" % len(b"x" * (32 << 20))
    elif scope["path"] == "/gibibyte":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1 << 14):
            await send({"type": "http.response.body", "body": b"x" * (1 << 16), "more_body": True})
        await send({"type": "http.response.body"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})
