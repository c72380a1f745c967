"""The originals that the adapters pass on, on the frameworks' debug pages: the session cookie is not to be read there.

Django's pages are in tests/servers, under servers.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.routing import Route, Router
from werkzeug.debug import DebuggedApplication

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import ASGIApp, Environ, StartResponse, WSGIApp
from tests.helpers.asgi_driver import Loop
from tests.helpers.wsgi_client import Exchange, environ_of

SECRETS = {"Cookie": "sessionid=s3cr3t-cookie", "Authorization": "Bearer s3cr3t-token"}


def wsgi_app(environ: Environ, start_response: StartResponse) -> list[bytes]:
    """An application that mentions what it was given: in its message, and in a variable of its frame."""
    original = environ["asgi.scope"]
    assert dict(original["headers"])[b"cookie"] == SECRETS["Cookie"].encode()
    raise LookupError(f"no tenant in {original}")


async def view(request: Request) -> Any:
    original = request.scope["wsgi_environ"]
    assert original["HTTP_COOKIE"] == SECRETS["Cookie"]
    raise LookupError(f"no tenant in {original}")


@pytest.fixture
def asgi_on_wsgi(request: pytest.FixtureRequest) -> Iterator[ASGIToWSGI]:
    """Starlette in a WSGI server, with its own debug page, or its routes alone, without any error page."""
    routes = [Route("/", view)]
    adapter = ASGIToWSGI(Starlette(debug=True, routes=routes) if request.param else Router(routes))
    yield adapter
    adapter.shutdown()


with_its_page = pytest.mark.parametrize("asgi_on_wsgi", [True], indirect=True)
without = pytest.mark.parametrize("asgi_on_wsgi", [False], indirect=True)


def ask_asgi(loop: Loop, app: ASGIApp, **query: str) -> str:
    """The page that an ASGI server gets for a request with secrets."""

    async def ask() -> str:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get("/", params=query, headers={**SECRETS, "Accept": "text/html"})).text

    page: str = loop.run(ask)
    return page


def ask_wsgi(app: WSGIApp, **query: str) -> str:
    """The same for a WSGI server, which is told of the error when it closes the page."""
    headers: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in SECRETS.items()}
    environ = environ_of(
        HTTP_ACCEPT="text/html", HTTP_HOST="localhost", QUERY_STRING=urlencode(query), **headers
    )
    with contextlib.suppress(LookupError), Exchange(app, environ, validate=False) as exchange:
        page = exchange.answer().body.decode()
    return page


def console(page: str, variable: str) -> dict[str, str]:
    """The request that Werkzeug's debugger makes to evaluate ``variable`` in the frame that failed."""
    secret = re.search(r'SECRET = "(\w+)"', page)
    frames = re.findall(r'id="frame-(\d+)"', page)
    assert secret is not None
    return {"__debugger__": "yes", "cmd": variable, "frm": frames[-1], "s": secret[1]}


def debugged(app: WSGIApp) -> DebuggedApplication:
    return DebuggedApplication(app, evalex=True, pin_security=False)


def test_starlettes_page_of_a_wsgi_application(loop: Loop) -> None:
    """`environ["asgi.scope"]`"""
    page = ask_asgi(loop, ServerErrorMiddleware(WSGIToASGI(wsgi_app), debug=True))
    assert "no tenant in" in page
    assert "headers" in page
    assert "s3cr3t" not in page


@with_its_page
def test_starlettes_page_of_an_asgi_application(asgi_on_wsgi: ASGIToWSGI) -> None:
    """`scope["wsgi_environ"]`"""
    page = ask_wsgi(asgi_on_wsgi)
    assert "no tenant in" in page
    assert "HTTP_COOKIE" in page
    assert "s3cr3t" not in page


def test_werkzeugs_debugger_of_a_wsgi_application(loop: Loop) -> None:
    """Its page, and its console asked for the original."""
    app = WSGIToASGI(debugged(wsgi_app), max_workers=1)
    page = ask_asgi(loop, app)
    shown = ask_asgi(loop, app, **console(page, "original"))
    assert "no tenant in" in page
    assert "headers" in shown
    for text in (page, shown):
        assert "s3cr3t" not in text


@without
def test_werkzeugs_debugger_of_an_asgi_application(asgi_on_wsgi: ASGIToWSGI) -> None:
    """The traceback crosses: its last frame is that of the application, on the event loop."""
    app = debugged(asgi_on_wsgi)
    page = ask_wsgi(app)
    shown = ask_wsgi(app, **console(page, "original"))
    assert "no tenant in" in page
    assert "HTTP_COOKIE" in shown
    for text in (page, shown):
        assert "s3cr3t" not in text
