"""A whole response over ASGI, in fewer steps than `ASGIHandler.send_response` takes for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http.response import ResponseHeaders


async def send_whole(response: Any, send: Any, chunk_size: int) -> None:
    """The messages of a response that does not stream (django/core/handlers/asgi.py)."""
    headers = [
        (
            name.encode("ascii") if isinstance(name, str) else bytes(name),
            value.encode("latin1") if isinstance(value, str) else bytes(value),
        )
        for name, value in _items(response)
    ]
    headers += [
        (b"Set-Cookie", cookie.OutputString().encode("ascii")) for cookie in response.cookies.values()
    ]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    content = response.content
    size = len(content)
    if size <= chunk_size:
        await send({"type": "http.response.body", "body": content, "more_body": False})
        return
    for position in range(0, size, chunk_size):
        end = position + chunk_size
        await send({"type": "http.response.body", "body": content[position:end], "more_body": end < size})


def _items(response: Any) -> Iterable[tuple[Any, Any]]:
    """``response.items()``, which asks for each name by itself."""
    headers = response.headers
    own = type(headers) is ResponseHeaders
    items: Iterable[tuple[Any, Any]] = vars(headers)["_store"].values() if own else headers.items()
    return items
