"""Applications under a path of a Django project, and Django under a path: every framework makes the right URLs."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Iterator
from typing import Any
from wsgiref.validate import validator

import httpx
import pytest
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.test import override_settings
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bridgekit import ASGIToWSGI, WSGIToASGI
from tests.django import mounted
from tests.helpers.loosely import loosely

HOST = "shop.example"
BEHIND = ["", "/outer"]
"""The script name that the server itself sets: ``uvicorn --root-path``, gunicorn's ``SCRIPT_NAME``."""


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    with override_settings(
        ALLOWED_HOSTS=[HOST],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        ROOT_URLCONF=mounted.__name__,
    ):
        yield


def needs(name: str) -> None:
    if name not in ("django", "starlette") and importlib.util.find_spec(name) is None:
        pytest.skip(f"needs {name}")


async def ask_asgi(app: Any, outer: str, url: str) -> dict[str, str]:
    # The path of a scope has its root_path in it (ASGI specification, HTTP connection scope).
    transport = httpx.ASGITransport(app, root_path=outer)
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as client:
        answer: dict[str, str] = (await client.get(outer + url)).raise_for_status().json()
        return answer


def ask_wsgi(app: Any, outer: str, url: str) -> dict[str, str]:
    # PATH_INFO has no SCRIPT_NAME in it (PEP 3333).
    transport = httpx.WSGITransport(validator(app), script_name=outer)
    with httpx.Client(transport=transport, base_url=f"https://{HOST}") as client:
        answer: dict[str, str] = client.get(url).raise_for_status().json()
        return answer


def expected(script: str, path: str = "/orders/7") -> dict[str, str]:
    url = f"{script}/orders/8"
    return {"script": script, "path": path, "url": url, "full": f"https://{HOST}{url}"}


@pytest.mark.parametrize("outer", BEHIND)
@pytest.mark.parametrize("name", mounted.ASGI)
def test_an_asgi_application_beside_django_under_asgi(name: str, outer: str) -> None:
    """Starlette's Mount: the path that matched becomes part of root_path, for all frameworks."""
    needs(name)
    app = Starlette(
        routes=[Mount("/live", mounted.ASGI[name]()), Mount("/", loosely(get_asgi_application()))]
    )
    assert asyncio.run(ask_asgi(app, outer, "/live/orders/7")) == expected(f"{outer}/live")
    for path in ("/orders/7", "/async-orders/7"):
        assert asyncio.run(ask_asgi(app, outer, path)) == expected(outer, path)


@pytest.mark.parametrize("outer", BEHIND)
@pytest.mark.parametrize("name", mounted.WSGI)
def test_a_wsgi_application_beside_django_under_asgi(name: str, outer: str) -> None:
    """WSGIToASGI makes SCRIPT_NAME of root_path; Django's own WSGI handler may stand there, too."""
    needs(name)
    inner = WSGIToASGI(validator(mounted.WSGI[name]()))
    app = Starlette(routes=[Mount("/legacy", inner), Mount("/", loosely(get_asgi_application()))])
    assert asyncio.run(ask_asgi(app, outer, "/legacy/orders/7")) == expected(f"{outer}/legacy")
    assert asyncio.run(ask_asgi(app, outer, "/orders/7")) == expected(outer)


@pytest.mark.parametrize("outer", BEHIND)
@pytest.mark.parametrize("name", mounted.WSGI)
def test_a_wsgi_application_beside_django_under_wsgi(name: str, outer: str) -> None:
    """Werkzeug's DispatcherMiddleware moves what matched from PATH_INFO to SCRIPT_NAME."""
    needs(name)
    app = DispatcherMiddleware(get_wsgi_application(), {"/legacy": mounted.WSGI[name]()})
    assert ask_wsgi(app, outer, "/legacy/orders/7") == expected(f"{outer}/legacy")
    assert ask_wsgi(app, outer, "/orders/7") == expected(outer)


@pytest.mark.parametrize("outer", BEHIND)
@pytest.mark.parametrize("name", mounted.ASGI)
def test_an_asgi_application_beside_django_under_wsgi(name: str, outer: str) -> None:
    """ASGIToWSGI makes root_path and path of SCRIPT_NAME and PATH_INFO; Django's own ASGI handler may stand there, too."""
    needs(name)
    inner = ASGIToWSGI(mounted.ASGI[name]())
    app = DispatcherMiddleware(get_wsgi_application(), {"/live": inner})
    assert ask_wsgi(app, outer, "/live/orders/7") == expected(f"{outer}/live")
    assert ask_wsgi(app, outer, "/orders/7") == expected(outer)
    inner.shutdown()


@pytest.mark.parametrize("outer", BEHIND)
def test_a_path_that_only_begins_like_a_mounted_one_is_djangos(outer: str) -> None:
    """``/liveorders`` is not below ``/live``: Django answers 404 under its own script name."""
    asgi = Starlette(
        routes=[Mount("/live", mounted.starlette()), Mount("/", loosely(get_asgi_application()))]
    )
    wsgi = DispatcherMiddleware(get_wsgi_application(), {"/live": ASGIToWSGI(mounted.starlette())})
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        asyncio.run(ask_asgi(asgi, outer, "/liveorders/7"))
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        ask_wsgi(wsgi, outer, "/liveorders/7")
