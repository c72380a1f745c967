"""What a call of a function takes and makes is told for every form that people hand over, in one place for all of bridgekit."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from asgiref.sync import markcoroutinefunction

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit._arguments import check_function, is_asynchronous, takes
from bridgekit.timing import WSGITimingMiddleware


class Shop:
    async def asgi(self, scope: Any, receive: Any, send: Any) -> None:
        """Never run."""

    def wsgi(self, environ: Any, start_response: Any) -> Any:
        """Never run."""

    async def record(self, place: str, timing: Any) -> None:
        """Never run."""


def marked(scope: Any, receive: Any, send: Any) -> Any:
    """A plain function that says of itself that its answer is awaited: before Python 3.12 by a mark of asyncio's."""


markcoroutinefunction(marked)


@pytest.mark.parametrize(
    ("function", "asynchronous", "count"),
    [
        (functools.partial(Shop().asgi), True, 3),
        (functools.partial(Shop().asgi, {}), True, 2),
        (functools.partial(Shop().wsgi), False, 2),
        (functools.partial(functools.partial(Shop().wsgi, {})), False, 1),
        (marked, True, 3),
        (functools.partial(marked, {}), True, 2),
    ],
)
def test_partials_of_methods_and_marked_functions_are_seen_through(
    function: Any, asynchronous: bool, count: int
) -> None:
    assert is_asynchronous(function) is asynchronous
    assert [takes(function, number) for number in (count - 1, count, count + 1)] == [False, True, False]


def test_a_partial_of_a_method_is_no_application_of_the_other_protocol() -> None:
    asgi: Any = functools.partial(Shop().asgi)
    wsgi: Any = functools.partial(Shop().wsgi)
    with pytest.raises(TypeError, match="is an ASGI application"):
        WSGIToASGI(asgi)
    with pytest.raises(TypeError, match="is a WSGI application"):
        ASGIToWSGI(wsgi)


@pytest.mark.parametrize("function", [functools.partial(Shop().record, "here"), marked])
def test_what_nobody_would_await_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="nobody awaits"):
        check_function("exporter", function, arguments=1, called_with="a record")


class Called:
    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Never run."""


class MadeOfOne(Called):
    def __init__(self, name: str) -> None:
        self.name = name


class MadeOfAnything(Called):
    def __new__(cls, *args: Any) -> Any:
        return super().__new__(cls)


class MadeByItsMetaclass(type):
    def __call__(cls, *args: Any) -> Any:
        return super().__call__()


class Registered(Called, metaclass=MadeByItsMetaclass):
    pass


class Response:
    """As PEP 3333 shows an application that is a class: its instances are the bodies."""

    def __init__(self, environ: Any, start_response: Any) -> None: ...

    def __iter__(self) -> Any:
        yield b""


def test_a_class_is_called_with_what_makes_it_and_not_as_its_instances_are() -> None:
    wrong: list[Any] = [Called, MadeOfOne]
    for cls in wrong:
        with pytest.raises(TypeError, match=f"the class {cls.__name__}.*give that"):
            WSGIToASGI(cls)
    possible: list[Any] = [MadeOfAnything, Registered, Response]
    for cls in possible:
        WSGIToASGI(cls)


def get_response(request: Any) -> Any:
    """Never run."""


def test_a_timing_wrapper_in_djangos_list_is_told_its_line() -> None:
    wrapped: Any = get_response
    with pytest.raises(TypeError, match=r"the line is bridgekit\.django\.middleware\.TimingMiddleware"):
        WSGITimingMiddleware(wrapped)
