"""Middleware that leave something behind, and views that look for it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from typing import Any

from asgiref.local import Local
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

left = threading.local()
variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nothing")
local = Local()


def note(request: Any, event: str) -> None:
    """Into the scope's list: what happened, and in which thread."""
    request.scope.setdefault("events", []).append((event, threading.current_thread().name))


class LeavesItsRequest(MiddlewareMixin):
    """As packages do that give models the current user: a thread-local from the first half to the second."""

    def process_request(self, request: HttpRequest) -> None:
        left.token = request.GET.get("token")
        note(request, "request")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        note(request, "response")
        response["X-Found"] = str(getattr(left, "token", None))
        left.__dict__.pop("token", None)
        return response


class NeverClears(MiddlewareMixin):
    """Sets what nobody takes away."""

    def process_request(self, request: HttpRequest) -> None:
        left.kept = request.GET.get("token")


class NeedsNoThread(LeavesItsRequest):
    bridgekit_releases_thread = True

    def process_request(self, request: HttpRequest) -> None:
        note(request, "request")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        note(request, "response")
        return response


class SetsVariables(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        variable.set(request.GET.get("token", ""))
        local.token = request.GET.get("token", "")

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Variable"] = f"{variable.get()} {getattr(local, 'token', None)}"
        return response


def clears_where_nothing_is_raised(get_response: Any) -> Any:
    """As many do: in a sync stack `get_response` raises nothing, for Django makes errors responses."""

    def middleware(request: HttpRequest) -> Any:
        left.token = request.GET.get("token")
        response = get_response(request)
        left.__dict__.pop("token", None)
        return response

    return middleware


def sync_function(get_response: Any) -> Any:
    def middleware(request: HttpRequest) -> Any:
        left.token = request.GET.get("token")
        note(request, "request")
        try:
            response = get_response(request)
        finally:
            note(request, "response")
        response["X-Found"] = str(left.__dict__.pop("token", None))
        return response

    return middleware


class Native:
    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        assert iscoroutinefunction(get_response)
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> Any:
        note(request, "native request")
        response = await self.get_response(request)
        note(request, "native response")
        return response


class Hooks(MiddlewareMixin):
    """Every hook, each telling where it was called."""

    def process_request(self, request: HttpRequest) -> None:
        note(request, "request")

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        note(request, "view hook")

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        note(request, "exception")
        return HttpResponse("excused") if request.GET.get("excuse") else None

    def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        note(request, "template")
        return response

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        note(request, "response")
        return response


class AsyncHooks(Native):
    async def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        await asyncio.sleep(0)
        note(request, "async view hook")

    async def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        await asyncio.sleep(0)
        note(request, "async template")
        return response


class Raises(MiddlewareMixin):
    """In the half that the query names."""

    def process_request(self, request: HttpRequest) -> Any:
        note(request, "raises?")
        if request.GET.get("raise") == "request":
            raise ValueError("in the first half")
        if request.GET.get("answer"):
            return HttpResponse("answered early")
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        note(request, "raises!")
        if request.GET.get("raise") == "response":
            raise ValueError("in the second half")
        return response


async def found_in_thread() -> str:
    """What a sync call of an async view finds."""
    await asyncio.sleep(0)
    return await sync_to_async(lambda: str(getattr(left, "token", None)))()
