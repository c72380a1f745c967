"""Applications that leave everything behind that an application can leave in its context, in both directions and doubled.

``?user=NAME`` makes the request somebody's, by a context variable, asgiref's `Local`, structlog's and OpenTelemetry's
variables, and Django's language and time zone. Every answer says what the request found of that when it began. The path
chooses how the request ends. ``/report`` tells what was found in the server's own context, and how many things of earlier
requests are still there.
"""

from __future__ import annotations

import contextvars
import gc
import json
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import structlog
from asgiref.local import Local
from opentelemetry import baggage
from opentelemetry import context as opentelemetry_context

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import ASGIApp, Environ, Receive, Scope, Send, StartResponse, WSGIApp

try:
    import django
    from django.conf import settings
    from django.utils import timezone, translation
except ImportError:  # Apache's Python is too old for Django's newest
    translation = None  # type: ignore[assignment]
else:
    settings.configure(USE_I18N=True, USE_TZ=True)
    django.setup()

user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")
thing: contextvars.ContextVar[Any] = contextvars.ContextVar("thing")
local: Any = Local()
things: list[weakref.ref[Any]] = []
found_outside: list[list[str]] = []
requests = [0]
FILE = Path(tempfile.gettempdir(), "bridgekit-context-file")
ENDS = ("whole", "stream", "reset", "file", "crash", "crash-later", "after", "endless")


class Thing:
    """Something of a request."""


def write_file(body: bytes) -> None:
    FILE.write_bytes(body)


def become(name: str) -> None:
    user.set(name)
    local.user = name
    structlog.contextvars.bind_contextvars(user=name)
    opentelemetry_context.attach(baggage.set_baggage("user", name))
    if translation is not None:
        translation.activate("de")
        timezone.activate("Asia/Kolkata")
    kept = Thing()
    things.append(weakref.ref(kept))
    thing.set(kept)


def found() -> list[str]:
    """What a request finds at its beginning."""
    names = [user.get(), getattr(local, "user", "nobody")]
    names.append(structlog.contextvars.get_contextvars().get("user", "nobody"))
    names.append(str(baggage.get_baggage("user") or "nobody"))
    if translation is not None:
        language, zone = translation.get_language(), timezone.get_current_timezone_name()
        names += [
            "nobody" if language == "en-us" else language,
            "nobody" if zone == "America/Chicago" else zone,
        ]
    return names


def told(query: str, path: str) -> str:
    """Begin a request; what it answers."""
    answer: Any = found()
    if path == "/report":
        gc.collect()
        alive = sum(each() is not None for each in things)
        answer = {"requests": requests[0], "outside": found_outside, "made": len(things), "alive": alive}
    for name in parse_qs(query).get("user", []):
        become(name)
    return json.dumps(answer)


# The same application twice


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        raise RuntimeError("http only")
    path = scope["path"]
    token = user.set(user.get())
    body = told(scope["query_string"].decode(), path).encode()
    try:
        await answer(path, body, send)
    finally:
        if path == "/reset":
            user.reset(token)
            structlog.contextvars.clear_contextvars()


async def answer(path: str, body: bytes, send: Send) -> None:
    if path == "/crash":
        raise LookupError("before the response")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    if path == "/file":
        write_file(body)
        await send({"type": "http.response.pathsend", "path": str(FILE)})
        return
    more = path in ("/stream", "/reset", "/crash-later", "/endless")
    await send({"type": "http.response.body", "body": body, "more_body": more})
    while path == "/endless":
        await send({"type": "http.response.body", "body": b"x" * 1024, "more_body": True})
    if path in ("/crash-later", "/after"):
        raise LookupError("in or after the response")
    if more:
        await send({"type": "http.response.body", "body": b""})


def wsgi_app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    token = user.set(user.get())
    body = told(environ["QUERY_STRING"], path).encode()
    if path == "/crash":
        raise LookupError("before the response")
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/file":
        FILE.write_bytes(body)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](FILE.open("rb"))
        return wrapped
    if path in ("/stream", "/reset", "/crash-later", "/endless", "/after"):
        return pieces(path, body, token)
    return [body]


def pieces(path: str, body: bytes, token: contextvars.Token[str]) -> Iterator[bytes]:
    try:
        yield body
        while path == "/endless":
            yield b"x" * 1024
        if path in ("/crash-later", "/after"):
            raise LookupError("in or after the response")
    finally:
        if path == "/reset":
            user.reset(token)
            structlog.contextvars.clear_contextvars()


# Around the outermost adapter stands somebody who looks at the server's own context


OURS = ("user", "thing", "structlog_user", "current_context", "bridgekit_context_overlay")


def look() -> None:
    requests[0] += 1
    names = [variable.name for variable in contextvars.copy_context() if variable.name in OURS]
    if names or set(found()) != {"nobody"}:
        found_outside.append(names + found())


def on_wsgi(app: WSGIApp) -> WSGIApp:
    def watched(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        look()
        return app(environ, start_response)

    return watched


def on_asgi(app: ASGIApp) -> ASGIApp:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            look()
        await app(scope, receive, send)

    return watched


wsgi: Callable[..., Any] = on_wsgi(ASGIToWSGI(asgi_app))
wsgi_doubled: Callable[..., Any] = on_wsgi(ASGIToWSGI(WSGIToASGI(wsgi_app)))
asgi: Callable[..., Any] = on_asgi(WSGIToASGI(wsgi_app, max_workers=2))
asgi_doubled: Callable[..., Any] = on_asgi(WSGIToASGI(ASGIToWSGI(asgi_app), max_workers=2))
