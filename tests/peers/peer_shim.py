"""A pytest plugin that puts one of bridgekit's adapters in the place of a peer's, and notes what its tests make of it.

It runs in the unpacked source of the peer, beside the peer's own ``tests`` package, and so is a module of its own.
The environment says whose tests these are (``PEER``), of which adapter (``PEER_DIRECTION``) and where the results go (``PEER_RESULTS``).
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import io
import json
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from round_trip import ROUND_TRIP, forked, shut_down_bridges, touched

import bridgekit
from bridgekit.typing import Message

results: dict[str, dict[str, Any]] = {}


class Adapter(bridgekit.WSGIToASGI):
    """`WSGIToASGI`, counted."""

    def __init__(self, app: Any, **options: Any) -> None:
        touched["calls"] += 1
        super().__init__(app, **options)


def environ_through_the_adapter(scope: dict[str, Any], *body: Any) -> dict[str, Any]:
    """What an application is given for `scope`: for tests of a peer's ``build_environ``."""
    seen: list[dict[str, Any]] = []

    def app(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        seen.append(dict(environ))
        start_response("204 No Content", [])
        return []

    declared = dict(scope["headers"]).get(b"content-length", b"0")
    content = next((part for part in body if isinstance(part, bytes)), b"x" * int(declared))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content, "more_body": False}

    async def send(message: Message) -> None: ...

    def run() -> None:
        asyncio.run(Adapter(app)(scope, receive, send))

    with ThreadPoolExecutor(1) as elsewhere:  # a loop may be running in this thread
        elsewhere.submit(run).result()
    return seen[0] | {"wsgi.input": io.BytesIO(content)}


class ExactEvents(Adapter):
    """For tests that compare lists of events: one for each piece that the application gave, and an empty last one.

    How a body is cut into events says nothing (ASGI, "Response Body"); bridgekit joins pieces that are ready together.
    Bytes and their order, headers and status are left as they are.
    """

    def __init__(self, app: Any, **options: Any) -> None:
        self.cuts: list[int] = []
        super().__init__(
            lambda environ, start_response: self.measured(app(environ, start_response)), **options
        )

    def measured(self, pieces: Iterable[bytes]) -> Iterable[bytes]:
        if isinstance(pieces, list):
            self.cuts += map(len, pieces)
            return pieces
        return self.measured_as_they_come(pieces)

    def measured_as_they_come(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.cuts.append(len(piece))
            yield piece

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""

        async def resend(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                await send(message)
            body += message.get("body", b"")

        await super().__call__(scope, receive, resend)
        for cut in self.cuts:
            await send({"type": "http.response.body", "body": body[:cut], "more_body": True})
            body = body[cut:]
        await send({"type": "http.response.body"})


class Instance:
    """asgiref's class for one request, of which its tests use one method."""

    def __init__(self, app: object) -> None: ...

    def build_environ(self, scope: dict[str, Any], body: object) -> dict[str, Any]:
        return environ_through_the_adapter(scope)


class AdapterToWSGI(bridgekit.ASGIToWSGI):
    """`ASGIToWSGI` with a2wsgi's arguments, counted.

    a2wsgi holds the request until the application has returned, or for `wait_time` seconds; that is
    ``wait_for_background`` here, which knows no such time.
    """

    def __init__(self, app: Any, wait_time: float | None = None) -> None:
        touched["calls"] += 1
        super().__init__(app, wait_for_background=wait_time is None)


def scope_through_the_adapter(environ: dict[str, Any]) -> dict[str, Any]:
    """What an application is given for `environ`: for tests of a peer's ``build_scope``, which does without the body."""
    seen: list[dict[str, Any]] = []

    async def app(scope: dict[str, Any], receive: Any, send: Callable[..., Any]) -> None:
        if scope["type"] == "http":
            seen.append(scope)
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    adapter = AdapterToWSGI(app)
    environ = {"wsgi.input": io.BytesIO()} | environ  # every server gives one (PEP 3333, "environ Variables")
    for _ in adapter(environ, lambda status, headers, exc_info=None: lambda data: None):
        pass
    adapter.shutdown()
    return seen[0]


TO_WSGI: dict[str, dict[str, object]] = {
    "a2wsgi": {
        "a2wsgi.ASGIMiddleware": AdapterToWSGI,
        "a2wsgi.asgi.ASGIMiddleware": AdapterToWSGI,
        "a2wsgi.asgi.build_scope": scope_through_the_adapter,
    },
}

TO_ASGI: dict[str, dict[str, object]] = {
    "a2wsgi": {
        "a2wsgi.WSGIMiddleware": Adapter,
        "a2wsgi.wsgi.WSGIMiddleware": Adapter,
        "a2wsgi.wsgi.build_environ": environ_through_the_adapter,
    },
    "asgiref": {"asgiref.wsgi.WsgiToAsgi": ExactEvents, "asgiref.wsgi.WsgiToAsgiInstance": Instance},
    "starlette": {
        "starlette.middleware.wsgi.WSGIMiddleware": Adapter,
        "starlette.middleware.wsgi.build_environ": environ_through_the_adapter,
    },
    "uvicorn": {
        "a2wsgi.WSGIMiddleware": Adapter,
        "uvicorn.middleware.wsgi._WSGIMiddleware": Adapter,
        "uvicorn.middleware.wsgi.build_environ": environ_through_the_adapter,
    },
}


REPLACED = {"asgi_to_wsgi": TO_WSGI, "wsgi_to_asgi": TO_ASGI}
"""By direction. "round_trip" puts something around what is there, "bare" replaces nothing."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before the first of the peer's own modules is imported."""
    direction, peer = os.environ["PEER_DIRECTION"], os.environ["PEER"]
    if direction == "round_trip":
        for name, around in ROUND_TRIP[peer].items():
            replace(name, around)
    elif direction != "bare":
        for name, replacement in REPLACED[direction][peer].items():
            replace(name, functools.partial(instead, replacement))


def instead(replacement: object, _: object) -> object:
    return replacement


def replace(name: str, replacement: Callable[[Any], object]) -> None:
    module, _, attribute = name.rpartition(".")
    found = importlib.import_module(module)
    assert hasattr(found, attribute), f"{name} is no more: the peer has moved it"
    setattr(found, attribute, replacement(getattr(found, attribute)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    touched.update(calls=0, websockets=0)
    forked[0] = 0
    try:
        return (yield)
    finally:
        shut_down_bridges()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, object, object]:
    if call.when == "teardown":
        touched["calls"] += forked[0]
        item.user_properties += touched.items()  # the way to the process that collects the reports
    return (yield)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    result = results.setdefault(report.nodeid, {"outcome": "passed", "message": ""})
    if report.outcome != "passed" and result["outcome"] != "failed":
        result.update(outcome=report.outcome, message=str(report.longrepr).strip().rpartition("\n")[2])
    if report.when == "teardown":
        met: dict[str, Any] = dict(report.user_properties)
        result.update(touched=met["calls"] > 0, websockets=met["websockets"] > 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # a worker's reports go to the process that started it
        Path(os.environ["PEER_RESULTS"]).write_text(json.dumps(results))
