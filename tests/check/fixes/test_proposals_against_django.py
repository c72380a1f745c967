"""Every change that the checker proposes, made and tried on a running Django: the request is answered as before."""

from __future__ import annotations

import asyncio
import gc
import itertools
import random
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("django")

from django.core.handlers.asgi import ASGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path

from bridgekit.middleware_chain.plan import ChangeKind, Proposal
from tests.check.building import build_stack
from tests.middleware_chain.oracle import django_with

SOURCE = dedent(
    '''
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction
    from django.utils.decorators import sync_and_async_middleware
    from django.utils.deprecation import MiddlewareMixin

    class Hook(MiddlewareMixin):
        def process_response(self, request, response):
            response["X-Hook"] = "1"
            return response

    class Broken(MiddlewareMixin):
        """Claims both modes by its parent, and works in one."""
        def __call__(self, request):
            response = self.get_response(request)
            response["X-Broken"] = "1"
            return response

    class Inline(MiddlewareMixin):
        def process_response(self, request, response):
            response["X-Inline"] = "1"
            return response
        def __call__(self, request):
            return self.process_response(request, self.get_response(request))

    class Late:
        """An async method that nothing marks as such, behind flags that say both."""
        async_capable = True
        def __init__(self, get_response):
            self.get_response = get_response
        async def __call__(self, request):
            response = await self.get_response(request)
            response["X-Late"] = "1"
            return response

    class Native:
        async_capable = True
        sync_capable = False
        def __init__(self, get_response):
            self.get_response = get_response
            markcoroutinefunction(self)
        async def __call__(self, request):
            return await self.get_response(request)

    class Both:
        async_capable = sync_capable = True
        def __init__(self, get_response):
            self.get_response = get_response
            if iscoroutinefunction(get_response):
                markcoroutinefunction(self)
        def __call__(self, request):
            if iscoroutinefunction(self):
                return self.__acall__(request)
            response = self.get_response(request)
            response["X-Both"] = "1"
            return response
        async def __acall__(self, request):
            response = await self.get_response(request)
            response["X-Both"] = "1"
            return response

    def plain(get_response):
        def middleware(request):
            response = get_response(request)
            response["X-Plain"] = "1"
            return response
        return middleware

    @sync_and_async_middleware
    def plain_native(get_response):
        if iscoroutinefunction(get_response):
            async def middleware(request):
                response = await get_response(request)
                response["X-Plain"] = "1"
                return response
        else:
            def middleware(request):
                response = get_response(request)
                response["X-Plain"] = "1"
                return response
        return middleware

    @sync_and_async_middleware
    def promises(get_response):
        def middleware(request):
            response = get_response(request)
            response["X-Promises"] = "1"
            return response
        return middleware

    class Hook_native:
        async_capable = sync_capable = True
        def __init__(self, get_response):
            self.get_response = get_response
            if iscoroutinefunction(get_response):
                markcoroutinefunction(self)
        def __call__(self, request):
            if iscoroutinefunction(self):
                return self.__acall__(request)
            response = self.get_response(request)
            response["X-Hook"] = "1"
            return response
        async def __acall__(self, request):
            response = await self.get_response(request)
            response["X-Hook"] = "1"
            return response
    '''
)
LAYERS = ("Hook", "Broken", "Inline", "Late", "Native", "Both", "plain", "promises")
NATIVE = {"app.plain": "app.plain_native", "app.Hook": "app.Hook_native"}
"""What a developer who follows the proposal would write."""
PASS_THROUGH = "bridgekit.django.middleware.SingleHopMiddleware"


async def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hello")


def answer(stack: list[str]) -> tuple[int, dict[bytes, bytes], bytes] | None:
    """Status, headers and body; None where an exception reaches the server."""
    sent: list[Mapping[str, Any]] = []

    async def request() -> None:
        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        await ASGIHandler()(
            {
                "type": "http",
                "method": "GET",
                "path": "/x",
                "query_string": b"",
                "headers": [(b"host", b"localhost")],
            },
            inbox.get,
            send,
        )

    urls = ModuleType("proposal_urls")
    urls.urlpatterns = [path("x", view)]  # type: ignore[attr-defined]  # a module is made of attributes
    sys.modules["proposal_urls"] = urls
    try:
        with django_with(stack), override_settings(ROOT_URLCONF="proposal_urls"):
            asyncio.run(request())
    except Exception:
        return None
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


def changed(stack: list[str], proposal: Proposal) -> list[str] | None:
    """MIDDLEWARE after the change; None where nobody has written the native form."""
    position, result = proposal.change.position, list(stack)
    match proposal.change.kind:
        case ChangeKind.ADD_PASS_THROUGH:
            result.insert(position, PASS_THROUGH)
        case ChangeKind.SWAP:
            result[position : position + 2] = reversed(result[position : position + 2])
        case ChangeKind.MAKE_NATIVE:
            if stack[position] not in NATIVE:
                return None
            result[position] = NATIVE[stack[position]]
    return result


def stacks() -> list[tuple[str, ...]]:
    threes = list(itertools.product(LAYERS, repeat=3))
    return [
        *((layer,) for layer in LAYERS),
        *itertools.product(LAYERS, repeat=2),
        *random.Random(7).sample(threes, 60),
    ]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("app")
    exec(compile(SOURCE, "app.py", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "app", module)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # stacks that do not work today leave coroutines un-awaited
        yield
        gc.collect()


@pytest.mark.usefixtures("app")
def test_what_is_proposed_breaks_no_request(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Stacks that answer today answer the same after each proposal, those that save nothing included."""
    caplog.set_level("CRITICAL", "django.request")
    assert sum(attempts(tmp_path)) > 100


def attempts(tmp_path: Path) -> Iterator[int]:
    """One for each proposal that was tried."""
    for stack in stacks():
        listed = [f"app.{layer}" for layer in stack]
        before = answer(listed)
        if before is None or before[0] != 200:
            continue
        subject = build_stack(tmp_path, SOURCE, list(stack))
        for proposal in subject.proposals:
            after = changed(listed, proposal)
            if after is not None:
                assert answer(after) == before, f"{listed} became {after}"
                yield 1
