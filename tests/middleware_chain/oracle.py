"""Django itself, made to tell how it builds its chain and how often one request crosses."""

from __future__ import annotations

import asyncio
import sys
import types
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock
from wsgiref.util import setup_testing_defaults

import django
from asgiref.sync import AsyncToSync, SyncToAsync
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.test import override_settings
from django.urls import path

from bridgekit.middleware_chain.requests import Mode, Outcome, RequestKind, Server
from tests.helpers.loosely import loosely

if not settings.configured:
    settings.configure(SECRET_KEY="s" * 50)
    django.setup()


def respond(outcome: Outcome, request: HttpRequest) -> Any:
    """The response of a view with this outcome; raises for the exception."""
    match outcome:
        case Outcome.ERROR_STATUS:
            return HttpResponse("gone", status=410)
        case Outcome.TEMPLATE:
            return TemplateResponse(request, engines["django"].from_string("hello"))
        case Outcome.EXCEPTION:
            raise LookupError("as planned")
        case Outcome.SYNC_STREAM:
            return StreamingHttpResponse(iter([b"a", b"b"]))
        case Outcome.ASYNC_STREAM:
            return StreamingHttpResponse(chunks())
        case _:
            return HttpResponse("hello")


async def chunks() -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"


def make_view(kind: RequestKind) -> Callable[..., Any]:
    def view(request: HttpRequest) -> Any:
        return respond(kind.outcome, request)

    async def async_view(request: HttpRequest) -> Any:
        return respond(kind.outcome, request)

    return async_view if kind.view is Mode.ASYNC else view


ALL_KINDS = tuple(RequestKind(view, outcome) for view in Mode for outcome in Outcome)

urls = types.ModuleType("tests.middleware_chain.oracle_urls")
urls.urlpatterns = [  # type: ignore[attr-defined]  # a module is made of attributes
    path(f"{kind.view}/{kind.outcome}", make_view(kind))
    for kind in ALL_KINDS
    if kind.outcome is not Outcome.NOT_FOUND
]
sys.modules[urls.__name__] = urls


@contextmanager
def django_with(middleware: Sequence[str]) -> Iterator[None]:
    """Settings under which the oracle runs, whatever else the test session has configured."""
    with override_settings(
        ALLOWED_HOSTS=["*"],
        DEBUG=False,
        INSTALLED_APPS=sorted(
            {*settings.INSTALLED_APPS, "django.contrib.auth", "django.contrib.contenttypes"}
        ),
        LOGGING_CONFIG=None,
        MESSAGE_STORAGE="django.contrib.messages.storage.cookie.CookieStorage",
        MIDDLEWARE=list(middleware),
        ROOT_URLCONF=urls.__name__,
        SECRET_KEY=settings.SECRET_KEY,
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    ):
        yield


class RecordingHandler(BaseHandler):
    """Loads middleware as Django does and keeps every decision of `adapt_method_mode`."""

    def __init__(self, server: Server) -> None:
        self.handlers: list[tuple[bool, bool]] = []
        self.hooks: list[tuple[str, bool, bool]] = []
        self.load_middleware(is_async=server is Server.ASGI)

    def adapt_method_mode(
        self,
        is_async: bool,
        method: Any,
        method_is_async: bool | None = None,
        debug: bool = False,
        name: str | None = None,
    ) -> Any:
        adapted = super().adapt_method_mode(is_async, method, method_is_async, debug, name)
        if method_is_async is None:
            self.hooks.append((method.__name__, is_async, adapted is not method))
        else:
            self.handlers.append((is_async, method_is_async))
        return adapted

    async def _get_response_async(self, request: Any) -> Any:
        raise NotImplementedError


@contextmanager
def counted_crossings() -> Iterator[Counter[str]]:
    """Count every call of asgiref's two adapters, whichever thread makes it."""
    counts: Counter[str] = Counter()
    to_thread, to_loop = SyncToAsync.__call__, AsyncToSync.__call__

    async def count_to_thread(self: Any, *args: Any, **kwargs: Any) -> Any:
        counts["to_thread"] += 1
        return await to_thread(self, *args, **kwargs)

    def count_to_loop(self: Any, *args: Any, **kwargs: Any) -> Any:
        counts["to_loop"] += 1
        return to_loop(self, *args, **kwargs)

    with (
        mock.patch.object(SyncToAsync, "__call__", count_to_thread),
        mock.patch.object(AsyncToSync, "__call__", count_to_loop),
    ):
        yield counts


class RunningDjango:
    """One built handler that answers requests of any kind and counts their crossings."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.asgi = ASGIHandler() if server is Server.ASGI else None
        self.wsgi = WSGIHandler() if server is Server.WSGI else None

    def measure(self, kind: RequestKind) -> tuple[int, int, int]:
        """Status, calls to a thread, calls to a loop of one GET request."""
        url = f"/{kind.view}/{kind.outcome}"
        with counted_crossings() as counts:
            status = asyncio.run(self._over_asgi(url)) if self.asgi else self._over_wsgi(url)
        return status, counts["to_thread"], counts["to_loop"]

    async def _over_asgi(self, url: str) -> int:
        assert self.asgi is not None
        sent: list[Mapping[str, Any]] = []
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "path": url,
            "raw_path": url.encode(),
            "query_string": b"",
            "headers": [(b"host", b"testserver")],
        }

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        await self.asgi(scope, inbox.get, send)
        return int(sent[0]["status"])

    def _over_wsgi(self, url: str) -> int:
        assert self.wsgi is not None
        environ: dict[str, Any] = {"PATH_INFO": url, "REQUEST_METHOD": "GET"}
        setup_testing_defaults(environ)
        statuses: list[str] = []
        response = self.wsgi(environ, loosely(lambda status, headers, exc_info=None: statuses.append(status)))
        try:
            for _ in response:
                pass
        finally:
            response.close()
        return int(statuses[0].split()[0])
