"""Middleware of every form, for the tests of the breakdown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

GetResponse = Callable[[HttpRequest], Any]


class PlainClass:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request)


class Mixin(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        return None


def function(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = get_response(request)
        return response

    return middleware


@sync_and_async_middleware
def hybrid(get_response: GetResponse) -> GetResponse | Callable[[HttpRequest], Awaitable[Any]]:
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> Any:
            return await get_response(request)

        return middleware

    def sync_middleware(request: HttpRequest) -> Any:
        return get_response(request)

    return sync_middleware


def by_an_agent(middleware: Any) -> Any:
    """Wrapped as an agent does it: the wrapper is handed the next layer, too, and keeps it without calling it."""

    class Wrapper:
        sync_capable = getattr(middleware, "sync_capable", True)
        async_capable = getattr(middleware, "async_capable", False)

        def __init__(self, get_response: GetResponse) -> None:
            self._inner = middleware(get_response)
            self.get_response = get_response
            if iscoroutinefunction(get_response):
                markcoroutinefunction(self)

        def __call__(self, request: HttpRequest) -> Any:
            return self._inner(request)

    return Wrapper


def by_a_function(middleware: Any) -> Any:
    """The same in a function that keeps nothing but what it wraps."""

    def factory(get_response: GetResponse) -> GetResponse:
        inner = middleware(get_response)

        def call(request: HttpRequest) -> Any:
            return inner(request)

        return call

    return factory


AgentPlainClass, AgentMixin = by_an_agent(PlainClass), by_an_agent(Mixin)
agent_function, agent_hybrid = by_an_agent(function), by_an_agent(hybrid)
function_around_class = by_a_function(PlainClass)


def hidden(get_response: GetResponse) -> GetResponse:
    """Keeps the next layer where nobody finds it."""
    kept = [get_response]

    def middleware(request: HttpRequest) -> Any:
        return kept[0](request)

    return middleware
