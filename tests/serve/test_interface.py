"""The oracle is the frameworks: their real application objects."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.simple_server import demo_app
from wsgiref.validate import validator

import a2wsgi
import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware

from bridgekit.serve.interface import detect_interface, is_factory, shown_signature
from tests.helpers.loosely import loosely


def django_handlers() -> tuple[object, object]:
    asgi = pytest.importorskip("django.core.handlers.asgi")
    wsgi = pytest.importorskip("django.core.handlers.wsgi")
    # The classes' signatures tell; making instances would need settings.
    return asgi.ASGIHandler.__new__(asgi.ASGIHandler), wsgi.WSGIHandler.__new__(wsgi.WSGIHandler)


async def asgi_function(scope: Any, receive: Any, send: Any) -> None: ...


async def asgi_function_with_default(scope: Any, receive: Any, send: Any, extra: object = None) -> None: ...


def asgi_without_async(scope: Any, receive: Any, send: Any) -> Any: ...


def wsgi_with_default(environ: Any, start_response: Any, exc_info: object = None) -> Any: ...


def asgi_with_defaults(scope: Any, receive: Any = None, send: Any = None) -> Any: ...


def could_be_both(first: Any, second: Any, third: object = None) -> Any: ...


class WSGIClass:
    """PEP 3333's "AppClass": the class is the application, its instance the iterable."""

    def __init__(self, environ: Any, start_response: Any) -> None: ...

    def __iter__(self) -> Iterator[bytes]:
        raise NotImplementedError


class ASGIInstance:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class WSGIInstance:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


def with_a_setting(setting: object, environ: Any, start_response: Any) -> Any: ...


@functools.wraps(demo_app)
def wrapped(*args: Any, **kwargs: Any) -> Any: ...


@pytest.mark.parametrize(
    ("app", "interface"),
    [
        (demo_app, "wsgi"),
        (wrapped, "wsgi"),
        (WSGIClass, "wsgi"),
        (WSGIInstance(), "wsgi"),
        (wsgi_with_default, "wsgi"),
        (functools.partial(with_a_setting, 1), "wsgi"),
        (a2wsgi.ASGIMiddleware(asgi_function), "wsgi"),
        (asgi_function, "asgi"),
        (asgi_function_with_default, "asgi"),
        (asgi_without_async, "asgi"),
        (asgi_with_defaults, "asgi"),
        (ASGIInstance(), "asgi"),
        (Starlette(), "asgi"),
        (GZipMiddleware(Starlette()), "asgi"),
        (a2wsgi.WSGIMiddleware(loosely(demo_app)), "asgi"),
        (validator(demo_app), None),
        (could_be_both, None),
        (print, None),
        ("text", None),
        (ASGIInstance, None),
    ],
)
def test_an_application_tells_what_it_is(app: object, interface: str | None) -> None:
    assert detect_interface(app) == interface


def test_djangos_two_handlers_tell_what_they_are() -> None:
    asgi, wsgi = django_handlers()
    assert (detect_interface(asgi), detect_interface(wsgi)) == ("asgi", "wsgi")


@pytest.mark.parametrize("module", ["flask", "bottle"])
def test_wsgi_frameworks_tell_what_they_are(module: str) -> None:
    framework = pytest.importorskip(module)
    app = framework.Flask("x") if module == "flask" else framework.Bottle()
    assert detect_interface(app) == "wsgi"


def make() -> object: ...


def make_with_defaults(config: object = None, *, debug: bool = False) -> object: ...


def make_with_need(config: object) -> object: ...


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (make, True),
        (make_with_defaults, True),
        (lambda: demo_app, True),
        (make_with_need, False),
        (validator(demo_app), False),
        (demo_app, False),
        (asgi_function, False),
        (WSGIClass, False),
    ],
)
def test_a_factory_is_what_needs_no_argument(app: Callable[..., object], expected: bool) -> None:
    assert is_factory(app) is expected


def test_compiled_code_without_a_signature_tells_nothing() -> None:
    assert detect_interface(type) is None
    assert not is_factory(type)
    assert shown_signature(type) == "unknown"


def test_a_signature_is_shown_for_the_message() -> None:
    assert shown_signature(lambda first, *rest: None) == "(first, *rest)"
