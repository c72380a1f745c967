"""Answers that bridgekit gives in the application's place."""

from __future__ import annotations

from collections.abc import Iterable

from bridgekit.typing import Send


async def send_plain(
    send: Send,
    status: int,
    text: str,
    headers: Iterable[tuple[bytes, bytes]] = (),
    *,
    event: str = "http.response",
) -> None:
    """Send a whole response of plain text.

    :param event: the beginning of the events' types; a WebSocket's denial has another one.
    """
    body = text.encode()
    fixed = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": f"{event}.start", "status": status, "headers": [*fixed, *headers]})
    await send({"type": f"{event}.body", "body": body, "more_body": False})
