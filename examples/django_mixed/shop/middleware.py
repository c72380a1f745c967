"""One middleware that is async-only and one that is sync and async."""

from __future__ import annotations

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.utils.decorators import sync_and_async_middleware


class AsyncOnlyMiddleware:
    """Under ASGI it stands on the event loop, outside of the sync part, and costs nothing."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response):
        self.get_response = get_response
        markcoroutinefunction(self)

    async def __call__(self, request):
        response = await self.get_response(request)
        response["X-Async-Only"] = "passed"
        return response


@sync_and_async_middleware
def hybrid_middleware(get_response):
    if iscoroutinefunction(get_response):

        async def middleware(request):
            response = await get_response(request)
            response["X-Hybrid"] = "async"
            return response

    else:

        def middleware(request):
            response = get_response(request)
            response["X-Hybrid"] = "sync"
            return response

    return middleware
