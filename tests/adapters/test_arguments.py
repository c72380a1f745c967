"""Constructors judge what they are given: mistakes show where they are made, and nothing that may be right is refused."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable
from types import MethodType
from typing import Any

import pytest

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit.typing import Environ, StartResponse
from tests.helpers.loosely import loosely


def wsgi(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Never run."""


def asgi_by_hand(scope: Any, receive: Any, send: Any) -> Any:
    return asgi(scope, receive, send)


class WSGIClass:
    """An instance for each request (PEP 3333 has it as an example)."""

    def __init__(self, environ: Environ, start_response: StartResponse) -> None:
        start_response("200 OK", [])

    def __iter__(self) -> Any:
        return iter([b"hello"])


class WSGIObject:
    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return wsgi(environ, start_response)

    def other_name(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        return wsgi(environ, start_response)


class ASGIObject:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Never run."""


class BothInOne:
    """Tells by the number of arguments which protocol it is called by."""

    def __call__(self, *arguments: Any) -> Any:
        return wsgi(*arguments) if len(arguments) == 2 else asgi(*arguments)


class SlotCalled:
    """Its ``__call__`` is a slot that is filled later, so the type does not tell what it takes."""

    __slots__ = ("__call__",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__call__ = function


class Untouchable:
    """A proxy that can answer nothing about what it stands for, before the application is made."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(f"the application is not made yet, and was asked for {name}")

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Never run."""


def factory_text() -> Any:
    """Never run."""


def with_configuration(configuration: dict[str, str], environ: Environ, start_response: StartResponse) -> Any:
    return wsgi(environ, start_response)


@functools.wraps(factory_text)
def wrapped_around_a_factory(*arguments: Any) -> Any:
    return wsgi(*arguments)


@pytest.mark.parametrize(
    "app",
    [
        wsgi,
        WSGIClass,
        WSGIObject(),
        WSGIObject().other_name,
        MethodType(with_configuration, {}),
        functools.partial(with_configuration, {}),
        lambda environ, start_response, more=None: wsgi(environ, start_response),
        lambda *arguments: wsgi(*arguments),
        wrapped_around_a_factory,
        BothInOne(),
        SlotCalled(wsgi),
        SlotCalled(asgi),
        ASGIToWSGI(asgi),
        max,  # compiled code without a signature
    ],
)
def test_what_may_be_a_wsgi_application_is_taken(app: Any) -> None:
    assert WSGIToASGI(app).app is app


def test_a_proxy_is_taken_and_not_asked() -> None:
    WSGIToASGI(Untouchable())
    ASGIToWSGI(Untouchable())


@pytest.mark.parametrize(
    "app",
    [
        asgi,
        ASGIObject(),
        ASGIObject().__call__,
        asgi_by_hand,
        functools.partial(asgi),
        functools.partial(asgi, {}),
    ],
)
def test_an_asgi_application_is_refused_where_wsgi_is_wanted(app: Any) -> None:
    """It would be called with two arguments, and answer each request with 500."""
    with pytest.raises(TypeError, match="is an ASGI application, not a WSGI application"):
        WSGIToASGI(app)


def test_wrapping_twice_is_refused() -> None:
    app: Any = WSGIToASGI(wsgi)
    with pytest.raises(TypeError, match="a WSGIToASGI already"):
        WSGIToASGI(app)


def test_a_factory_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match=r"factory_text\(\).*call it, and give what it returns"):
        WSGIToASGI(loosely(factory_text))


def test_a_callable_of_other_arguments_is_refused() -> None:
    def view(request: Any) -> Any:
        """Never run."""

    app: Any = view
    with pytest.raises(TypeError, match=r"cannot be called with \(environ, start_response\).*view"):
        WSGIToASGI(app)


def test_a_module_is_refused_with_advice() -> None:
    app: Any = sys.modules[__name__]
    with pytest.raises(TypeError, match="; name the application in it"):
        WSGIToASGI(app)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_workers": "8"}, r"max_workers must be a whole number, not the str '8'; convert it: .*int"),
        ({"max_workers": 8.0}, "max_workers must be a whole number, not the float 8.0"),
        ({"max_workers": None}, "max_workers must be a whole number, not the NoneType None"),
        ({"max_workers": True}, "max_workers must be a whole number, not the bool True"),
        ({"max_queue": "10"}, "max_queue must be a whole number, or None for no limit, not the str"),
        ({"queue_timeout": "30"}, r"queue_timeout must be a number, or None for no limit.*float"),
        ({"retry_after": 1.5}, "retry_after must be a whole number"),
        ({"idle_seconds": None}, "idle_seconds must be a number"),
        ({"prebuffer": "1M"}, "prebuffer must be a whole number"),
        ({"window": 1e6}, "window must be a whole number"),
        ({"max_body_size": "1000000"}, "max_body_size must be a whole number"),
        ({"buffer_chunked": "false"}, "buffer_chunked must be True or False, not the str 'false'"),
        ({"allow_underscores": 1}, "allow_underscores must be True or False, not the int 1"),
        ({"on_startup": "app.startup"}, "on_startup must be a function without arguments"),
        ({"on_shutdown": lambda app: None}, "on_shutdown is called without arguments"),
    ],
)
def test_an_option_of_a_wrong_type_is_refused_at_construction(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        WSGIToASGI(wsgi, **options)


def test_a_coroutine_as_hook_is_refused_with_advice() -> None:
    """``on_startup=connect()`` for ``on_startup=connect``."""

    async def connect() -> None:
        """Never run."""

    coroutine: Any = connect()
    with pytest.raises(TypeError, match="give the function itself, without calling it"):
        WSGIToASGI(wsgi, on_startup=coroutine)
    coroutine.close()


def test_not_a_number_is_refused() -> None:
    """Every comparison with it is false, so it would be no limit and no time."""
    with pytest.raises(ValueError, match="queue_timeout must be a number, not NaN"):
        WSGIToASGI(wsgi, queue_timeout=float("nan"))


class Index:
    """A whole number of another library, as NumPy has them."""

    def __index__(self) -> int:
        return 4

    def __lt__(self, other: int) -> bool:
        return other > 4


def test_whole_numbers_of_other_types_are_taken() -> None:
    size: Any = Index()
    assert WSGIToASGI(wsgi, prebuffer=size).app is wsgi


@pytest.mark.parametrize("hook", [asgi_by_hand, functools.partial(asgi_by_hand, 1, 2, 3), WSGIObject])
def test_hooks_are_judged_by_what_can_be_seen(hook: Any) -> None:
    if hook is asgi_by_hand:
        with pytest.raises(TypeError, match="on_startup"):
            WSGIToASGI(wsgi, on_startup=loosely(hook))
    else:
        WSGIToASGI(wsgi, on_startup=hook, on_shutdown=hook)


class AwaitableClass:
    """Starlette's endpoints are such: an instance for each request, which is awaited."""

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        """Never run."""

    def __await__(self) -> Any:
        """Never run."""


class MadeOfOptions:
    """A framework's class, which is called for an application."""

    def __init__(self, debug: bool = False, routes: Any = None, middleware: Any = None) -> None:
        """Never run."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Never run."""


@pytest.mark.parametrize(
    "app",
    [
        asgi,
        asgi_by_hand,
        ASGIObject(),
        ASGIObject().__call__,
        AwaitableClass,
        MadeOfOptions(),
        functools.partial(asgi),
        lambda *arguments: asgi(*arguments),
        BothInOne(),
        SlotCalled(asgi),
        WSGIToASGI(wsgi),
        max,
    ],
)
def test_what_may_be_an_asgi_application_is_taken(app: Any) -> None:
    assert ASGIToWSGI(app).app is app


@pytest.mark.parametrize("app", [wsgi, WSGIObject(), WSGIObject().other_name, ASGIToWSGI(asgi)])
def test_a_wsgi_application_is_refused_where_asgi_is_wanted(app: Any) -> None:
    with pytest.raises(TypeError, match="is a WSGI application, not an ASGI application"):
        ASGIToWSGI(app)


def test_a_class_in_place_of_its_instance_is_refused() -> None:
    app: Any = MadeOfOptions
    with pytest.raises(TypeError, match=r"the class MadeOfOptions.*give an instance"):
        ASGIToWSGI(app)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"wait_for_background": "no"}, "wait_for_background must be True or False"),
        ({"raise_exceptions": 0}, "raise_exceptions must be True or False"),
        ({"window": "65536"}, "window must be a whole number"),
        ({"read_size": 1.5}, "read_size must be a whole number"),
        ({"disconnect_grace": "1"}, "disconnect_grace must be a number"),
        ({"shutdown_timeout": None}, "shutdown_timeout must be a number"),
    ],
)
def test_an_option_of_a_wrong_type_of_the_other_adapter(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        ASGIToWSGI(asgi, **options)
