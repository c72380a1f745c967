"""A client that plays the ASGI server for a handler in this process, and what it saw."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings

from bridgekit.django.handlers.asgi import PooledASGIHandler

HANDLERS: dict[str, Callable[[], ASGIHandler]] = {"stock": ASGIHandler, "pooled": PooledASGIHandler}


@dataclass
class Answer:
    """What left the application."""

    messages: list[Any] = field(default_factory=list)

    @property
    def status(self) -> int:
        status: int = self.messages[0]["status"]
        return status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return list(self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def scope_of(url: str, method: str = "GET", headers: Any = (), **more: Any) -> dict[str, Any]:
    path, _, query = url.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("127.0.0.1", 4711),
        "server": ("testserver", 80),
        **more,
    }


async def ask(
    app: Any, url: str, *, body: bytes = b"", gone: asyncio.Event | None = None, **of_scope: Any
) -> Answer:
    """One request; the client leaves once ``gone`` is set."""
    answer = Answer()
    inbox = [{"type": "http.request", "body": body, "more_body": False}]
    leaves = gone or asyncio.Event()

    async def receive() -> Any:
        if inbox:
            return inbox.pop()
        await leaves.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answer.messages.append(message)

    await app(scope_of(url, **of_scope), receive, send)
    return answer


@contextmanager
def project(urlconf: str, middleware: Any = (), **more: Any) -> Iterator[None]:
    """The settings of a project with sessions, users and messages, whose database is in memory."""
    apps = [f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions", "messages")]
    with override_settings(
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=sorted({*settings.INSTALLED_APPS, *apps}),
        MIDDLEWARE=list(middleware),
        ROOT_URLCONF=urlconf,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        **more,
    ):
        yield


def both(url: str, **options: Any) -> tuple[Answer, Answer]:
    """The same request to Django's handler and to ours, of the settings as they are."""

    async def main() -> tuple[Answer, Answer]:
        stock, pooled = [await ask(make(), url, **options) for make in HANDLERS.values()]
        return stock, pooled

    return asyncio.run(main())


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run on until it holds."""
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to hold")
