"""What a call of a function takes and makes is told for every form that people hand over, in one place for all of bridgekit."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from asgiref.sync import markcoroutinefunction

from bridgekit import ASGIToWSGI, WSGIToASGI
from bridgekit._arguments import check_function, is_asynchronous, takes


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
