"""Whole responses and whole bodies take fewer steps than Django's, and give the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse
from django.test import override_settings

from bridgekit.django.handlers.asgi import PooledASGIHandler
from bridgekit.django.handlers.sending import send_whole
from tests.django.handlers.driver import project

CHUNK = 8


def response_of(content: bytes) -> HttpResponse:
    response = HttpResponse(
        content, status=203, headers={"X-Latin": "caf\xe9", "Content-Length": len(content)}
    )
    response.set_cookie("one", "1", httponly=True)
    response.set_cookie("two", "a b; c")
    return response


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 3])
def test_the_messages_are_django_s(size: int) -> None:
    class SmallChunks(ASGIHandler):
        chunk_size = CHUNK

        def __init__(self) -> None:
            """No project is loaded."""

    async def messages() -> tuple[list[Any], list[Any]]:
        theirs: list[Any] = []
        ours: list[Any] = []

        async def to_theirs(message: Any) -> None:
            theirs.append(message)

        async def to_ours(message: Any) -> None:
            ours.append(message)

        response = response_of(bytes(range(size)))
        await SmallChunks().send_response(response, to_theirs)
        await send_whole(response, to_ours, CHUNK)
        return theirs, ours

    theirs, ours = asyncio.run(messages())
    assert ours == theirs
    assert [type(value) for _, value in ours[0]["headers"]] == [bytes] * len(ours[0]["headers"])


BODIES = {
    "empty": [{"type": "http.request"}],
    "small": [{"type": "http.request", "body": b"abc"}],
    "at the limit": [{"type": "http.request", "body": b"x" * 10}],
    "above the limit": [{"type": "http.request", "body": b"x" * 11}],
    "in parts": [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "more_body": True},
        {"type": "http.request", "body": b"c" * 20},
    ],
    "gone at once": [{"type": "http.disconnect"}],
    "gone on the way": [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.disconnect"},
    ],
}


@pytest.mark.parametrize("limit", [0, 10])
@pytest.mark.parametrize("messages", BODIES.values(), ids=list(BODIES))
def test_a_body_reads_as_django_s(messages: list[dict[str, Any]], limit: int) -> None:
    async def read(handler: ASGIHandler) -> tuple[Any, int]:
        left = list(messages)

        async def receive() -> Any:
            return left.pop(0)

        try:
            body_file = await handler.read_body(receive)
        except RequestAborted:
            return "aborted", len(left)
        with body_file:
            content = body_file.read()
        with pytest.raises(ValueError, match="closed file"):
            body_file.read()
        return content, len(left)

    with project("tests.django.handlers.views", []), override_settings(FILE_UPLOAD_MAX_MEMORY_SIZE=limit):
        theirs = asyncio.run(read(ASGIHandler()))
        ours = asyncio.run(read(PooledASGIHandler()))
    assert ours == theirs
