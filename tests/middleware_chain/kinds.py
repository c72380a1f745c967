"""One middleware of every kind that Django tells apart, and its facts as read off the loaded object.

The classes stand in ``MIDDLEWARE`` by their dotted path. Their facts are read by `facts_of` in the way Django's handlers
look at them, so that model and Django are given the same thing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin
from django.utils.module_loading import import_string

from bridgekit.middleware_chain.facts import HOOKS, Answer, Claim, Count, HookFacts, MiddlewareFacts

GetResponse = Callable[[HttpRequest], Any]


class SyncOnly:
    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


def sync_function(get_response: GetResponse) -> GetResponse:
    return get_response


class AsyncOnly:
    sync_capable = False
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request: HttpRequest) -> HttpResponse:
        return await self.get_response(request)


class Both:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        return self.__acall__(request) if self.is_async else self.get_response(request)

    async def __acall__(self, request: HttpRequest) -> HttpResponse:
        return await self.get_response(request)


class BothHoppingItself(Both):
    """Native, but crosses to a thread twice by its own hand."""

    bridgekit_own_hops = 2

    async def __acall__(self, request: HttpRequest) -> HttpResponse:
        await sync_to_async(str)(request)
        response = await self.get_response(request)
        return await sync_to_async(self.finish)(response)

    def finish(self, response: HttpResponse) -> HttpResponse:
        return response


@sync_and_async_middleware
def both_function(get_response: GetResponse) -> Any:
    if iscoroutinefunction(get_response):

        async def asynchronously(request: HttpRequest) -> HttpResponse:
            return await get_response(request)

        return asynchronously

    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    return middleware


class Mixin(MiddlewareMixin):
    pass


class MixinRequest(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        return None


class MixinResponse(MiddlewareMixin):
    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response


class MixinBothHooks(MixinRequest, MixinResponse):
    pass


class MixinSyncOnly(MixinBothHooks):
    async_capable = False


class MixinAsyncOnly(MixinBothHooks):
    sync_capable = False


class MixinAllHooks(MixinBothHooks):
    def process_view(self, request: HttpRequest, *view: Any) -> None:
        return None

    def process_template_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        return None


class BothAsyncHooks(Both):
    async def process_view(self, request: HttpRequest, *view: Any) -> None:
        return None

    async def process_template_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response

    async def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        return None


class SyncOnlyAsyncHooks(BothAsyncHooks):
    async_capable = False


class UnusedSyncOnly:
    def __init__(self, get_response: GetResponse) -> None:
        raise MiddlewareNotUsed


class UnusedAsyncOnly:
    sync_capable = False
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        raise MiddlewareNotUsed


KINDS = {
    kind.__name__: f"{__name__}.{kind.__name__}"
    for kind in (
        SyncOnly,
        AsyncOnly,
        Both,
        MixinBothHooks,
        UnusedSyncOnly,
        UnusedAsyncOnly,
        sync_function,
        both_function,
        BothHoppingItself,
        Mixin,
        MixinRequest,
        MixinResponse,
        MixinSyncOnly,
        MixinAsyncOnly,
        MixinAllHooks,
        BothAsyncHooks,
        SyncOnlyAsyncHooks,
    )
}

STARTPROJECT = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)


def facts_of(dotted_path: str) -> MiddlewareFacts:
    """What Django sees of the loaded object."""
    loaded = import_string(dotted_path)
    acall = getattr(loaded, "__acall__", None)
    call = loaded.__call__ if isinstance(loaded, type) else None
    hooks = {
        name: HookFacts(name, Claim(Answer.of(iscoroutinefunction(getattr(loaded, name)))))
        for name in HOOKS
        if hasattr(loaded, name)
    }
    own_hops = getattr(loaded, "bridgekit_own_hops", 0)
    return MiddlewareFacts(
        dotted_path,
        sync_capable=Claim(Answer.of(getattr(loaded, "sync_capable", True))),
        async_capable=Claim(Answer.of(getattr(loaded, "async_capable", False))),
        mixin_acall=Claim(Answer.of(acall is MiddlewareMixin.__acall__)),
        mixin_call=Claim(Answer.of(call is MiddlewareMixin.__call__)),
        keeps_thread=Claim(Answer.of(not dotted_path.startswith("django."))),
        nonblocking=Claim(Answer.of(dotted_path in STARTPROJECT)),
        marked_async=Claim(Answer.of(getattr(loaded, "async_capable", False))),
        hooks=hooks,
        own_hops=Count(own_hops, own_hops),
        used=Claim(Answer.of("Unused" not in dotted_path)),
    )
