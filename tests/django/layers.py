"""Middleware of every form, for the tests of the breakdown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin

__all__ = ["Mixin", "PlainClass", "function", "hidden", "hybrid"]

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


def hidden(get_response: GetResponse) -> GetResponse:
    """Keeps the next layer where nobody finds it."""
    kept = [get_response]

    def middleware(request: HttpRequest) -> Any:
        return kept[0](request)

    return middleware
